extension JSONValue {
  /// Changes the first member of a name. A value without such a member is returned unchanged.
  func changing(_ name: String, _ change: (JSONValue) -> JSONValue) -> JSONValue {
    guard case .object(var members) = self,
      let place = members.firstIndex(where: { $0.name == name })
    else { return self }
    members[place].value = change(members[place].value)
    return .object(members)
  }

  /// Changes the elements of an array. An empty array or another value is returned unchanged.
  func changingElements(_ change: (inout [JSONValue]) -> Void) -> JSONValue {
    guard case .array(var elements) = self, !elements.isEmpty else { return self }
    change(&elements)
    return .array(elements)
  }

  /// Changes the middle element of an array.
  func changingMiddle(_ change: (JSONValue) -> JSONValue) -> JSONValue {
    changingElements { $0[$0.count / 2] = change($0[$0.count / 2]) }
  }

  /// Changes a number. Another value is returned unchanged.
  func changingNumber(_ change: (Double) -> Double) -> JSONValue {
    guard case .number(let number) = self else { return self }
    return .number(change(number))
  }
}
