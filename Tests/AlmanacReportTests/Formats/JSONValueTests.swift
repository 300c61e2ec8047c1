import AlmanacCore
import AlmanacReport
import Foundation
import Testing

@Suite struct `An answer as JSON` {
  private static func parsed(_ text: String) throws -> Any {
    try JSONSerialization.jsonObject(with: Data(text.utf8), options: [.fragmentsAllowed])
  }

  @Test func `has each cell as it is, and null for the unknown`() throws {
    var table = Table([
      .init("app", "App"), .init("users", "Users"), .init("points", "Points"),
      .init("retired", "Retired"), .init("rate", "Rate"),
    ])
    table.append([
      .text("客服 \"bot\"\n\u{1F}/\\"), .count(9_007_199_254_740_993), .number(0.1), .flag(true),
      .none,
    ])
    table.append([.text(""), .count(0), .number(-1.5), .flag(false), .none])
    let rows = try #require(try Self.parsed(JSONValue(table).render()) as? [[String: Any]])
    #expect(rows.count == 2)
    #expect(rows.map { $0["app"] as? String } == ["客服 \"bot\"\n\u{1F}/\\", ""])
    #expect(rows.map { $0["users"] as? Int } == [9_007_199_254_740_993, 0])
    #expect(rows.map { $0["points"] as? Double } == [0.1, -1.5])
    #expect(rows.map { $0["retired"] as? Bool } == [true, false])
    #expect(rows.allSatisfy { $0["rate"] is NSNull })
    #expect(rows.allSatisfy { $0.count == 5 })
  }

  @Test func `has its keys in order, indented, and ends with a newline`() throws {
    let value = JSONValue.fields([
      "b": .list([.count(1), .none]), "a": .text("x/y"), "c": .fields([:]),
    ])
    let text = try value.render()
    #expect(text.hasSuffix("}\n"))
    #expect(text.contains("\"x/y\""))
    let keys = text.split(separator: "\n").compactMap { line in
      line.hasPrefix("  \"") ? line.dropFirst(3).first : nil
    }
    #expect(keys == ["a", "b", "c"])
    let parsed = try #require(try Self.parsed(text) as? [String: Any])
    let list = try #require(parsed["b"] as? [Any])
    #expect(list.first as? Int == 1)
    #expect(list.last is NSNull)
  }

  @Test func `is an empty list for a table without rows`() throws {
    let table = Table([.init("app", "App")])
    let rows = try #require(try Self.parsed(JSONValue(table).render()) as? [Any])
    #expect(rows.isEmpty)
  }

  @Test(arguments: [Double.leastNonzeroMagnitude, 1e300, 0.1 + 0.2, -0.0, 123_456_789.123_456_79])
  func `keeps every digit of a number`(number: Double) throws {
    let text = try JSONValue.number(number).render()
    #expect(Double(text.trimmingCharacters(in: .whitespacesAndNewlines)) == number)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func `refuses a number that JSON does not have`(number: Double) {
    #expect(throws: EncodingError.self) { try JSONValue.number(number).render() }
  }

  private struct Pieces: TextOutputStream {
    var all: [String] = []
    mutating func write(_ piece: String) { all.append(piece) }
  }

  @Test func `goes out in pieces where it is long, and is whole`() throws {
    var pieces = Pieces()
    let series = JSONValue.each(3) { place in
      .fields(["points": .each(9_000) { .count($0 * (place + 1)) }, "name": .text("客服")])
    }
    try JSONValue.fields(["series": series, "last": .flag(true)]).write(to: &pieces)
    #expect(pieces.all.count > 3 && pieces.all.allSatisfy { $0.utf8.count < 70_000 })
    let parsed = try #require(try Self.parsed(pieces.all.joined()) as? [String: Any])
    let read = try #require(parsed["series"] as? [[String: Any]])
    for (place, series) in read.enumerated() {
      #expect(series["points"] as? [Int] == (0..<9_000).map { $0 * (place + 1) })
    }
    #expect(read.count == 3 && parsed["last"] as? Bool == true)
  }
}

extension JSONValue {
  /// The value as one text.
  fileprivate func render() throws -> String {
    var text = ""
    try write(to: &text)
    return text
  }
}
