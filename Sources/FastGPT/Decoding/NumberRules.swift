/// The rules that a number from a JavaScript program must meet (docs/server.md, trap 14).
struct NumberRules {
  /// Whether the number must be whole and at most 2^53, the limit of exact counting in JavaScript.
  let isCount: Bool
  let mayBeNegative: Bool

  private static let most = 1 << 53

  /// The reason why the number cannot be right; `nil` if it can.
  func objection(to number: JSONNumber) -> String? {
    guard let value = number.value else { return "is \(number.text), beyond every number" }
    if value < 0, !mayBeNegative { return "is \(number.text), below zero" }
    guard isCount else { return nil }
    if let integer = number.integer {
      return abs(integer) > Self.most ? "is \(number.text), beyond 2^53" : nil
    }
    if abs(value) > Double(Self.most) { return "is \(number.text), beyond 2^53" }
    return value == value.rounded() ? nil : "is \(number.text), not a whole number"
  }
}
