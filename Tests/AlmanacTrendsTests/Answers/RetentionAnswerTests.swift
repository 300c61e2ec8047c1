import AlmanacCore
import AlmanacReport
import AlmanacTrends
import Testing

@testable import AlmanacStore

@Suite struct `A retention table` {
  /// A week of ten users a day, four of them new.
  private static func with(_ body: (HandmadeArchive) async throws -> Void) async throws {
    try await HandmadeArchive.with(first: "2026-03-01", today: "2026-03-08") { handmade in
      try handmade.add(app: 2, named: "Other", first: "2026-03-01")
      for app in 1...2 {
        try handmade.write(from: "2026-03-01", to: "2026-03-07", app: app, users: 10) { _ in 1 }
      }
      try handmade.execute("UPDATE user_fact SET new_user_count = 4")
      try handmade.execute("INSERT INTO server_retention VALUES (1, 0, 1)")
      try await body(handmade)
    }
  }

  private static func cohort(
    _ handmade: HandmadeArchive, _ date: String, app: Int = 1, source: Int = 0, offset: Int = 1,
    base: String = "users", retained: Int, run: Int = 1
  ) throws {
    try handmade.execute(
      """
      INSERT INTO retention_fact VALUES (\(app), \(source), 0, \(Day(date)!.number), \(offset),
        '\(base)', \(base == "users" ? 10 : 4), \(retained), \(retained), 1, \(run), \(run))
      """)
  }

  private static func retention(
    _ handmade: HandmadeArchive, _ change: (inout Query) -> Void
  ) async throws -> Retention {
    var query = try handmade.query("retention", ["retention_rate"], last: "7d")
    change(&query)
    return try handmade.archive.ask(asOf: query.asOf) { [query] in try Retention(query, from: $0) }
  }

