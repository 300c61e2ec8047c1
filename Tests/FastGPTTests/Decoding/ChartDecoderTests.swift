import AlmanacCore
import Testing

@testable import FastGPT

struct ChartDecoderTests {
  /// The figures that only the newest servers send.
  private let tokens: Set<Figure> = [
    .userInputTokens, .userOutputTokens, .inputTokens, .outputTokens,
  ]

  @Test
  func `the published example`() throws {
    let answer = try Decoding.chart(Fixture.chart)
    #expect(answer.refused.isEmpty)
    #expect(answer.signs == .newer)
    #expect(answer.sent == Set(Figure.allCases).subtracting(tokens))
    let bucket = try #require(answer.observations.first)
    #expect(answer.observations.count == 1)
    #expect(bucket.serverTimestamp == Fixture.label)
    #expect(bucket.series == [.user, .chat, .app])
    let expected: [Figure: Double] = [
      .userCount: 1, .newUserCount: 0, .userPoints: 1.1132600000000001, .retentionUserCount: 0,
      .chatItemCount: 1, .chatCount: 1, .errorCount: 0, .chatPoints: 1.1132600000000001,
      .goodFeedBackCount: 0, .badFeedBackCount: 0, .appChatCount: 1, .totalResponseTime: 22.31,
    ]
    for figure in Figure.allCases { #expect(bucket.figures[figure] == expected[figure]) }
    #expect(bucket.usersBySource?.sources.count == 10)
    #expect(bucket.usersBySource?["test"] == 1)
    #expect(bucket.usersBySource?["official_account"] == 0)
    #expect(bucket.further.isEmpty)
  }

  /// A wrong value of a series that is not wanted refuses nothing.
  @Test
  func `a series that is not wanted is read over`() throws {
    let body = Fixture.chart.replacing("\"errorCount\":0", with: "\"errorCount\":-1")
    #expect(body != Fixture.chart)
    #expect(try Decoding.chart(body).refused.count == 1)
    let answer = try Decoding.chart(body, only: .user)
    #expect(answer.refused.isEmpty)
    let bucket = try #require(answer.observations.first)
    #expect(bucket.series == .user)
    #expect(bucket.figures[.userCount] == 1 && bucket.figures[.chatItemCount] == nil)
    // The signs of the generation are all there where chats alone are left out.
    for body in [Fixture.chart, Fixture.olderChart] {
      #expect(
        try Decoding.chart(body, only: [.user, .app]).signs == Decoding.chart(body).signs)
    }
    // Its syntax is read all the same.
    for broken in [":-", ":1.", ":\"0\"}"] {
      let body = Fixture.chart.replacing("\"errorCount\":0", with: "\"errorCount\"" + broken)
      #expect(throws: (any Error).self) { try Decoding.chart(body, only: .user) }
    }
  }

  @Test
  func `an older server sends seconds, and its map elsewhere`() throws {
    let answer = try Decoding.chart(Fixture.olderChart)
    #expect(answer.refused.isEmpty)
    #expect(answer.signs == .older)
    let bucket = try #require(answer.observations.first)
    #expect(bucket.serverTimestamp == Fixture.label)
    #expect(bucket.usersBySource == ["online": 2])
    #expect(bucket.figures[.appChatCount] == nil)
    #expect(bucket.figures[.totalResponseTime] == 9)
    #expect(!answer.sent.contains(.appChatCount))
    #expect(answer.sent == Set(Figure.allCases).subtracting(tokens).subtracting([.appChatCount]))
  }

  @Test
  func `the place of the map is one sign of a generation, the conversations are another`() throws {
    let map = #"{"timestamp":1758585600000,"summary":{"sourceCountMap":{"api":1}}}"#
    let chats = #"{"timestamp":1758585600,"summary":{"chatCount":1}}"#
    let signs = { try Decoding.chart(Fixture.envelope(user: $0, app: $1)).signs }
    #expect(try signs("", "") == [])
    #expect(try signs("", map) == [.milliseconds, .mapInApps, .noChatsInApps])
    #expect(try signs(map, "") == [.milliseconds, .mapInUsers])
    #expect(try signs(map, chats) == [.milliseconds, .seconds, .mapInUsers, .chatsInApps])
  }

  @Test
  func `no buckets are an answer too`() throws {
    let answer = try Decoding.chart(Fixture.emptyChart)
    #expect(answer.observations.isEmpty)
    #expect(answer.refused.isEmpty)
    #expect(answer.sent.isEmpty)
  }

  @Test
  func `a series that lacks a bucket is told from one that has it`() throws {
    let chat = #"{"timestamp":1758672000000,"summary":{"chatCount":2}}"#
    let user = #"{"timestamp":1758585600000,"summary":{"userCount":1}}"#
    let answer = try Decoding.chart(Fixture.envelope(user: user, chat: chat))
    #expect(answer.observations.map(\.serverTimestamp) == [1_758_585_600_000, 1_758_672_000_000])
    #expect(answer.observations.map(\.series) == [[.user], [.chat]])
    #expect(answer.observations[0].figures[.chatCount] == nil)
    #expect(answer.observations[0].usersBySource == nil)
  }

