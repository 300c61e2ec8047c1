import Foundation

/// The text of a well-formed JSON string, as it is written between its quotes.
///
/// It points into the reader's bytes, so that most keys are compared without making a `String`.
struct JSONKey {
  let raw: UnsafeBufferPointer<UInt8>
  let isEscaped: Bool

  /// Whether the text is `name`, escaped or not.
  func matches(_ name: [UInt8]) -> Bool {
    guard !isEscaped else { return text.utf8.elementsEqual(name) }
    guard raw.count == name.count else { return false }
    return name.withUnsafeBytes { name in
      guard let left = raw.baseAddress, let right = name.baseAddress else { return true }
      return memcmp(left, right, name.count) == 0
    }
  }

  /// Whether both are written with the same bytes, escapes included.
  func isSpelled(like other: JSONKey) -> Bool {
    guard raw.count == other.raw.count else { return false }
    guard let left = raw.baseAddress, let right = other.raw.baseAddress else { return true }
    return memcmp(left, right, raw.count) == 0
  }

  /// The text with its escapes resolved.
  var text: String {
    guard isEscaped else { return String(decoding: raw, as: UTF8.self) }
    var units: [UInt8] = []
    units.reserveCapacity(raw.count)
    var position = 0
    while position < raw.count {
      let byte = raw[position]
      guard byte == UInt8(ascii: "\\") else {
        units.append(byte)
        position += 1
        continue
      }
      let letter = raw[position + 1]
      guard letter == UInt8(ascii: "u") else {
        units.append(Self.plain(letter))
        position += 2
        continue
      }
      var scalar = UInt32(codeUnit(at: position + 2))
      position += 6
      if (0xD800..<0xDC00).contains(scalar), position + 6 <= raw.count,
        raw[position] == UInt8(ascii: "\\"), raw[position + 1] == UInt8(ascii: "u")
      {
        let low = UInt32(codeUnit(at: position + 2))
        if (0xDC00..<0xE000).contains(low) {
          scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
          position += 6
        }
      }
      units.append(contentsOf: Character(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8)
    }
    return String(decoding: units, as: UTF8.self)
  }

  /// The four hexadecimal digits that start at `position`.
  private func codeUnit(at position: Int) -> UInt16 {
    raw[position..<position + 4].reduce(0) { $0 << 4 | UInt16(hexadecimal($1) ?? 0) }
  }

  private static func plain(_ letter: UInt8) -> UInt8 {
    switch letter {
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    default: letter
    }
  }
}

/// The value of a hexadecimal digit.
func hexadecimal(_ digit: UInt8) -> UInt8? {
  switch digit {
  case 48...57: digit - 48
  case 65...70: digit - 55
  case 97...102: digit - 87
  default: nil
  }
}
