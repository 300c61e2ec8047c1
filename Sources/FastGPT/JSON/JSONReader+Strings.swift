/// Scans and checks strings in one pass. They are decoded only if a caller wants the text.
extension JSONReader {
  /// Reads a string without copying it.
  mutating func stringSlice() throws(JSONFault) -> JSONKey {
    guard take(UInt8(ascii: "\"")) else { throw fault("a string was expected") }
    let start = position
    var isEscaped = false
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        let raw = UnsafeBufferPointer(rebasing: bytes[start..<position])
        position += 1
        return JSONKey(raw: raw, isEscaped: isEscaped)
      case UInt8(ascii: "\\"):
        isEscaped = true
        try escape()
      case 0..<0x20: throw fault("a string holds a raw control character")
      case 0x20..<0x80: position += 1
      default: try multibyte()
      }
    }
    throw fault("the text ends within a string")
  }

  private mutating func escape() throws(JSONFault) {
    position += 1
    switch current {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position += 1
    case UInt8(ascii: "u"):
      position += 1
      for _ in 0..<4 {
        guard hexadecimal(current) != nil else { throw fault("\\u needs four hexadecimal digits") }
        position += 1
      }
    default: throw fault("a string holds an unknown escape")
    }
  }

  /// Checks one character beyond ASCII by the table of well-formed sequences (Unicode, table 3-7).
  private mutating func multibyte() throws(JSONFault) {
    let second: ClosedRange<UInt8>
    let length: Int
    switch bytes[position] {
    case 0xC2...0xDF: (second, length) = (0x80...0xBF, 2)
    case 0xE0: (second, length) = (0xA0...0xBF, 3)
    case 0xED: (second, length) = (0x80...0x9F, 3)
    case 0xE1...0xEF: (second, length) = (0x80...0xBF, 3)
    case 0xF0: (second, length) = (0x90...0xBF, 4)
    case 0xF1...0xF3: (second, length) = (0x80...0xBF, 4)
    case 0xF4: (second, length) = (0x80...0x8F, 4)
    default: throw fault("the text is not UTF-8")
    }
    guard position + length <= bytes.count, second.contains(bytes[position + 1]) else {
      throw fault("the text is not UTF-8")
    }
    for offset in 2..<max(2, length) where bytes[position + offset] & 0xC0 != 0x80 {
      throw fault("the text is not UTF-8")
    }
    position += length
  }
}
