extension Double {
  /// The shortest text that programs read back as this number, which is finite.
  ///
  /// A whole number below 2^53 has no `.0`. Magnitudes from 1e-6 to 1e15 have no exponent.
  package var plain: String {
    if self == rounded(), magnitude < 0x1p53 { return String(Int(self)) }
    let shortest = description
    guard magnitude >= 1e-6, magnitude <= 1e15 else { return shortest }
    let parts = shortest.split(separator: "e")
    // Swift writes an exponent below 1e-4 already, and not above, where numbers are not whole.
    guard parts.count == 2, let exponent = Int(parts[1]), exponent < 0 else { return shortest }
    let digits = parts[0].filter(\.isNumber)
    let isWholeMantissa = parts[0].hasSuffix(".0")
    return (self < 0 ? "-0." : "0.") + String(repeating: "0", count: -exponent - 1)
      + (isWholeMantissa ? digits.dropLast() : digits[...])
  }
}
