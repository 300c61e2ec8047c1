import AlmanacCollector
import AlmanacCore
import AlmanacTestSupport
import AlmanacTrends
import FastGPTSimulator
import Foundation
import Testing

@testable import AlmanacStore

/// What is said of an answer beside its figures.
@Suite struct `A warning` {
  /// Seven days, of which one was never read, and of one of which a part.
  private static func on(_ body: (Sheet) async throws -> Void) async throws {
    try await Sheet.on(first: "2026-03-01", today: "2026-03-15") { sheet in
      for day in Day("2026-03-01")!...Day("2026-03-14")! where "\(day)" != "2026-03-10" {
        let state = "\(day)" == "2026-03-12" ? "partial" : "settled"
        try sheet.write("\(day)", state: state, users: 2, messages: 10, errors: 1)
      }
      try sheet.execute(
        "UPDATE chat_fact SET error_count = NULL WHERE day = \(Day("2026-03-13")!.number)")
      try await body(sheet)
    }
  }

  private static let missing =
    "1 of 7 buckets is not held: a gap is not zero, and a sum is of what is held"
  private static let part =
    "1 of 7 values is of a part: the server had forgotten the rest before it was first read"

  /// However many windows or running sums it lies in.
  @Test func `counts what is missing once`() async throws {
    try await Self.on { sheet in
      let plain = try sheet.query("trend", ["messages"], last: "7d")
      var smooth = plain
      smooth.smooth = 3
      var cumulative = plain
      cumulative.isCumulative = true
      let several = try sheet.query("trend", ["messages", "errors", "error_rate"], last: "7d")
      for query in [plain, smooth, cumulative] {
        #expect(try await sheet.trend(query).notes.warnings == [Self.missing, Self.part])
      }
      #expect(
        try await sheet.trend(several).notes.warnings == [
          "2 of 7 buckets of errors are not held: a gap is not zero, and a sum is of what is held",
          Self.part.replacing("values", with: "values of messages"),
        ])
      let points = try await sheet.trend(smooth).series[0].points
      #expect(points.map(\.value) == [10, 10, nil, nil, nil, 10, 10])
      #expect(points.map(\.coverage.held) == [3, 3, 2, 2, 2, 3, 3])
      #expect(points.allSatisfy { $0.coverage.expected == 3 })
      let summary = try await sheet.summary(try sheet.query("summary", [], last: "7d"))
      #expect(summary.notes.warnings == [Self.missing, Self.part])
    }
  }

  /// A window that begins before the app is no mean yet, and lacks nothing.
  @Test func `is none where nothing was expected`() async throws {
    try await Self.on { sheet in
      var query = try sheet.query("trend", ["messages"], from: "2026-03-01", to: "2026-03-04")
      query.smooth = 3
      let trend = try await sheet.trend(query)
      #expect(trend.series[0].points.map(\.value) == [nil, nil, 10, 10])
      #expect(trend.series[0].points.map(\.coverage.expected) == [0, 0, 3, 3])
      #expect(trend.notes.warnings == [])
    }
  }

  @Test func `names what was asked for before the first day`() async throws {
    try await Self.on { sheet in
      for (from, isKnown) in [("2026-02-27", false), ("2026-03-01", true)] {
        let query = try sheet.query("trend", ["messages"], from: from, to: "2026-03-04")
        let warnings = try await sheet.trend(query).notes.warnings
        #expect(warnings == (isKnown ? [] : ["nothing is known before 2026-03-01"]))
      }
    }
  }

  /// By what is known of it, not by whether a run came to its end.
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
    try await Self.on { sheet in
      try sheet.add(2, "Other", first: "2026-03-02")
      try sheet.write("2026-03-14", app: 2, messages: 5)
      try sheet.execute("UPDATE app SET \(sql) WHERE id = 2")
      let trend = try await sheet.trend(try sheet.query("trend", ["messages"], last: "7d"))
      let note = "not read yet, and in no figure: Other"
      #expect(trend.notes.warnings.contains(note) == isUnread, "\(trend.notes.warnings)")
      #expect((trend.series[0].points.last?.value == 15) == sql.contains("2026-03-02"))
    }
  }

  @Test func `names an app that had not been read at an earlier day`() async throws {
    try await Self.on { sheet in
      try sheet.add(2, "Other", first: "2026-03-02")
      try sheet.execute(
        """
        INSERT INTO run (id, started_at, finished_at, version, arguments, outcome)
        VALUES (2, '2026-03-16T12:00:00Z', '2026-03-16T12:01:00Z', 'test', '', 'done')
        """)
      try sheet.write("2026-03-14", app: 2, messages: 5)
      try sheet.execute("UPDATE bucket SET complete_run_id = 2 WHERE app = 2")
      for (day, isUnread) in [("2026-03-15", true), ("2026-03-16", false)] {
        var query = try sheet.query("trend", ["messages"], last: "7d")
        query.asOf = Day(day)
        let warnings = try await sheet.trend(query).notes.warnings
        #expect(warnings.contains("not read yet, and in no figure: Other") == isUnread)
      }
    }
  }

  /// However far the first run came.
  @Test func `of an unread app names those that have no figure, and no other`() async throws {
    let now = Date("2026-06-10T02:30:00Z")
    let start = Date("2026-05-01T00:00:00Z")
    let apps = [
      Fixtures.steady(from: start, days: 40),
      Fixtures.steady(Fixtures.otherID, name: "Other", from: start, days: 40),
    ]
    try await Rehearsal.on(apps, now: now) { original in
      var named: Set<[String]> = []
      for requests in [1, 3, 4, 8, 13, 20] {
        var rehearsal = try original.withNewArchive(named: "broken-off.db")
        rehearsal.settings = CollectorSettings(bySource: false, concurrency: 1)
        try await rehearsal.archive.enroll(rehearsal.apps)
        try await rehearsal.archive.pin(.utc, of: "default", .configured)
        try await rehearsal.run(at: now, breakingOffAfter: requests)
        let query = Query(
          "trend", [try #require(Metric(name: "messages"))],
          range: try AskedRange(last: nil, from: nil, to: nil, default: .init(30, .day)),
          grain: .day)
        let warnings = try rehearsal.archive.ask { try Trend(query, $0) }.notes.warnings
        let held = try rehearsal.rows("SELECT DISTINCT app FROM daily").compactMap { $0[0] }
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

  /// Votes are taken back: what is below none is a share of nothing.
  @Test func `is not needed where a share would be above one or below none`() async throws {
    try await Self.on { sheet in
      let votes = [(3, 1), (-1, 2), (2, -1), (-3, -1), (0, 0)]
      for (number, (good, bad)) in votes.enumerated() {
        try sheet.execute(
          """
          INSERT INTO app_fact (app, source, grain, day, good_feed_back_count, bad_feed_back_count)
          VALUES (1, 0, 0, \(Day("2026-03-01")!.number + number), \(good), \(bad))
          """)
      }
      let query = try sheet.query(
        "trend", ["satisfaction", "feedback_rate"], from: "2026-03-01", to: "2026-03-05")
      let series = try await sheet.trend(query).series
      #expect(series[0].points.map(\.value) == [0.75, nil, nil, nil, nil])
      #expect(series[1].points.map(\.value) == [0.4, 0.1, 0.1, nil, 0])
    }
  }
}
