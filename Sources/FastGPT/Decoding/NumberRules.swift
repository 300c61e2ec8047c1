/// What a JavaScript program's number must be to be believed.
struct NumberRules {
  /// Whole, and no greater than 2^53, up to which JavaScript counts exactly.
  let isCount: Bool
  let mayBeNegative: Bool

  private static let most = 1 << 53

  /// Why the number cannot be right, or `nil` where it can.
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
