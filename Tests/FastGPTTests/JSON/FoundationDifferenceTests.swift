import Foundation
import Testing

@testable import FastGPT

/// Proves each case in which Foundation reads JSON differently from RFC 8259 or from almanac's needs.
/// The fuzz tests of the reader leave these cases out.
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
    ] as [(FoundationSafeJSON.Difference, [UInt8])])
  func `what the reader refuses`(_ difference: FoundationSafeJSON.Difference, _ text: [UInt8]) {
    #expect(FoundationSafeJSON(text).differences == [difference])
    #expect(FoundationSafeJSON(text).isRefused)
    #expect(reader(text) == nil)
    #expect(foundation(text) != nil)
  }

  @Test(
    arguments: [
      (.halfPair, #""a\ud83d""#, #""a\uFFFD""#),
      (.halfPair, #""\ude00\ud83d""#, #""\uFFFD\uFFFD""#),
      (.halfPair, #""\ud83d\ud83d\ude00""#, #""\uFFFD\ud83d\ude00""#),
      (.hugeNumber, "[1e400]", "[0    ]"), (.hugeNumber, "-1e400", "0     "),
    ] as [(FoundationSafeJSON.Difference, String, String)])
  func `what the reader reads`(
    _ difference: FoundationSafeJSON.Difference, _ text: String, _ plain: String
  ) {
    let bytes = Array(text.utf8)
    #expect(FoundationSafeJSON(bytes).differences == [difference])
    #expect(FoundationSafeJSON(bytes).bytes == Array(plain.utf8))
    #expect(reader(bytes) != nil)
    #expect(foundation(bytes) == nil)
  }

  @Test func `a mark at the start of a string`() throws {
    let bytes = Array("\"\u{FEFF}a\"".utf8)
    #expect(FoundationSafeJSON(bytes).differences == [.markInText])
    #expect(FoundationSafeJSON(bytes).bytes == Array(#""\uFEFFa""#.utf8))
    #expect(foundation(bytes) as? String == "a")
    #expect(try #require(reader(bytes)) == .string("\u{FEFF}a"))
  }

  /// A dictionary also takes two spellings of one character for one key.
  @Test(arguments: [#"{"a":1,"a":2}"#, #"{"\u00e9":1,"e\u0301":2}"#])
  func `a repeated member`(_ text: String) throws {
    let bytes = Array(text.utf8)
    #expect((foundation(bytes) as? [String: Any])?.count == 1)
    let node = try #require(reader(bytes))
    #expect(node.members?.count == 2)
    #expect(node.means(try #require(foundation(bytes))))
  }

  /// Foundation reads fractions through `Decimal`.
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
    let plain = FoundationSafeJSON(Array(text.utf8)).bytes
    #expect(reader(plain) == nil)
    #expect(foundation(plain) == nil)
  }
}
