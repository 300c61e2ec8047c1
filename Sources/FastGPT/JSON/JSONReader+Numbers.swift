/// A number as it was written.
struct JSONNumber {
  /// The nearest `Double`; `nil` for a number beyond them all, such as `1e400`.
  let value: Double?
  /// The exact number, if it was written without fraction and exponent in at most 18 digits.
  let integer: Int?
  /// Whether it was written without fraction and exponent.
  let isIntegerLiteral: Bool
  /// The literal, cut to 40 characters.
  let slice: UnsafeBufferPointer<UInt8>

  var text: String { String(decoding: slice, as: UTF8.self) }
}

extension JSONReader {
  private static let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
  ]

  mutating func number() throws(JSONFault) -> JSONNumber {
    skipSpace()
    let start = position
    let isNegative = take(UInt8(ascii: "-"))
    var digits = Digits()
    // A zero ends the whole part: a digit after it is left for the caller to refuse.
    if !take(UInt8(ascii: "0")) { try readDigits(into: &digits) }
    var isIntegerLiteral = true
    if take(UInt8(ascii: ".")) {
      isIntegerLiteral = false
      let first = position
      try readDigits(into: &digits)
      digits.exponent -= position - first
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      isIntegerLiteral = false
      position += 1
      digits.exponent += try readExponent()
    }
    let literal = bytes[start..<position]
    return JSONNumber(
      value: value(of: digits, isNegative: isNegative, literal: literal),
      integer: isIntegerLiteral && digits.count <= 18
        ? Int(digits.mantissa) * (isNegative ? -1 : 1) : nil,
      isIntegerLiteral: isIntegerLiteral,
      slice: UnsafeBufferPointer(rebasing: literal.prefix(40)))
  }

  /// The part of a number read so far: `mantissa` × 10^`exponent`, exact up to 19 digits.
  private struct Digits {
    var mantissa: UInt64 = 0
    /// The number of digits from the first that is not zero.
    var count = 0
    var exponent = 0
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }

  private mutating func readDigits(into digits: inout Digits) throws(JSONFault) {
    guard isDigit(current) else { throw fault("a digit was expected") }
    while isDigit(current) {
      let digit = current - 48
      if digits.count > 0 || digit > 0 {
        digits.count += 1
        // Twenty digits may not fit; the literal is then read again below.
        if digits.count <= 19 { digits.mantissa = digits.mantissa * 10 + UInt64(digit) }
      }
      position += 1
    }
  }

  private mutating func readExponent() throws(JSONFault) -> Int {
    let isNegative = take(UInt8(ascii: "-"))
    if !isNegative { _ = take(UInt8(ascii: "+")) }
    guard isDigit(current) else { throw fault("a digit was expected") }
    var exponent = 0
    while isDigit(current) {
      // Six digits already lie beyond every number; more would only overflow.
      exponent = min(exponent * 10 + Int(current - 48), 999_999)
      position += 1
    }
    return isNegative ? -exponent : exponent
  }

  /// Multiplies or divides once if the mantissa is at most 2^53 and the power at most 10^22: both
  /// operands are then exact, so the result is the nearest `Double`. Other numbers are left to the
  /// standard library.
  private func value(
    of digits: Digits, isNegative: Bool, literal: Slice<UnsafeBufferPointer<UInt8>>
  ) -> Double? {
    if digits.count <= 19, digits.mantissa <= 1 << 53, abs(digits.exponent) <= 22 {
      let power = Self.powersOfTen[abs(digits.exponent)]
      let mantissa = Double(digits.mantissa)
      let magnitude = digits.exponent < 0 ? mantissa / power : mantissa * power
      return isNegative ? -magnitude : magnitude
    }
    guard let value = Double(String(decoding: literal, as: UTF8.self)), value.isFinite else {
      return nil
    }
    return value
  }
}
