import AlmanacCore
import AlmanacReport
import Foundation
import Testing

@Suite struct `An answer as JSON Lines` {
  @Test func `has an object for each row, its keys in the order of the columns`() {
    var table = Table([
      .init("b", "B"), .init("a", "A"), .init("c", "C"), .init("d", "D"), .init("e", "E"),
    ])
    #expect("\(JSONLines(Records(table)))" == "")
    table.append([.text("客服"), .count(-1), .number(0.5), .flag(true), .none])
    table.append([.none, .none, .number(3), .flag(false), .number(.nan)])
    #expect(
      "\(JSONLines(Records(table)))" == """
        {"b":"客服","a":-1,"c":0.5,"d":true,"e":null}
        {"b":null,"a":null,"c":3,"d":false,"e":null}

        """)
  }

  @Test(arguments: [
    "", "plain", "quote \" and \\", "line\nline", "a\r\nb", "\t\u{8}\u{C}\u{0}\u{1F}\u{7F}\u{85}",
    "\u{2028}\u{2029}", "👩‍💻 e\u{301}", "/", "\u{FFFF}", "𠀀",
  ])
  func `keeps a text and stays on one line`(text: String) throws {
    var table = Table([.init(text, "A")])
    table.append([.text(text)])
    let line = "\(JSONLines(Records(table)))"
    let breaks: Set<Unicode.Scalar> = [
      "\n", "\r", "\u{B}", "\u{C}", "\u{85}", "\u{2028}", "\u{2029}",
    ]
    #expect(line.unicodeScalars.filter(breaks.contains).count == 1)
    let read = try #require(
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
    #expect(read.keys.first?.unicodeScalars.elementsEqual(text.unicodeScalars) == true)
    #expect(read.values.first?.unicodeScalars.elementsEqual(text.unicodeScalars) == true)
  }

  @Test(arguments: [
    0.1, -1e300, .leastNonzeroMagnitude, 1e-5, 123_456_789.125, 9_007_199_254_740_993.0,
  ])
  func `has each digit of a number`(number: Double) throws {
    var table = Table([.init("a", "A")])
    table.append([.number(number)])
    let read = try JSONDecoder().decode(
      [String: Double].self, from: Data("\(JSONLines(Records(table)))".utf8))
    #expect(read == ["a": number])
  }
}
