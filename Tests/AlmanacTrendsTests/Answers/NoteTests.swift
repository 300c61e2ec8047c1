import AlmanacCollector
import AlmanacCore
import AlmanacTestSupport
import AlmanacTrends
import FastGPTSimulator
import Foundation
import Testing

@testable import AlmanacStore

/// The warnings that an answer carries beside its figures.
@Suite struct `A warning` {
  /// Two weeks. One day was never read, one is held in part, and one has no number of errors.
  private static func with(_ body: (HandmadeArchive) async throws -> Void) async throws {
    try await HandmadeArchive.with(first: "2026-03-01", today: "2026-03-15") { handmade in
      for day in Day("2026-03-01")!...Day("2026-03-14")! where "\(day)" != "2026-03-10" {
        let state = "\(day)" == "2026-03-12" ? "partial" : "settled"
        try handmade.write("\(day)", state: state, users: 2, messages: 10, errors: 1)
      }
      try handmade.execute("INSERT INTO server_figure VALUES (1, 'errors'), (1, 'messages')")
      try handmade.execute(
        "UPDATE chat_fact SET error_count = NULL WHERE day = \(Day("2026-03-13")!.number)")
      try await body(handmade)
    }
  }

  private static let missing =
    "1 of 7 buckets is not held: a gap is not zero, and a sum covers only what is held"
  private static let part =
    "1 of 7 values is of a part only: the server had forgotten the rest before it was read, or the app was retired before its end"

