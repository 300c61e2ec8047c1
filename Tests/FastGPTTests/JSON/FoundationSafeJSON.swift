/// A text that the reader and Foundation must read alike, made from any text.
///
/// The parts that the two read differently on purpose are replaced and named, so that no other
/// difference can hide behind them. Nothing moves towards the start, since a zero byte among the
/// first four would make Foundation read UTF-16. `FoundationDifferenceTests` proves each difference.
struct FoundationSafeJSON {
  enum Difference: CaseIterable {
    /// The reader refuses a byte order mark, Foundation drops one at the start.
    case byteOrderMark
    /// The reader refuses UTF-16 and UTF-32, which Foundation knows by a mark or by zeros among the
    /// first four bytes.
    case wideText
    /// The reader refuses a comma before the end of a list or an object, Foundation allows one.
    case commaAtEnd
    /// The reader refuses nesting beyond 128, Foundation beyond 512.
    case depth
    /// The reader takes half a surrogate pair for U+FFFD, Foundation refuses it.
    case halfPair
    /// The reader has no value for a number beyond every `Double`, Foundation refuses it.
    case hugeNumber
    /// Foundation drops U+FEFF at the start of a string, unless it is escaped.
    case markInText
  }

  private(set) var bytes: [UInt8] = []
  private(set) var differences: Set<Difference> = []

  /// Whether the reader refuses the text as it was.
  var isRefused: Bool {
    !differences.isDisjoint(with: [.byteOrderMark, .wideText, .commaAtEnd, .depth])
  }

  private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

  init(_ text: [UInt8]) {
    bytes.reserveCapacity(text.count)
    if text.prefix(4).contains(0) || text.starts(with: [0xFE, 0xFF])
      || text.starts(with: [0xFF, 0xFE])
    {
      differences.insert(.wideText)
    }
    var place = 0
    if text.starts(with: Self.mark) {
      differences.insert(.byteOrderMark)
      bytes += "   ".utf8
      place = 3
    }
    var isText = false
    var depth = 0
    /// The last byte outside of a string that is no space.
    var last: UInt8 = 0
    while place < text.count {
      let byte = text[place]
      if isText {
        switch byte {
        case UInt8(ascii: "\""):
          isText = false
          bytes.append(byte)
          place += 1
        case UInt8(ascii: "\\"): place += escape(text[place...])
        case 0xEF where text[place...].starts(with: Self.mark):
          differences.insert(.markInText)
          bytes += #"\uFEFF"#.utf8
          place += 3
        default:
          bytes.append(byte)
          place += 1
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isText = true
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        depth += 1
        if depth > 128 { differences.insert(.depth) }
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      case UInt8(ascii: ",") where !"[{,:".utf8.contains(last) && last != 0:
        let next = text[(place + 1)...].first { !Self.isSpace($0) }
        if next == UInt8(ascii: "]") || next == UInt8(ascii: "}") {
          differences.insert(.commaAtEnd)
          bytes.append(UInt8(ascii: " "))
          last = byte
          place += 1
          continue
        }
      case UInt8(ascii: "-"), 48...57:
        let literal = text[place...].prefix { Self.isOfNumber($0) }
        if Self.isBeyondEveryDouble(literal) {
          differences.insert(.hugeNumber)
          bytes += "0".utf8 + Array(repeating: UInt8(ascii: " "), count: literal.count - 1)
        } else {
          bytes += literal
        }
        last = byte
        place += literal.count
        continue
      default: break
      }
      if !Self.isSpace(byte) { last = byte }
      bytes.append(byte)
      place += 1
    }
  }

  /// Copies one escape, or U+FFFD in place of half a surrogate pair; returns its length.
  private mutating func escape(_ text: ArraySlice<UInt8>) -> Int {
    guard let unit = Self.unit(text) else {
      bytes += text.prefix(2)
      return min(2, text.count)
    }
    if (0xD800..<0xDC00).contains(unit), let low = Self.unit(text.dropFirst(6)),
      (0xDC00..<0xE000).contains(low)
    {
      bytes += text.prefix(12)
      return 12
    }
    if (0xD800..<0xE000).contains(unit) {
      differences.insert(.halfPair)
      bytes += #"\uFFFD"#.utf8
    } else {
      bytes += text.prefix(6)
    }
    return 6
  }

  /// The code unit of the `\u` escape at the start; `nil` if there is none.
  private static func unit(_ text: ArraySlice<UInt8>) -> UInt32? {
    let digits = text.dropFirst(2).prefix(4)
    guard text.starts(with: Array(#"\u"#.utf8)), digits.count == 4,
      digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit })
    else { return nil }
    return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  private static func isOfNumber(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || ".eE+-".utf8.contains(byte)
  }

  private static func isBeyondEveryDouble(_ literal: ArraySlice<UInt8>) -> Bool {
    guard literal.count > 300 || literal.contains(where: { $0 == 0x65 || $0 == 0x45 }) else {
      return false
    }
    let text = String(decoding: literal, as: UTF8.self)
    return Double(text)?.isInfinite == true
      && text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/) != nil
  }
}