  @Test
  func `buckets come in any order, and go in order`() throws {
    let chats = [3, 1, 2].map {
      #"{"timestamp":\#(1_758_585_600_000 + $0 * 86_400_000),"summary":{"chatCount":\#($0)}}"#
    }
    let answer = try Decoding.chart(Fixture.envelope(chat: chats.joined(separator: ",")))
    #expect(answer.observations.compactMap { $0.figures[.chatCount] } == [1, 2, 3])
  }

  @Test
  func `a bucket twice with the same figures is one`() throws {
    let one = #"{"timestamp":1758585600000,"summary":{"chatCount":2,"x":1,"y":2}}"#
    let same = #"{"summary":{"y":2.0,"x":1,"chatCount":2.0},"timestamp":1758585600}"#
    let answer = try Decoding.chart(Fixture.envelope(chat: "\(one),\(same),\(one)"))
    #expect(answer.observations.count == 1)
    #expect(answer.refused.isEmpty)
    #expect(answer.observations.first?.further.count == 2)
  }

  @Test(arguments: [
    #""chatCount":3"#, #""chatCount":2,"errorCount":0"#, #""chatCount":2,"x":1"#, "",
  ])
  func `a bucket twice with different figures cannot be placed`(_ other: String) throws {
    let one = #"{"timestamp":1758585600000,"summary":{"chatCount":2}}"#
    let next = #"{"timestamp":1758672000000,"summary":{"chatCount":2}}"#
    let answer = try Decoding.chart(
      Fixture.envelope(
        user: #"{"timestamp":1758585600000,"summary":{"userCount":1}}"#,
        chat: #"\#(one),{"timestamp":1758585600000,"summary":{\#(other)}},\#(next)"#))
    #expect(answer.observations.map(\.serverTimestamp) == [1_758_672_000_000])
    let refused = try #require(answer.refused.first)
    #expect(answer.refused.count == 1)
    #expect(refused.serverTimestamp == Fixture.label)
    #expect(refused.isUnplaceable)
    #expect(refused.field == "chatData")
  }

  @Test
  func `missing and null are unknown, which is not zero`() throws {
    let answer = try Decoding.chart(
      Fixture.envelope(
        user: #"{"timestamp":1758585600000,"summary":{"userCount":null,"sourceCountMap":null}}"#,
        chat: #"{"timestamp":1758585600000,"summary":{"chatCount":0}}"#))
    let bucket = try #require(answer.observations.first)
    #expect(bucket.figures[.userCount] == nil)
    #expect(bucket.figures[.newUserCount] == nil)
    #expect(bucket.figures[.chatCount] == 0)
    #expect(bucket.usersBySource == nil)
    #expect(answer.sent == [.chatCount])
    #expect(answer.refused.isEmpty)
  }

  @Test(arguments: [
    ("12", 12), ("12.0", 12), ("1.2e1", 12), ("0", 0), ("-0", 0), ("-0.0", 0),
    ("9007199254740992", 9_007_199_254_740_992),
  ])
  func `counts as JavaScript writes them`(_ text: String, _ value: Double) throws {
    let answer = try Decoding.chart(Fixture.chat(#"{"chatCount":\#(text)}"#))
    let count = try #require(answer.observations.first?.figures[.chatCount])
    #expect(count == value)
    #expect(count.sign == .plus)
  }

  @Test(arguments: [
    ("-1", "below zero"), ("1.5", "not a whole number"), ("9007199254740993", "beyond 2^53"),
    ("1e300", "beyond 2^53"), ("1e400", "beyond every number"), (#""1""#, "a text"),
    ("\"\"", "a text"), ("true", "true or false"), ("{}", "an object"), ("[1]", "a list"),
  ])
  func `a bad count refuses its bucket with field and reason`(
    _ text: String, _ reason: String
  ) throws {
    let good = #"{"timestamp":1758672000000,"summary":{"chatCount":2}}"#
    let bad = #"{"timestamp":1758585600000,"summary":{"chatCount":4,"errorCount":\#(text)}}"#
    let user = #"{"timestamp":1758585600000,"summary":{"userCount":1}}"#
    let answer = try Decoding.chart(Fixture.envelope(user: user, chat: "\(good),\(bad)"))
    #expect(answer.observations.map(\.serverTimestamp) == [1_758_672_000_000])
    let refused = try #require(answer.refused.first)
    #expect(answer.refused.count == 1)
    #expect(refused.serverTimestamp == Fixture.label)
    #expect(refused.field == "chatData.summary.errorCount")
    #expect(refused.reason.contains(reason))
    #expect(!refused.isUnplaceable)
  }

  @Test
  func `the text of a bad value is shown in 40 characters at most`() throws {
    let long = "1" + String(repeating: "0", count: 300)
    let answer = try Decoding.chart(Fixture.chat(#"{"chatCount":\#(long)}"#))
    #expect(answer.refused.first?.reason.count ?? 999 < 80)
  }

  @Test
  func `feedback may be taken back, nothing else may fall below zero`() throws {
    for figure in Figure.allCases {
      let summary = #"{"timestamp":1758585600000,"summary":{"\#(figure.field)":-2}}"#
      let answer = try Decoding.chart(
        Fixture.envelope(
          user: figure.series == .user ? summary : "", chat: figure.series == .chat ? summary : "",
          app: figure.series == .app ? summary : ""))
      if figure == .goodFeedBackCount || figure == .badFeedBackCount {
        #expect(answer.observations.first?.figures[figure] == -2)
      } else {
        #expect(answer.observations.isEmpty)
        #expect(answer.refused.first?.field == "\(figure.series.field).summary.\(figure.field)")
      }
    }
  }

  @Test(arguments: [
    #""timestamp":null,"#, "", #""timestamp":"1758585600000","#, #""timestamp":0,"#,
    #""timestamp":-1758585600000,"#, #""timestamp":1758585600000.5,"#, #""timestamp":1e300,"#,
    #""timestamp":1e400,"#, #""timestamp":253402300800000,"#, #""timestamp":{},"#,
    #""timestamp":1758585600000,"timestamp":1758585600000,"#,
    #""timestamp":1758585600000,"timestamp":1758672000000,"#,
  ])
  func `a bucket without a readable timestamp cannot be placed`(_ timestamp: String) throws {
    let answer = try Decoding.chart(
      Fixture.envelope(chat: #"{\#(timestamp)"summary":{"chatCount":1}}"#))
    #expect(answer.observations.isEmpty)
    let refused = try #require(answer.refused.first)
    #expect(answer.refused.count == 1)
    #expect(refused.serverTimestamp == nil)
    #expect(refused.isUnplaceable)
    #expect(refused.field == "chatData.timestamp")
  }

  @Test(arguments: ["null", "1", #""x""#, "[]"])
  func `an element that is no object cannot be placed`(_ element: String) throws {
    let answer = try Decoding.chart(Fixture.envelope(app: element))
    #expect(answer.refused.map(\.serverTimestamp) == [nil])
    #expect(answer.refused[0].field == "appData")
  }

  @Test
  func `an answer holds so many buckets and no more`() throws {
    func answer(_ count: Int) throws -> Answer {
      let points = (1...count).map { #"{"timestamp":\#($0),"summary":{}}"# }
      return try Decoding.chart(Fixture.envelope(chat: points.joined(separator: ",")))
    }
    let most = ChartDecoder.mostBuckets
    #expect(try answer(most).observations.count == most)
    #expect(throws: JSONFault.self) { try answer(most + 1) }
    let nulls = Array(repeating: "null", count: 500).joined(separator: ",")
    #expect(
      try Decoding.chart(Fixture.envelope(chat: nulls)).refused.count
        == ChartDecoder.mostUnplaceable)
  }

  @Test(arguments: ["", #","summary":null"#, #","summary":[]"#, #","summary":3"#])
  func `a bucket without a summary is refused`(_ summary: String) throws {
    let answer = try Decoding.chart(
      Fixture.envelope(chat: #"{"timestamp":1758585600000\#(summary)}"#))
    #expect(answer.observations.isEmpty)
    #expect(answer.refused.map(\.serverTimestamp) == [Fixture.label])
    #expect(answer.refused[0].field == "chatData.summary")
  }

  @Test
  func `a known field twice refuses its bucket`() throws {
    let answer = try Decoding.chart(Fixture.chat(#"{"chatCount":1,"chat\u0043ount":1}"#))
    #expect(answer.refused.map(\.field) == ["chatData.summary.chatCount"])
    let twice = #"{"timestamp":1758585600000,"summary":{"chatCount":1},"summary":{}}"#
    #expect(
      try Decoding.chart(Fixture.envelope(chat: twice)).refused.map(\.field)
        == ["chatData.summary"])
  }

  @Test
  func `seconds and milliseconds are told apart by size`() throws {
    func label(_ timestamp: String) throws -> Int? {
      try Decoding.chart(
        Fixture.envelope(chat: #"{"timestamp":\#(timestamp),"summary":{}}"#)
      ).observations.first?.serverTimestamp
    }
    #expect(try label("1758585600") == Fixture.label)
    #expect(try label("1758585600000") == Fixture.label)
    #expect(try label("1758585600000.0") == Fixture.label)
    #expect(try label("1.7585856e12") == Fixture.label)
    #expect(try label("99999999999") == 99_999_999_999_000)
    #expect(try label("100000000000") == 100_000_000_000)
  }
}
