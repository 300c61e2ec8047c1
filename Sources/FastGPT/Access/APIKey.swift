import AlmanacCore
import Foundation

/// The secret that identifies a team to its server. Only ``authorization`` reveals it.
package struct APIKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  private static let replacement: [UInt8] = Array("[key]".utf8)

  private let bytes: [UInt8]
  /// The byte strings to redact: the key, and its Base64 if that is too long to match by chance.
  private let forms: [[UInt8]]
  /// The forms that may begin with each byte value; each form is one bit.
  private let begins: [UInt8]
  /// The forms that may go on with each byte value after a plain first byte.
  private let continues: [UInt8]

  /// Throws an ``AlmanacError`` if the text is empty or holds anything but visible ASCII
  /// characters. The error does not show the key.
  package init(_ text: String) throws {
    bytes = Array(text.utf8)
    forms = [bytes] + (bytes.count >= Self.unmistakable ? Self.base64(of: bytes) : [])
    let matches = { [forms] (place: Int) -> [UInt8] in
      (0...UInt8.max).map { byte in
        forms.indices.reduce(0) { bits, index in
          let form = forms[index]
          let isPossible = Self.isEscape(byte) || form.count <= place || form[place] == byte
          return isPossible ? bits | 1 << index : bits
        }
      }
    }
    begins = matches(0)
    continues = matches(1)
    let cause: String? =
      if bytes.isEmpty {
        "it is empty"
      } else if text.hasPrefix("Bearer ") {
        "it begins with “Bearer”, which almanac writes itself"
      } else if let place = bytes.firstIndex(where: { $0 <= 0x20 || $0 >= 0x7F }) {
        "its byte \(place + 1) is not a visible ASCII character"
      } else {
        nil
      }
    if let cause {
      throw AlmanacError(
        .configuration, "using the API key", cause: cause,
        hint: "copy the key again, alone on one line")
    }
  }

  /// Whether a byte begins an escape.
  private static func isEscape(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "%")
  }

  /// The text `[key]`.
  package var description: String { "[key]" }

  /// The text `[key]`.
  package var debugDescription: String { "[key]" }

  /// An empty mirror, so that `dump` shows nothing.
  package var customMirror: Mirror { Mirror(self, children: []) }

  /// The value of the `Authorization` header.
  var authorization: String { "Bearer " + String(decoding: bytes, as: UTF8.self) }

  /// Whether the key is too long to occur in an answer by chance.
  var isUnmistakable: Bool { bytes.count >= Self.unmistakable }
  private static let unmistakable = 16

  /// The parts of a text's Base64 that do not depend on the text around it, such as `Bearer` or a
  /// user name. Base64 encodes three bytes at a time, so there is one part for each of the three
  /// places where the text can begin, in both alphabets.
  private static func base64(of text: [UInt8]) -> [[UInt8]] {
    (0..<3).flatMap { shift -> [[UInt8]] in
      let letters = Data([UInt8](repeating: 0, count: shift) + text).base64EncodedString().utf8
      // A letter holds six bits. Letters that also hold bits of a neighbouring byte are left out.
      let own = Array(letters)[(shift * 8 + 5) / 6..<(shift + text.count) * 8 / 6]
      let inNames = own.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: "-") : $0 }
        .map { $0 == UInt8(ascii: "/") ? UInt8(ascii: "_") : $0 }
      return own.elementsEqual(inNames) ? [inNames] : [Array(own), inNames]
    }
  }

  /// The text with every occurrence of the key replaced.
  package func redacting(_ text: String) -> String {
    String(decoding: redacting(Array(text.utf8)), as: UTF8.self)
  }

  /// The bytes with every occurrence of the key or its Base64 replaced by `[key]`, however a JSON
  /// or URL encoder has written it: each character plain, as `\/`, as `\u002d` or as `%2D`.
  package func redacting(_ text: [UInt8]) -> [UInt8] {
    var redacted: [UInt8]?
    var kept = 0
    text.withUnsafeBufferPointer { text in
      var position = 0
      while let start = candidate(from: position, in: text) {
        position = start.position + 1
        guard let end = end(ofAny: start.forms, at: start.position, in: text) else { continue }
        redacted = redacted ?? []
        redacted?.append(contentsOf: text[kept..<start.position])
        redacted?.append(contentsOf: Self.replacement)
        position = end
        kept = end
      }
    }
    guard var redacted else { return text }
    redacted.append(contentsOf: text[kept...])
    return redacted
  }

  /// The next position at which a form may begin, and the forms that may. Two bytes tell of most
  /// positions that none does.
  private func candidate(
    from start: Int, in text: UnsafeBufferPointer<UInt8>
  ) -> (position: Int, forms: UInt8)? {
    begins.withUnsafeBufferPointer { begins in
      for position in start..<max(start, text.count) {
        var forms = begins[Int(text[position])]
        guard forms != 0 else { continue }
        if position + 1 < text.count, !Self.isEscape(text[position]) {
          forms &= continues[Int(text[position + 1])]
        }
        if forms != 0 { return (position, forms) }
      }
      return nil
    }
  }

  /// The end of a candidate form that begins at `start`, in any spelling; `nil` if none does.
  private func end(
    ofAny candidates: UInt8, at start: Int, in text: UnsafeBufferPointer<UInt8>
  ) -> Int? {
    for index in forms.indices where candidates & 1 << index != 0 {
      if let end = end(of: forms[index], at: start, in: text) { return end }
    }
    return nil
  }

  private func end(
    of form: [UInt8], at start: Int, in text: UnsafeBufferPointer<UInt8>
  ) -> Int? {
    var position = start
    for byte in form {
      guard position < text.count else { return nil }
      if text[position] == byte {
        position += 1
      } else if byte == UInt8(ascii: "/"), text[position] == UInt8(ascii: "\\"),
        position + 1 < text.count, text[position + 1] == byte
      {
        position += 2
      } else if let length = escape(of: byte, at: position, in: text) {
        position += length
      } else {
        return nil
      }
    }
    return position
  }

  /// The length of an escape such as `%2D` or `\u002d` at `position`, if it encodes `byte`.
  private func escape(
    of byte: UInt8, at position: Int, in text: UnsafeBufferPointer<UInt8>
  ) -> Int? {
    let isPercent = text[position] == UInt8(ascii: "%")
    guard isPercent || text[position] == UInt8(ascii: "\\") else { return nil }
    let prefix = isPercent ? [UInt8(ascii: "%")] : Array(#"\u00"#.utf8)
    let digits = position + prefix.count
    guard digits + 2 <= text.count, text[position..<digits].elementsEqual(prefix),
      let high = hexadecimal(text[digits]), let low = hexadecimal(text[digits + 1])
    else { return nil }
    return high << 4 | low == byte ? prefix.count + 2 : nil
  }
}
