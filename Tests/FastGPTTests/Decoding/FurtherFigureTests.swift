import AlmanacCore
import Testing

@testable import FastGPT

struct FurtherFigureTests {
  private func names(_ answer: Answer) -> [Name: Double] {
    Dictionary(
      uniqueKeysWithValues: (answer.observations.first?.further ?? []).map { ($0.name, $0.value) })
  }

  @Test
  func `a number without a column keeps its name`() throws {
    let answer = try Decoding.chart(
      Fixture.envelope(
        user: #"""
          {"timestamp":1758585600000,"total":9,"_id":"x","summary":{"userCount":1,
           "chatCount":5,"cachedTokens":12.5,"cost":-0.25}}
          """#,
        chat: #"""
          {"timestamp":1758585600000,"summary":{"chatCount":2,"sourceCountMap":{"api":1},
           "tokens":{"input":3,"output":{"text":4,"note":"x"},"list":[1,2]},
           "flag":true,"none":null,"word":"7","list":[{"a":1}],"huge":1e400}}
          """#))
    #expect(answer.refused.isEmpty)
    #expect(
      names(answer) == [
        "total": 9, "chatCount": 5, "cachedTokens": 12.5, "cost": -0.25, "sourceCountMap.api": 1,
        "tokens.input": 3, "tokens.output.text": 4,
      ])
    let series = answer.observations.first?.further.filter { $0.name == "tokens.input" }
    #expect(series?.map(\.series) == [.chat])
    #expect(answer.observations.first?.usersBySource == nil)
  }

  @Test
  func `the same name in two series is two figures`() throws {
    let point = #"{"timestamp":1758585600000,"summary":{"tokens":1}}"#
    let answer = try Decoding.chart(Fixture.envelope(user: point, chat: point, app: point))
    #expect(answer.observations.first?.further.map(\.series) == [.user, .chat, .app])
  }

  @Test
  func `a name that comes twice counts once`() throws {
    let answer = try Decoding.chart(
      Fixture.chat(#"{"a.b":1,"a":{"b":2},"c":1,"c":1}"#))
    #expect(names(answer) == ["a.b": 1, "c": 1])
  }

  @Test(arguments: [
    ("caf\u{E9}", "cafe\u{301}"), ("\u{212B}", "\u{C5}"), ("\u{AC00}", "\u{1100}\u{1161}"),
  ])
  func `names of other bytes are others, plain and escaped`(
    _ left: String, _ right: String
  ) throws {
    let escaped = right.utf16.map { "\\u" + String(0x10000 + Int($0), radix: 16).dropFirst() }
      .joined()
    let names = [Name(left), Name(right)]
    for right in [right, escaped] {
      let map = #"{"\#(left)":1,"\#(right)":2}"#
      let answer = try Decoding.chart(
        Fixture.envelope(
          user: #"{"timestamp":1758585600000,"summary":{"sourceCountMap":\#(map)}}"#,
          chat: #"{"timestamp":1758585600000,"summary":\#(map)}"#))
      #expect(answer.refused.isEmpty)
      let users = answer.observations.first?.usersBySource
      #expect(users?.sources == names)
      #expect(users?.counts == [1, 2])
      #expect(answer.observations.first?.further.map(\.value) == [1, 2])
      let twice = #"{"\#(right)":1,"\#(right)":1}"#
      let refused = try Decoding.chart(
        Fixture.envelope(
          user: #"{"timestamp":1758585600000,"summary":{"sourceCountMap":\#(twice)}}"#))
      #expect(refused.refused.map(\.reason) == ["is sent twice"])
    }
    let totals = try Decoding.totals(
      #"{"code":200,"statusText":"","message":"","data":{"\#(left)":1,"\#(escaped)":2}}"#)
    #expect(totals.further == [Name(left): 1, Name(right): 2])
  }

  @Test
  func `names have an end`() throws {
    let long = String(repeating: "x", count: 201)
    let answer = try Decoding.chart(
      Fixture.chat(#"{"\#(long)":1,"y":{"\#(long)":2,"z":3},"\#(long)2":{"a":4}}"#))
    #expect(names(answer) == ["y.z": 3])
  }

  @Test
  func `a source named all is no source`() throws {
    let answer = try Decoding.chart(
      Fixture.envelope(
        user: #"""
          {"timestamp":1758585600000,"summary":{"sourceCountMap":
           {"api":0,"all":7,"":1,"企业微信":2,"mcp":null,"ALL":3.0,"a\u0000":4}}}
          """#))
    #expect(answer.refused.isEmpty)
    #expect(answer.observations.first?.usersBySource == ["api": 0, "企业微信": 2, "ALL": 3])
    #expect(
      names(answer) == [
        "sourceCountMap.all": 7, "sourceCountMap.": 1, "sourceCountMap.a\0": 4,
      ])
  }

  @Test(arguments: [
    (#"{"api":"1"}"#, ".api"), (#"{"api":-1}"#, ".api"), (#"{"api":1.5}"#, ".api"),
    (#"{"api":{}}"#, ".api"), (#"{"api":1,"api":1}"#, ".api"), (#"{"all":-1}"#, ".all"),
    (#"{"api":9007199254740993}"#, ".api"), ("[]", ""), ("3", ""), (#""x""#, ""),
  ])
  func `a map with a bad value refuses its bucket`(_ map: String, _ field: String) throws {
    for series in [Figure.Series.user, .app] {
      let point = #"{"timestamp":1758585600000,"summary":{"sourceCountMap":\#(map)}}"#
      let answer = try Decoding.chart(
        Fixture.envelope(user: series == .user ? point : "", app: series == .app ? point : ""))
      #expect(answer.observations.isEmpty)
      #expect(answer.refused.map(\.serverTimestamp) == [Fixture.label])
      #expect(answer.refused[0].field == "\(series.field).summary.sourceCountMap\(field)")
    }
  }

  @Test
  func `a sparse map holds what it holds`() throws {
    let point = #"{"timestamp":1758585600000,"summary":{"sourceCountMap":{}}}"#
    let answer = try Decoding.chart(Fixture.envelope(user: point))
    #expect(answer.observations.first?.usersBySource == [:])
  }
}