  /// The missing day lies in several windows and running sums.
  @Test func `counts what is missing once`() async throws {
    try await Self.with { handmade in
      let plain = try handmade.query("trend", ["messages"], last: "7d")
      var smooth = plain
      smooth.smooth = 3
      var cumulative = plain
      cumulative.isCumulative = true
      let several = try handmade.query("trend", ["messages", "errors", "error_rate"], last: "7d")
      for query in [plain, smooth, cumulative] {
        #expect(try await handmade.trend(query).notes.warnings == [Self.missing, Self.part])
      }
      #expect(
        try await handmade.trend(several).notes.warnings == [
          Self.missing.replacing("buckets is", with: "buckets of messages is"),
          Self.part.replacing("values", with: "values of messages"),
          "1 of 7 buckets is held without errors: unknown there, which is neither zero nor a gap",
        ])
      let points = try await handmade.trend(smooth).series[0].points
      #expect(points.map(\.value) == [10, 10, nil, nil, nil, 10, 10])
      #expect(points.map(\.coverage.held) == [3, 3, 2, 2, 2, 3, 3])
      #expect(points.allSatisfy { $0.coverage.expected == 3 })
      let summary = try await handmade.summary(try handmade.query("summary", [], last: "7d"))
      #expect(summary.notes.warnings.prefix(2) == [Self.missing, Self.part])
    }
  }

  /// A window that begins before the app is no mean yet, and lacks nothing.
  @Test func `is none where nothing was expected`() async throws {
    try await Self.with { handmade in
      var query = try handmade.query("trend", ["messages"], from: "2026-03-01", to: "2026-03-04")
      query.smooth = 3
      let trend = try await handmade.trend(query)
      #expect(trend.series[0].points.map(\.value) == [nil, nil, 10, 10])
      #expect(trend.series[0].points.map(\.coverage.expected) == [0, 0, 3, 3])
      #expect(trend.notes.warnings == [])
    }
  }

  @Test func `names what was asked for before the first day`() async throws {
    try await Self.with { handmade in
      for (from, isKnown) in [("2026-02-27", false), ("2026-03-01", true)] {
        let query = try handmade.query("trend", ["messages"], from: from, to: "2026-03-04")
        let warnings = try await handmade.trend(query).notes.warnings
        #expect(warnings == (isKnown ? [] : ["nothing is known before 2026-03-01"]))
      }
    }
  }

  /// An app counts as read once something is known of it, whether or not a run came to its end.
  @Test(arguments: [
    ("first_date = '2026-03-02', last_success_at = NULL", false),
    ("first_date = NULL, last_success_at = NULL", true),
    ("first_date = NULL, last_success_at = '2026-03-15T12:00:00Z'", false),
    ("first_date = '2026-03-15', last_success_at = NULL, last_error = 'x'", false),
    ("first_date = NULL, last_success_at = NULL, last_error = 'x'", true),
  ])
  func `that an app is not read yet goes by what is known of it`(
    _ sql: String, _ isUnread: Bool
  ) async throws {
    try await Self.with { handmade in
      try handmade.add(app: 2, named: "Other", first: "2026-03-02")
      try handmade.write("2026-03-14", app: 2, messages: 5)
      try handmade.execute("UPDATE app SET \(sql) WHERE id = 2")
      let trend = try await handmade.trend(try handmade.query("trend", ["messages"], last: "7d"))
      let note = "not read yet, and in no figure: Other"
      #expect(trend.notes.warnings.contains(note) == isUnread, "\(trend.notes.warnings)")
      #expect((trend.series[0].points.last?.value == 15) == sql.contains("2026-03-02"))
    }
  }

  @Test func `names an app that had not been read at an earlier day`() async throws {
    try await Self.with { handmade in
      try handmade.add(app: 2, named: "Other", first: "2026-03-02")
      try handmade.execute(
        """
        INSERT INTO run (id, started_at, finished_at, version, arguments, outcome)
        VALUES (2, '2026-03-16T12:00:00Z', '2026-03-16T12:01:00Z', 'test', '', 'done')
        """)
      try handmade.write("2026-03-14", app: 2, messages: 5)
      try handmade.execute("UPDATE bucket SET complete_run_id = 2 WHERE app = 2")
      for (day, isUnread) in [("2026-03-15", true), ("2026-03-16", false)] {
        var query = try handmade.query("trend", ["messages"], last: "7d")
        query.asOf = Day(day)
        let warnings = try await handmade.trend(query).notes.warnings
        #expect(warnings.contains("not read yet, and in no figure: Other") == isUnread)
      }
    }
  }

  /// The first run is broken off later and later.
  @Test func `of an unread app names those that have no figure, and no other`() async throws {
    let now = Date("2026-06-10T02:30:00Z")
    let start = Date("2026-05-01T00:00:00Z")
    let apps = [
      Fixtures.steady(from: start, days: 40),
      Fixtures.steady(Fixtures.otherID, name: "Other", from: start, days: 40),
    ]
    try await SimulatedCollection.on(apps, now: now) { original in
      var named: Set<[String]> = []
      for requests in [1, 3, 4, 8, 13, 20] {
        var collection = try original.withNewArchive(named: "broken-off.db")
        collection.settings = CollectorSettings(bySource: false, concurrency: 1)
        try await collection.archive.enroll(collection.apps, run: 0)
        try await collection.archive.pin(.utc, of: "default", .configured, run: 0)
        try await collection.run(at: now, breakingOffAfter: requests)
        let query = Query(
          "trend", [try #require(Metric(name: "messages"))],
          range: try AskedRange(last: nil, from: nil, to: nil, default: .init(30, .day)),
          grain: .day)
        let warnings = try collection.archive.ask { try Trend(query, from: $0) }.notes.warnings
        let held = try collection.rows("SELECT DISTINCT app FROM daily").compactMap { $0[0] }
        let unread = ["Other", "Support bot"].filter { !held.contains($0) }
        named.insert(unread)
        let notes = warnings.filter { $0.contains("not read yet") }
        #expect(
          notes
            == (unread.isEmpty
              ? [] : ["not read yet, and in no figure: " + unread.joined(separator: ", ")]))
      }
      #expect(named.count == 3)
    }
  }

  /// Votes may be taken back, and a negative number of them is no share.
  @Test func `is not needed where a share would be above one or below none`() async throws {
    try await Self.with { handmade in
      let votes = [(3, 1), (-1, 2), (2, -1), (-3, -1), (0, 0)]
      for (number, (good, bad)) in votes.enumerated() {
        try handmade.execute(
          """
          INSERT INTO app_fact
            (app, source, grain, day, good_feed_back_count, bad_feed_back_count, changed_run_id)
          VALUES (1, 0, 0, \(Day("2026-03-01")!.number + number), \(good), \(bad), 1)
          """)
      }
      let query = try handmade.query(
        "trend", ["satisfaction", "feedback_rate"], from: "2026-03-01", to: "2026-03-05")
      let series = try await handmade.trend(query).series
      #expect(series[0].points.map(\.value) == [0.75, nil, nil, nil, nil])
      #expect(series[1].points.map(\.value) == [0.4, 0.1, 0.1, nil, 0])
    }
  }
}
