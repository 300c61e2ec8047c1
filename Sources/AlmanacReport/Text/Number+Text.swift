import Foundation

extension Int {
  /// The number with a comma at each third digit.
  package var grouped: String { (self < 0 ? "-" : "") + groupingDigits(String(magnitude)) }
}

extension Double {
  /// The number for people, with a number of decimals, and a comma at each third digit before the
  /// point. A number that rounds to zero has no sign.
  func grouped(decimals: Int) -> String {
    guard magnitude < 1e15 else { return String(format: "%.3e", self) }
    let text = String(format: "%.\(decimals)f", magnitude)
    let parts = text.split(separator: ".")
    let isZero = text.allSatisfy { $0 == "0" || $0 == "." }
    return (self < 0 && !isZero ? "-" : "") + groupingDigits(String(parts[0]))
      + (parts.count > 1 ? "." + parts[1] : "")
  }

  /// The number of decimals that people see: two, or below 1 as many as three significant digits
  /// take, at most six.
  var shownDecimals: Int {
    guard isFinite, self != 0, magnitude < 1 else { return 2 }
    let wanted = Swift.min(2 - Int(Foundation.log10(magnitude).rounded(.down)), 6)
    let zeros = String(format: "%.\(wanted)f", magnitude).reversed().prefix { $0 == "0" }.count
    return Swift.max(2, wanted - zeros)
  }

  /// The share for people: 0.123 is 12.3%.
  var percent: String { (self * 100).grouped(decimals: 1) + "%" }

  /// The text of this difference, with a plus in front if it is positive and not shown as zero.
  func signed(_ text: String) -> String {
    self > 0 && text.contains { ("1"..."9").contains($0) } ? "+" + text : text
  }
}

private func groupingDigits(_ digits: String) -> String {
  var digits = digits
  var index = digits.count - 3
  while index > 0 {
    digits.insert(",", at: digits.index(digits.startIndex, offsetBy: index))
    index -= 3
  }
  return digits
}
