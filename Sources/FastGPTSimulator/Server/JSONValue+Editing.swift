extension JSONValue {
  /// The object with something else for the first member of a name; what has no such member comes
  /// back as it is.
  func changing(_ name: String, _ change: (JSONValue) -> JSONValue) -> JSONValue {
    guard case .object(var members) = self,
      let place = members.firstIndex(where: { $0.name == name })
    else { return self }
    members[place].value = change(members[place].value)
    return .object(members)
  }

  /// The array with other elements; what is no array, or is empty, comes back as it is.
  func changingElements(_ change: (inout [JSONValue]) -> Void) -> JSONValue {
    guard case .array(var elements) = self, !elements.isEmpty else { return self }
    change(&elements)
    return .array(elements)
  }

  /// The array with something else for its middle element.
  func changingMiddle(_ change: (JSONValue) -> JSONValue) -> JSONValue {
    changingElements { $0[$0.count / 2] = change($0[$0.count / 2]) }
  }

  /// Another number; what is no number comes back as it is.
  func changingNumber(_ change: (Double) -> Double) -> JSONValue {
    guard case .number(let number) = self else { return self }
    return .number(change(number))
  }
}
