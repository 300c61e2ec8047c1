import AlmanacCore
import AlmanacTrends
import Testing

@testable import AlmanacStore

/// Apps that are wanted only from some day on, and apps that are read no more.
@Suite struct `An app of which not all days can be known` {
  /// A second app of 90 messages a day from June on, beside `Bot`'s 10.
  private static func with(
    _ sql: String, to last: String, _ body: (HandmadeArchive) async throws -> Void
  ) async throws {
    try await HandmadeArchive.with(first: "2026-05-01", today: "2026-06-22") { handmade in
      try handmade.add(app: 2, named: "Other", first: "2026-06-01")
      try handmade.write(from: "2026-05-01", to: "2026-06-21", users: 1) { _ in 10 }
      try handmade.write(from: "2026-06-01", to: last, app: 2, users: 1) { _ in 90 }
      try handmade.execute(sql)
      try await body(handmade)
    }
  }

  private static let wanted = "UPDATE app SET since_date = '2026-06-15' WHERE id = 2"
  private static let retired = "UPDATE app SET retired = 1 WHERE id = 2"

  /// Nobody has looked at the days before, so that the first day is no growth.
  @Test func `did not begin on the day from which it is wanted`() async throws {
    try await Self.with(Self.wanted, to: "2026-06-21") { handmade in
      var query = try handmade.query("trend", ["messages"], from: "2026-06-13", to: "2026-06-16")
      query.showsGrowth = true
      let trend = try await handmade.trend(query)
      #expect(trend.series[0].points.map(\.value) == [10, 10, 100, 100])
      #expect(trend.series[0].points.map(\.growth) == [0, 0, nil, 0])
      #expect(trend.notes.warnings.count == 1)
      #expect(trend.notes.warnings.first?.hasSuffix("is wanted: Other (2026-06-15)") ?? false)
      let summary = try await handmade.summary(try handmade.query("summary", [], last: "7d"))
      let messages = try #require(summary.headlines.first { $0.metric.name == "messages" })
      #expect(messages.value == 700 && messages.previous.value == 70)
      #expect(messages.previous.change == nil)
      #expect(summary.movers.isEmpty)
      query = try handmade.query("rank", ["messages"], last: "7d")
      query.breakdown = .app
      query.comparison = .previous
      let entries = try await handmade.ranking(query).entries
      #expect(entries.map(\.subject.label) == ["Other", "Bot"])
      #expect(entries.map(\.compared?.change) == [nil, 0])
    }
  }

  /// Older days are held, and known.
  @Test(arguments: [(wanted, "wanted", "2026-06-15"), ("", "known", "2026-06-01")])
  func `has no figure before that day, whatever is held`(
    _ sql: String, _ word: String, _ first: String
  ) async throws {
    try await Self.with(sql, to: "2026-06-21") { handmade in
      for (to, isNothing) in [("2026-06-16", false), ("2026-05-31", true)] {
        var query = try handmade.query("trend", ["messages"], from: "2026-05-13", to: to)
        query.apps = ["Other"]
        let trend = try await handmade.trend(query)
        let said = "nothing is \(word) before \(first)"
        #expect(trend.notes.noDataReason == (isNothing ? said : nil))
        #expect(trend.notes.warnings.contains(said) == !isNothing)
        #expect(trend.notes.warnings.contains { $0.contains("known before") } == false || sql == "")
        #expect(trend.series.first?.points.first?.date == (isNothing ? nil : Day(first)))
      }
    }
  }

  @Test func `has gaps up to the last day that was read of it, and nothing after`() async throws {
    try await Self.with(Self.retired, to: "2026-06-17") { handmade in
      try handmade.execute(
        "DELETE FROM bucket WHERE app = 2 AND day = \(Day("2026-06-16")!.number)")
      var query = try handmade.query("trend", ["messages"], last: "7d")
      query.showsGrowth = true
      let trend = try await handmade.trend(query)
      let points = trend.series[0].points
      #expect(points.map(\.value) == [100, 10, 100, 10, 10, 10, 10])
      #expect(points.map(\.coverage.expected) == [2, 2, 2, 1, 1, 1, 1])
      #expect(points.map(\.coverage.held) == [2, 1, 2, 1, 1, 1, 1])
      // The app ended after the 17th. Its messages did not fall.
      #expect(points.map(\.growth) == [0, nil, nil, nil, 0, 0, 0])
      #expect(
        trend.notes.warnings.map { $0.prefix(12) } == ["retired, and", "1 of 10 buck"],
        "\(trend.notes.warnings)")
      #expect(trend.notes.warnings[0].hasSuffix("was read: Other (2026-06-17)"))
      query = try handmade.query("trend", ["mean_daily_users"], last: "2w")
      query.breakdown = .app
      let means = try await handmade.trend(query).series[1].points.map(\.coverage)
      #expect(means == [Coverage(expected: 7, held: 7), Coverage(expected: 3, held: 2)])
    }
  }

  /// Both sides are sums of the apps that are left.
  @Test func `is no reason to say no change for ever`() async throws {
    try await Self.with(Self.retired, to: "2026-06-07") { handmade in
      var query = try handmade.query("trend", ["messages"], last: "7d")
      query.comparison = .previous
      let trend = try await handmade.trend(query)
      #expect(trend.series[0].points.allSatisfy { $0.compared?.change == 0 })
      #expect(trend.notes.warnings == [])
      query.breakdown = .app
      query.apps = ["Other"]
      let gone = try await handmade.trend(query)
      #expect(gone.notes.noDataReason == "none of it is held")
      #expect(gone.notes.warnings.first?.contains("Other (2026-06-07)") ?? false)
      var judged = try handmade.query("anomalies", ["messages"], from: "2026-06-09")
      judged.breakdown = .tag
      try handmade.execute("INSERT INTO app_tag (app, tag) VALUES (1, 'all'), (2, 'all')")
      let found = try handmade.archive.ask { [judged] in try Anomalies(judged, from: $0) }
      // The past of the tag is of other apps.
      #expect(found.episodes.isEmpty && found.judged.held == 0)
    }
  }

  @Test func `is no month that was given up in the middle of it`() async throws {
    try await Self.with(Self.retired, to: "2026-06-17") { handmade in
      try handmade.write("2026-06-01", .month, app: 2, state: "open", messages: 1500)
      try handmade.write("2026-05-01", .month, messages: 310)
      try handmade.write("2026-06-01", .month, state: "open", messages: 210)
      var query = try handmade.query("trend", ["messages"], last: "2m", grain: .month)
      query.includesOpen = true
      let points = try await handmade.trend(query).series[0].points
      #expect(points.map(\.value) == [310, 210])
      #expect(points.map(\.coverage.expected) == [1, 1])
    }
  }
}
