import Foundation
import Testing

@testable import FastGPT

/// Where Foundation reads JSON otherwise than RFC 8259 or than almanac needs: the fuzz of the reader
/// leaves these out, so each is proved here.
@Suite struct `Foundation reads otherwise` {
  private func reader(_ text: [UInt8]) -> JSONNode? { try? JSONNode(reading: text) }

  private func foundation(_ text: [UInt8]) -> Any? {
    try? JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)
  }

  @Test(
    arguments: [
      (.byteOrderMark, [0xEF, 0xBB, 0xBF] + Array("[1]".utf8)),
      (.wideText, [0x5B, 0, 0x5D, 0]), (.wideText, [0xFE, 0xFF, 0, 0x5B, 0, 0x5D]),
      (.wideText, [0x31, 0]),
      (.commaAtEnd, Array("[1, ]".utf8)), (.commaAtEnd, Array(#"{"a":[],}"#.utf8)),
      (
        .depth,
        Array((String(repeating: "[", count: 129) + String(repeating: "]", count: 129)).utf8)
      ),
    ] as [(PlainText.Difference, [UInt8])])
  func `what the reader refuses`(_ difference: PlainText.Difference, _ text: [UInt8]) {
    #expect(PlainText(text).differences == [difference])
    #expect(PlainText(text).isRefused)
    #expect(reader(text) == nil)
    #expect(foundation(text) != nil)
  }

  @Test(
    arguments: [
      (.halfPair, #""a\ud83d""#, #""a\uFFFD""#),
      (.halfPair, #""\ude00\ud83d""#, #""\uFFFD\uFFFD""#),
      (.halfPair, #""\ud83d\ud83d\ude00""#, #""\uFFFD\ud83d\ude00""#),
      (.hugeNumber, "[1e400]", "[0    ]"), (.hugeNumber, "-1e400", "0     "),
    ] as [(PlainText.Difference, String, String)])
  func `what the reader reads`(_ difference: PlainText.Difference, _ text: String, _ plain: String)
  {
    let bytes = Array(text.utf8)
    #expect(PlainText(bytes).differences == [difference])
    #expect(PlainText(bytes).bytes == Array(plain.utf8))
    #expect(reader(bytes) != nil)
    #expect(foundation(bytes) == nil)
  }

  @Test func `a mark at the start of a string`() throws {
    let bytes = Array("\"\u{FEFF}a\"".utf8)
    #expect(PlainText(bytes).differences == [.markInText])
    #expect(PlainText(bytes).bytes == Array(#""\uFEFFa""#.utf8))
    #expect(foundation(bytes) as? String == "a")
    #expect(try #require(reader(bytes)) == .string("\u{FEFF}a"))
  }

  /// Two spellings of one character are one key to a dictionary too.
  @Test(arguments: [#"{"a":1,"a":2}"#, #"{"\u00e9":1,"e\u0301":2}"#])
  func `a repeated member`(_ text: String) throws {
    let bytes = Array(text.utf8)
    #expect((foundation(bytes) as? [String: Any])?.count == 1)
    let node = try #require(reader(bytes))
    #expect(node.members?.count == 2)
    #expect(node.means(try #require(foundation(bytes))))
  }

  /// It goes by way of `Decimal`.
  @Test func `the last digit of a fraction`() throws {
    let bytes = Array("0.00000000000000000000000000000000000000000000000000001".utf8)
    #expect((foundation(bytes) as? NSNumber)?.doubleValue != 1e-53)
    #expect(reader(bytes)?.number == 1e-53)
  }

  @Test(
    arguments: [
      "[,]", "[1,,]", "{,}", #"{"a":,}"#, "01e400", "[1,}", "1e400x",
      "-1e400\0", "\u{FEFF}1\0", "[1,]\0", "[1],\0",
    ])
  func `nothing else`(_ text: String) {
    let plain = PlainText(Array(text.utf8)).bytes
    #expect(reader(plain) == nil)
    #expect(foundation(plain) == nil)
  }
}
