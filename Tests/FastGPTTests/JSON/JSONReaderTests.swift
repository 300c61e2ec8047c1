import Testing

@testable import FastGPT

struct JSONReaderTests {
  /// Reads over a whole text.
  private func check(_ bytes: [UInt8]) throws(JSONFault) {
    try bytes.withUnsafeBufferPointer { bytes throws(JSONFault) in
      var reader = JSONReader(bytes)
      try reader.skip()
      try reader.end()
    }
  }

  private func number(_ text: String) throws -> JSONNumber {
    var text = text
    return try text.withUTF8 { bytes in
      var reader = JSONReader(bytes)
      let number = try reader.number()
      try reader.end()
      // The slice would outlive the bytes.
      return JSONNumber(
        value: number.value, integer: number.integer, isIntegerLiteral: number.isIntegerLiteral,
        slice: UnsafeBufferPointer(start: nil, count: 0))
    }
  }

  @Test(arguments: [
    "0", "-0", "12.0", "1e3", "1E+3", "1e-3", "0.5e1", "true", "false", "null", "\"\"", "[]", "{}",
    " \t\r\n[ 1 , [ ] , { } ] \n", #"{"a":{"a":[{"a":null}]}}"#, #""\"\\\/\b\f\n\r\t\u00e9""#,
    #""\ud83d\ude00""#, #""\ud83d""#, #""\ude00\ud83d""#, #""é漢😀""#, "\"\u{7F}\"",
  ])
  func `what is JSON`(_ text: String) throws {
    #expect(throws: Never.self) { try check(Array(text.utf8)) }
  }

  @Test(arguments: [
    "", " ", "\u{FEFF}{}", "01", "-", "+1", ".5", "1.", "1e", "1e+", "0x1", "NaN", "Infinity",
    "-Infinity", "nul", "nulls", "True", "[1,]", "[,1]", "[1 2]", "[", "]", "{", "{]", #"{"a"}"#,
    #"{"a":}"#, #"{"a":1,}"#, #"{a:1}"#, #"{"a":1 "b":2}"#, #"{1:2}"#, "\"", "\"\\", #""\x""#,
    #""\u12g4""#, #""\u12"#, "\"\n\"", "\"\u{0}\"", "\"\t\"", "1 2", "{}x", "'a'", "// a\n1",
    "[1]]", "\u{0}",
  ])
  func `what is not`(_ text: String) {
    #expect(throws: JSONFault.self) { try check(Array(text.utf8)) }
  }

  @Test(
    arguments: [
      [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80],
      [0xE2, 0x82], [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
      [0xFF], [0xE2, 0x28, 0xA1], [0xF0, 0x9F, 0x98, 0x28],
    ] as [[UInt8]])
  func `what is not UTF-8`(_ bytes: [UInt8]) {
    #expect(throws: JSONFault.self) { try check([0x22] + bytes + [0x22]) }
    #expect(throws: JSONFault.self) { try check([0x22] + bytes) }
  }

  @Test
  func `nesting has an end`() {
    let limit = JSONReader.depthLimit
    func nested(_ depth: Int) -> [UInt8] {
      Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
    }
    #expect(throws: Never.self) { try check(nested(limit)) }
    #expect(throws: JSONFault.self) { try check(nested(limit + 1)) }
    #expect(throws: JSONFault.self) { try check(Array(repeating: 0x5B, count: 1_000_000)) }
    #expect(throws: JSONFault.self) {
      try check(Array(String(repeating: #"{"a":"#, count: 100_000).utf8))
    }
  }

  @Test(
    arguments: [
      ("0", 0, 0), ("-0", 0, 0), ("12", 12, 12), ("-12", -12, -12), ("12.0", 12, nil),
      ("1e2", 100, nil), ("1.1132600000000001", 1.1132600000000001, nil), ("0.1", 0.1, nil),
      ("9007199254740993", 9_007_199_254_740_992, 9_007_199_254_740_993),
      ("999999999999999999", 1e18, 999_999_999_999_999_999),
      ("1000000000000000000", 1e18, nil), ("18446744073709551616", 18_446_744_073_709_551_616, nil),
      ("1e22", 1e22, nil), ("1e23", 1e23, nil),
      ("123456789012345678e-30", 1.23456789012345678e-13, nil),
      ("5e-324", .leastNonzeroMagnitude, nil), ("1e-400", 0, nil),
      ("1.7976931348623157e308", .greatestFiniteMagnitude, nil),
      ("0.000000000000000000000000000001", 1e-30, nil), ("0e999999999999", 0, nil),
    ] as [(String, Double, Int?)])
  func `numbers as they were written`(_ text: String, _ value: Double, _ integer: Int?) throws {
    let number = try number(text)
    #expect(number.value == value)
    #expect(number.integer == integer)
    #expect(number.isIntegerLiteral == text.allSatisfy { $0.isNumber || $0 == "-" })
  }

  @Test(arguments: ["1e400", "-1e400", "1e999999999999999999999"])
  func `a number beyond all others has no value`(_ text: String) throws {
    #expect(try number(text).value == nil)
  }

  @Test(arguments: [
    (#""a\u0062\n\/""#, "ab\n/"), (#""\ud83d\ude00!""#, "😀!"), (#""\ud83d!""#, "\u{FFFD}!"),
    (#""\ude00""#, "\u{FFFD}"), (#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"),
    (#""\ud83d\n""#, "\u{FFFD}\n"),
    (#""é漢\t😀""#, "é漢\t😀"), ("\"\"", ""), (#""\u0000""#, "\0"),
  ])
  func `texts mean what they say`(_ json: String, _ meaning: String) throws {
    var json = json
    let text = try json.withUTF8 { bytes in
      var reader = JSONReader(bytes)
      return try reader.string()
    }
    #expect(text == meaning)
  }

  @Test
  func `a key is itself however it is escaped`() throws {
    var json = #"{"user\u0043ount":1,"userCount":2,"userCounts":3,"":4}"#
    let matches = try json.withUTF8 { bytes in
      var reader = JSONReader(bytes)
      var matches: [Bool] = []
      try reader.enterObject()
      while let key = try reader.nextKey() {
        matches.append(key.matches(Array("userCount".utf8)))
        try reader.skip()
      }
      return matches
    }
    #expect(matches == [true, true, false, false])
  }
}
