import AlmanacCore
import AlmanacReport
import AlmanacTestSupport
import AlmanacTrends
import Foundation
import Testing

@testable import AlmanacStore

@Suite struct `An archive of 0.1.0` {
  private static func onRelease(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "almanac-release-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(Fixtures.restoreRelease(into: folder.path(percentEncoded: false)))
  }

  /// The views of 0.1.0 with the columns that they had.
  private static let views: [(name: String, columns: String)] = {
    let figures = """
      date, time, state, users, new_users, retained_users, points, messages, chats, errors,
      good_feedback, bad_feedback, response_seconds, collected_at
      """
    return ["daily", "weekly", "monthly", "quarterly"].flatMap { view in
      [
        (view, "app_id, app, \(figures)"),
        ("\(view)_by_source", "app_id, app, source, \(figures)"),
      ]
    } + [
      ("retention", "app_id, app, grain, date, offset, cohort_users, base, retained_users, mature"),
      ("totals", "app_id, app, read_at, total_users, total_chats, total_points"),
      (
        "revisions",
        """
        app_id, app, source, grain, date, figure, old_value, new_value, revised_at, run_id, reason
        """
      ),
      ("gaps", "app_id, app, grain, first_date, last_date, reason"),
      ("freshness", "app_id, app, last_success, newest_complete_day, last_error"),
      ("annotations", "date, app_id, app, text"),
    ]
  }()

  /// Without the revisions of tokens, which have other names since.
  private static func rows(_ path: String) throws -> [String: [[String?]]] {
    try views.reduce(into: [:]) { rows, view in
      let which = view.name == "revisions" ? "WHERE figure NOT LIKE '%tokens'" : ""
      rows[view.name] = try SimulatedCollection.rows(
        "SELECT \(view.columns) FROM \(view.name) \(which) ORDER BY \(view.columns)", path: path)
    }
  }

  @Test func `migrates, and holds in every view what it held`() async throws {
    try await Self.onRelease { path in
      let before = try Self.rows(path)
      _ = try Archive.openForWriting(path: path)
      let after = try Self.rows(path)
      for view in Self.views {
        #expect(before[view.name]?.isEmpty == false, "\(view.name)")
        #expect(after[view.name] == before[view.name], "\(view.name)")
      }
      #expect(try Archive.schemaVersion(path: path) == Schema.migrations.count)
      #expect(try SimulatedCollection.rows("PRAGMA integrity_check", path: path) == [["ok"]])
      #expect(try SimulatedCollection.rows("PRAGMA foreign_key_check", path: path) == [])
    }
  }

  @Test func `has its tokens in columns, with every revision of them`() async throws {
    try await Self.onRelease { path in
      let kept = """
        SELECT app_id, source.name, grain, date, figure.name, value FROM figure
        JOIN app ON app.id = app JOIN source ON source.id = source JOIN calendar USING (grain, day)
        ORDER BY 1, 2, 3, 4, 5
        """
      let before = try SimulatedCollection.rows(kept, path: path)
      let revised = """
        SELECT app_id, source, grain, date, old_value, new_value, run_id, reason FROM revisions
        WHERE figure LIKE '%put%okens' ORDER BY 1, 2, 3, 4, figure, run_id
        """
      let changes = try SimulatedCollection.rows(revised, path: path)
      #expect(before.count > 400 && changes.count > 5)
      _ = try Archive.openForWriting(path: path)
      let after = try SimulatedCollection.rows(
        """
        SELECT app_id, source.name, grain, date, 'inputTokens', CAST(input_tokens AS REAL)
        FROM chat_fact JOIN app ON app.id = app JOIN source ON source.id = source
        JOIN calendar USING (grain, day) WHERE input_tokens IS NOT NULL
        UNION ALL
        SELECT app_id, source.name, grain, date, 'outputTokens', CAST(output_tokens AS REAL)
        FROM chat_fact JOIN app ON app.id = app JOIN source ON source.id = source
        JOIN calendar USING (grain, day) WHERE output_tokens IS NOT NULL
        ORDER BY 1, 2, 3, 4, 5
        """, path: path)
      let added = Set(after).subtracting(before)
      #expect(Set(before).subtracting(after) == [] && !added.isEmpty)
      // A day without a message has none, and a source's weeks and longer are sums of its days.
      #expect(added.allSatisfy { $0[5] == "0.0" || ($0[1] != "all" && $0[2] != "0") })
      #expect(try SimulatedCollection.rows(kept, path: path) == [])
      #expect(try SimulatedCollection.rows(revised, path: path) == changes)
    }
  }

