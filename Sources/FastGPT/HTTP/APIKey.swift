import AlmanacCore
import Foundation

/// The secret that a server knows its team by. It shows itself nowhere but in ``authorization``.
package struct APIKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  private static let stand: [UInt8] = Array("[key]".utf8)

  private let bytes: [UInt8]
  /// What is looked for: the key, and its Base64 unless that is too short to be told from chance.
  private let forms: [[UInt8]]
  /// By byte, which of the forms may begin with it, as bits.
  private let begins: [UInt8]

  /// Throws an ``AlmanacError`` that does not show the key where it is empty or could not stand in
  /// a header: visible ASCII characters only.
  package init(_ text: String) throws {
    bytes = Array(text.utf8)
    forms = [bytes] + (bytes.count >= Self.unmistakable ? Self.base64(of: bytes) : [])
    begins = (0...UInt8.max).map { [forms] byte in
      forms.indices.reduce(0) { bits, index in
        let begins = forms[index].first == byte || byte == UInt8(ascii: "\\")
        return bits | (begins || byte == UInt8(ascii: "%") ? 1 << index : 0)
      }
    }
    let cause: String? =
      if bytes.isEmpty {
        "it is empty"
      } else if text.hasPrefix("Bearer ") {
        "it begins with “Bearer”, which almanac writes itself"
      } else if let place = bytes.firstIndex(where: { $0 <= 0x20 || $0 >= 0x7F }) {
        "its byte \(place + 1) is no visible ASCII character"
      } else {
        nil
      }
    if let cause {
      throw AlmanacError(
        .configuration, "using the API key", cause: cause,
        hint: "copy the key again, alone on one line")
    }
  }

  /// `[key]`.
  package var description: String { "[key]" }

  /// `[key]`.
  package var debugDescription: String { "[key]" }

  /// Nothing inside, so that `dump` has nothing to show.
  package var customMirror: Mirror { Mirror(self, children: []) }

  /// The value of the `Authorization` header.
  var authorization: String { "Bearer " + String(decoding: bytes, as: UTF8.self) }

  /// Whether the key is too long to stand in an answer by chance.
  var isUnmistakable: Bool { bytes.count >= Self.unmistakable }
  private static let unmistakable = 16

  /// What of the Base64 of a text is the same whatever stands before and behind the text, as `Bearer`
  /// or a name and a colon do: for each place where it can begin among three bytes, in both alphabets.
  private static func base64(of text: [UInt8]) -> [[UInt8]] {
    (0..<3).flatMap { shift -> [[UInt8]] in
      let letters = Data([UInt8](repeating: 0, count: shift) + text).base64EncodedString().utf8
      // Six bits each; those that hold others' bits too are left out.
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

  /// The bytes with every occurrence of the key or its Base64 replaced by `[key]`, however a JSON or
  /// URL encoder has written it: each character plain, as `\/`, as `\u002d` or as `%2D`.
  package func redacting(_ text: [UInt8]) -> [UInt8] {
    var redacted: [UInt8]?
    var kept = 0
    text.withUnsafeBufferPointer { text in
      var position = 0
      while position < text.count {
        let candidates = begins[Int(text[position])]
        if candidates != 0, let end = end(ofAny: candidates, at: position, in: text) {
          redacted = redacted ?? []
          redacted?.append(contentsOf: text[kept..<position])
          redacted?.append(contentsOf: Self.stand)
          position = end
          kept = end
        } else {
          position += 1
        }
      }
    }
    guard var redacted else { return text }
    redacted.append(contentsOf: text[kept...])
    return redacted
  }

  /// The end of one of some forms, in any spelling, if it begins at `start`.
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

  /// The length of `%2D` or `\u002d` at `position`, if it stands for `byte`.
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