  /// The server was upgraded, and looks for new users alone since then.
  @Test func `of cohorts of two kinds has no rate of all`() async throws {
    try await Self.with { handmade in
      for day in 1...6 {
        try Self.cohort(
          handmade, "2026-03-0\(day)", base: day < 4 ? "users" : "new_users", retained: 2)
      }
      let retention = try await Self.retention(handmade) { $0.apps = ["Bot"] }
      #expect(retention.rates == [nil])
      #expect(retention.cohorts.map(\.users) == [10, 10, 10, 4, 4, 4, 4])
      #expect(retention.cohorts.map(\.returns[0].rate) == [0.2, 0.2, 0.2, 0.5, 0.5, 0.5, nil])
      #expect(retention.notes.warnings.contains { $0.contains("no common rate") })
      let csv = try RetentionReport(retention).rendition.text(as: .csv, for: .none)
      let bases = csv.split(separator: "\n").dropFirst().map { $0.split(separator: ",")[3] }
      #expect(
        bases.dropLast() == ["users", "users", "users"] + Array(repeating: "new_users", count: 3))
      var smooth = try handmade.query("trend", ["retention_rate"], last: "6d")
      smooth.apps = ["Bot"]
      #expect(try await handmade.trend(smooth).series[0].points.count == 6)
      smooth.smooth = 3
      await #expect {
        try await handmade.trend(smooth)
      } throws: { error in
        (error as? AlmanacError)?.hint.contains("`almanac trend retention_rate --app Bot --by app")
          ?? false
      }
    }
  }

  @Test func `says of how many users a rate is`() async throws {
    try await Self.with { handmade in
      for day in 1...6 {
        try Self.cohort(handmade, "2026-03-0\(day)", retained: 2)
        if day != 5 { try Self.cohort(handmade, "2026-03-0\(day)", app: 2, retained: 4) }
      }
      let retention = try await Self.retention(handmade) { _ in }
      let torn = retention.cohorts[4]
      #expect(torn.users == 20 && torn.returns[0].users == 10 && torn.returns[0].rate == 0.2)
      #expect(retention.rates == [Double(32) / 110])
      let table = try RetentionReport(retention).rendition.text(as: .table, for: .none)
      #expect(table.contains("Held") && table.contains("1/2"), "\(table)")
      let csv = try RetentionReport(retention).rendition.text(as: .csv, for: .none)
      #expect(csv.contains("2026-03-05,1,10,users,2,0.2,"), "\(csv)")
      #expect(retention.notes.warnings.first?.hasPrefix("1 of 12 buckets is") ?? false)
    }
  }

  @Test func `has the offsets of its source`() async throws {
    try await Self.with { handmade in
      try handmade.execute(
        """
        INSERT INTO source (id, name) VALUES (7, 'api');
        INSERT INTO app_source (app, source, first_date) VALUES (1, 7, '2026-03-01');
        INSERT INTO user_fact (app, source, grain, day, user_count, run_id)
        SELECT app, 7, grain, day, 3, 1 FROM user_fact WHERE app = 1
        """)
      try Self.cohort(handmade, "2026-03-01", source: 7, offset: 3, retained: 1)
      try Self.cohort(handmade, "2026-03-01", offset: 1, retained: 1)
      let all = try await Self.retention(handmade) { $0.apps = ["Bot"] }
      #expect(all.offsets == [1])
      let source = try await Self.retention(handmade) { query in
        query.apps = ["Bot"]
        query.sources = ["api"]
      }
      #expect(source.offsets == [3])
    }
  }

  @Test func `says which offsets there are, and why there is no rate`() async throws {
    try await Self.with { handmade in
      let none = try await Self.retention(handmade) { $0.offsets = [2] }
      #expect(none.notes.warnings.contains("by day, T+2 is not held; no retention is"))
      for offset in [1, 3] { try Self.cohort(handmade, "2026-03-01", offset: offset, retained: 1) }
      let warning = "by day, T+2 is not held; held: T+1, T+3"
      let two = try await Self.retention(handmade) { $0.offsets = [1, 2] }
      #expect(two.notes.warnings.contains(warning))
      var query = try handmade.query("trend", ["retention_rate"], last: "6d")
      query.apps = ["Bot"]
      #expect(try await !handmade.trend(query).notes.warnings.contains { $0.contains("T+") })
      query.offset = 2
      #expect(try await handmade.trend(query).notes.warnings.contains(warning))
      query.breakdown = .app
      #expect(try await handmade.ranking(query).notes.warnings.contains(warning))
      var young = try handmade.query("retention", ["retention_rate"], last: "2d")
      young.offsets = [3]
      let answer = try handmade.archive.ask { [young] in try Retention(young, from: $0) }
      #expect(answer.notes.noDataReason == "no cohort is mature yet")
    }
  }

  /// The zeros were unknown until the server first answered more than 0.
  @Test func `is as it was known on a day`() async throws {
    try await Self.with { handmade in
      for day in 1...5 { try Self.cohort(handmade, "2026-03-0\(day)", retained: 0) }
      try handmade.execute(
        """
        UPDATE run SET started_at = '2026-03-07T12:00:00Z', finished_at = '2026-03-07T12:01:00Z';
        INSERT INTO run (id, started_at, finished_at, version, arguments, outcome)
        VALUES (2, '2026-03-08T12:00:00Z', '2026-03-08T12:01:00Z', 'test', '', 'done');
        UPDATE server_retention SET run_id = 2
        """)
      try Self.cohort(handmade, "2026-03-06", retained: 2, run: 2)
      let now = try await Self.retention(handmade) { query in
        query.apps = ["Bot"]
        query.offsets = [1]
      }
      #expect(now.cohorts.map(\.returns[0].rate) == [0, 0, 0, 0, 0, 0.2, nil])
      let then = try await Self.retention(handmade) { query in
        query.apps = ["Bot"]
        query.offsets = [1]
        query.asOf = Day("2026-03-07")
      }
      #expect(then.cohorts.allSatisfy { $0.returns[0].rate == nil })
    }
  }
}
