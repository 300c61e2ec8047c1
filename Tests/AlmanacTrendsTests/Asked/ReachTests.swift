import AlmanacCore
import AlmanacTrends
import Testing

@testable import AlmanacStore

/// Apps that are wanted from a day on only, and apps that are read no more.
@Suite struct `An app of which not all days can be known` {
  /// A second app of 90 messages a day from June on, beside `Bot`'s 10.
  private static func on(
    _ sql: String, to last: String, _ body: (Sheet) async throws -> Void
  ) async throws {
    try await Sheet.on(first: "2026-05-01", today: "2026-06-22") { sheet in
      try sheet.add(2, "Other", first: "2026-06-01")
      try sheet.write(from: "2026-05-01", to: "2026-06-21", users: 1) { _ in 10 }
      try sheet.write(from: "2026-06-01", to: last, app: 2, users: 1) { _ in 90 }
      try sheet.execute(sql)
      try await body(sheet)
    }
  }

  private static let wanted = "UPDATE app SET since_date = '2026-06-15' WHERE id = 2"
  private static let retired = "UPDATE app SET retired = 1 WHERE id = 2"

  /// Nobody looked for what was before; that is no growth.
  @Test func `did not begin on the day from which it is wanted`() async throws {
    try await Self.on(Self.wanted, to: "2026-06-21") { sheet in
      var query = try sheet.query("trend", ["messages"], from: "2026-06-13", to: "2026-06-16")
      query.showsGrowth = true
      let trend = try await sheet.trend(query)
      #expect(trend.series[0].points.map(\.value) == [10, 10, 100, 100])
      #expect(trend.series[0].points.map(\.growth) == [0, 0, nil, 0])
      #expect(trend.notes.warnings.count == 1)
      #expect(trend.notes.warnings.first?.hasSuffix("is wanted: Other (2026-06-15)") ?? false)
      let summary = try await sheet.summary(try sheet.query("summary", [], last: "7d"))
      let messages = try #require(summary.headlines.first { $0.metric.name == "messages" })
      #expect(messages.value == 700 && messages.previous.value == 70)
      #expect(messages.previous.change == nil)
      #expect(summary.movers.isEmpty)
      query = try sheet.query("rank", ["messages"], last: "7d")
      query.breakdown = .app
      query.comparison = .previous
      let entries = try await sheet.ranking(query).entries
      #expect(entries.map(\.subject.label) == ["Other", "Bot"])
      #expect(entries.map(\.compared?.change) == [nil, 0])
    }
  }

  /// What is older is held, and known.
  @Test(arguments: [(wanted, "wanted", "2026-06-15"), ("", "known", "2026-06-01")])
  func `has no figure before that day, whatever is held`(
    _ sql: String, _ word: String, _ first: String
  ) async throws {
    try await Self.on(sql, to: "2026-06-21") { sheet in
      for (to, isNothing) in [("2026-06-16", false), ("2026-05-31", true)] {
        var query = try sheet.query("trend", ["messages"], from: "2026-05-13", to: to)
        query.apps = ["Other"]
        let trend = try await sheet.trend(query)
        let said = "nothing is \(word) before \(first)"
        #expect(trend.notes.nothing == (isNothing ? said : nil))
        #expect(trend.notes.warnings.contains(said) == !isNothing)
        #expect(trend.notes.warnings.contains { $0.contains("known before") } == false || sql == "")
        #expect(trend.series.first?.points.first?.date == (isNothing ? nil : Day(first)))
      }
    }
  }

  @Test func `has gaps up to the last day that was read of it, and nothing after`() async throws {
    try await Self.on(Self.retired, to: "2026-06-17") { sheet in
      try sheet.execute("DELETE FROM bucket WHERE app = 2 AND day = \(Day("2026-06-16")!.number)")
      var query = try sheet.query("trend", ["messages"], last: "7d")
      query.showsGrowth = true
      let trend = try await sheet.trend(query)
      let points = trend.series[0].points
      #expect(points.map(\.value) == [100, 10, 100, 10, 10, 10, 10])
      #expect(points.map(\.coverage.expected) == [2, 2, 2, 1, 1, 1, 1])
      #expect(points.map(\.coverage.held) == [2, 1, 2, 1, 1, 1, 1])
      // What fell from the 17th to the 18th is the app, not its messages.
      #expect(points.map(\.growth) == [0, nil, nil, nil, 0, 0, 0])
      #expect(
        trend.notes.warnings.map { $0.prefix(12) } == ["retired, and", "1 of 10 buck"],
        "\(trend.notes.warnings)")
      #expect(trend.notes.warnings[0].hasSuffix("was read: Other (2026-06-17)"))
      query = try sheet.query("trend", ["mean_daily_users"], last: "2w")
      query.breakdown = .app
      let means = try await sheet.trend(query).series[1].points.map(\.coverage)
      #expect(means == [Coverage(expected: 7, held: 7), Coverage(expected: 3, held: 2)])
    }
  }

  /// Both sides are of those that are left.
  @Test func `is no reason to say no change for ever`() async throws {
    try await Self.on(Self.retired, to: "2026-06-07") { sheet in
      var query = try sheet.query("trend", ["messages"], last: "7d")
      query.comparison = .previous
      let trend = try await sheet.trend(query)
      #expect(trend.series[0].points.allSatisfy { $0.compared?.change == 0 })
      #expect(trend.notes.warnings == [])
      query.breakdown = .app
      query.apps = ["Other"]
      let gone = try await sheet.trend(query)
      #expect(gone.notes.nothing == "none of it is held")
      #expect(gone.notes.warnings.first?.contains("Other (2026-06-07)") ?? false)
      var judged = try sheet.query("anomalies", ["messages"], from: "2026-06-09")
      judged.breakdown = .tag
      try sheet.execute("INSERT INTO app_tag (app, tag) VALUES (1, 'all'), (2, 'all')")
      let found = try sheet.archive.ask { [judged] in try Anomalies(judged, $0) }
      // Its past is that of another fleet.
      #expect(found.episodes.isEmpty && found.judged.held == 0)
    }
  }

  @Test func `is no month that was given up in the middle of it`() async throws {
    try await Self.on(Self.retired, to: "2026-06-17") { sheet in
      try sheet.write("2026-06-01", .month, app: 2, state: "open", messages: 1500)
      try sheet.write("2026-05-01", .month, messages: 310)
      try sheet.write("2026-06-01", .month, state: "open", messages: 210)
      var query = try sheet.query("trend", ["messages"], last: "2m", grain: .month)
      query.includesOpen = true
      let points = try await sheet.trend(query).series[0].points
      #expect(points.map(\.value) == [310, 210])
      #expect(points.map(\.coverage.expected) == [1, 1])
    }
  }
}