  @Test func `says of its days that no change of a state was recorded`() async throws {
    try await Self.onRelease { path in
      let archive = try Archive.openForWriting(path: path)
      for query in try Self.queries() {
        let warnings = try archive.ask(asOf: query.asOf) {
          try Trend(query, from: $0).notes.warnings
        }
        #expect(
          warnings.contains { $0.contains("not recorded") } == (query.asOf != nil),
          "\(query.command) \(warnings)")
      }
      let bucket = Bucket(.day, holding: Day("2026-04-10")!)
      let app = try #require(try await archive.knownApps().first).id
      #expect(try await archive.history(of: bucket, app: app, source: .all).firstRecordedRun == 16)
    }
  }

  /// The answers of 0.1.0 to every kind of question. `ALMANAC_RECORD=1` writes them anew, for a
  /// change that is meant to be seen in them.
  @Test func `answers as it did`() async throws {
    let file = Fixtures.folderOfReleases.appending(path: "almanac-0.1.0.answers.txt")
    try await Self.onRelease { path in
      let archive = try Archive.openForWriting(path: path)
      let told = try Self.queries().map { query in
        let heading = "== \(query.command) \(query.metrics.map(\.name).joined(separator: " "))"
        return try archive.ask(asOf: query.asOf) { reader in
          let rendition = try RandomQuestion.rendition(of: query, from: reader)
          return "\(heading) by \(query.grain)\n\(try rendition.text(as: .csv, for: .none))"
        }
      }.joined(separator: "\n")
      if ProcessInfo.processInfo.environment["ALMANAC_RECORD"] != nil {
        try Data(told.utf8).write(to: file)
      }
      let recorded = try String(contentsOf: file, encoding: .utf8)
      let pairs = zip(told.split(separator: "\n"), recorded.split(separator: "\n"))
      #expect(pairs.first { $0 != $1 }.map { "\($0) was \($1)" } == nil)
      #expect(told.count == recorded.count)
    }
  }

  private static func queries() throws -> [Query] {
    func query(
      _ command: String, _ metrics: [String], _ length: String,
      _ change: (inout Query) -> Void = { _ in }
    ) throws -> Query {
      var query = Query(
        command, metrics.compactMap { Metric(name: $0) },
        range: try AskedRange(
          last: AskedRange.Length(length), from: nil, to: nil,
          default: AskedRange.Length(30, .day)))
      change(&query)
      return query
    }
    return [
      try query("trend", ["users", "points"], "30d") { $0.apps = ["Forgetful bot"] },
      try query("trend", ["messages", "chats", "errors"], "14d") { $0.breakdown = .app },
      try query("trend", ["messages"], "30d") {
        $0.breakdown = .source
        $0.asOf = Day("2026-04-10")
      },
      try query("trend", ["users", "new_users", "retained_users"], "5w") {
        $0.apps = ["Moved bot"]
        $0.includesOpen = true
      },
      try query("trend", ["messages", "good_feedback", "response_seconds"], "2m") {
        $0.breakdown = .tag
      },
      try query("rank", ["messages"], "7d") {
        $0.breakdown = .app
        $0.comparison = .previous
      },
      try query("retention", ["retention_rate"], "10d"),
      try query("anomalies", ["messages"], "20d") { $0.breakdown = .app },
      try query("summary", [], "7d"),
    ]
  }

  @Test func `tells how it stands as it did`() async throws {
    try await Self.onRelease { path in
      _ = try Archive.openForWriting(path: path)
      let status = try await Archive.openForReading(path: path).status()
      #expect(
        status.apps.map { "\($0.name) \($0.newestCompleteDay?.description ?? "")" } == [
          "Forgetful bot 2026-04-19", "Gone bot 2026-04-15", "Moved bot 2026-04-19",
          "Spoilt bot 2026-04-19", "Support bot 2026-04-19", "Support bot 2026-04-19",
          "客服助手 2026-04-15", "Retired bot 2026-04-05",
        ])
      #expect(status.apps.filter(\.isRetired).map(\.name) == ["Retired bot"])
      #expect(status.apps.filter(\.isFailing).map(\.name) == ["Gone bot", "客服助手"])
      #expect(
        status.apps.flatMap { app in app.gaps.map { "\(app.name) \($0.grain) \($0.reason)" } } == [
          "Gone bot day never read", "Gone bot week never read", "Spoilt bot day refused",
          "客服助手 day failed", "客服助手 week never read",
        ])
      #expect(status.apps.first?.forgotten == Day("2026-03-31"))
      #expect(
        status.servers.map { "\($0.name) \($0.zone ?? "") \($0.zoneOrigin ?? "")" }.sorted() == [
          "default UTC proved", "east UTC+08:00 proved", "moved Asia/Shanghai proved",
        ])
      #expect(status.run?.state == .ended(.partlyFailed))
      #expect(status.run?.requests == 54)
      #expect(status.refusals.map { $0.date } == ["2026-03-20", "2026-04-01"])
    }
  }

  /// A released migration is never edited: a file that was made with another one is refused.
  @Test func `was made by migrations that are frozen`() async throws {
    let frozen = [1_454_289_638, 1_818_663_715]
    #expect(Schema.migrations.prefix(2).map(\.checksum) == frozen)
    try await Self.onRelease { path in
      let held = try SimulatedCollection.rows(
        "SELECT checksum FROM schema_migration ORDER BY number", path: path)
      #expect(held == frozen.map { ["\($0)"] })
    }
  }
}
