import AlmanacCore
import AlmanacTestSupport
import AlmanacTrends
import FastGPTSimulator
import Foundation
import Testing

@testable import AlmanacCollector
@testable import AlmanacStore

@Suite struct `Pruning` {
  private static let newestRun = Date("2026-04-20T02:30:00Z")

  /// The archive of a release and its path; the file goes afterwards.
  private static func onRelease(_ body: (Archive, String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "almanac-pruning-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = try Fixtures.restoreRelease(into: folder.path(percentEncoded: false))
    try await body(Archive.openForWriting(path: path), path)
  }

  private static func prune(_ archive: Archive, afterDays days: Int) async throws {
    try await archive.prune(
      at: newestRun.addingTimeInterval(86_400 * Double(days)), keepCaptures: 1)
  }

  /// Everything that the archive says in any way, except for the totals of other days and its size.
  private static func everything(_ archive: Archive, _ path: String) async throws -> [String] {
    let ids = (1...8).map { "68c46a70d950e8850ae5640\($0)" }
    let questions = RandomQuestion(
      apps: ids.map { [$0] } + [[ids[0], ids[5]]], tags: [["customer"], ["internal"]],
      dates: ["2026-03-09", "2026-04-02", "2026-04-10", "2026-04-16", "2026-04-20"].compactMap {
        Day($0)
      })
    var told = try questions.answers(of: archive, seeds: 0..<100)
    told.append("\(try await archive.status())".replacing(/bytes: \d+/, with: ""))
    for view in ["daily", "weekly_by_source", "retention", "revisions", "gaps", "freshness"] {
      told += try SimulatedCollection.rows("SELECT * FROM \(view)", path: path).map {
        "\(view) \($0)"
      }
    }
    told += try SimulatedCollection.rows("SELECT * FROM run", path: path).map { "run \($0)" }
    for (number, id) in ids.enumerated() {
      let bucket = Bucket(
        Grain.allCases[number % 4], holding: try #require(Day("2026-04-06")))
      let history = try await archive.history(
        of: bucket, app: try #require(AppID(id)), source: number % 2 == 0 ? .all : .named("api"))
      told.append("\(id) \(history)")
    }
    return told
  }

  @Test(arguments: [1, 91, 120, 900])
  func `changes no answer`(days: Int) async throws {
    try await Self.onRelease { archive, path in
      let before = try await Self.everything(archive, path)
      try await Self.prune(archive, afterDays: days)
      let after = try await Self.everything(archive, path)
      #expect(before.count > 1000)
      #expect(zip(after, before).first { $0 != $1 }.map { "\($0) was \($1)" } == nil)
      #expect(after.count == before.count)
      // The next run changes none either. It tells from the refusals why a bucket is missing.
      let spoilt = try #require(AppID("68c46a70d950e8850ae56404"))
      let known = try #require(try await archive.knowledge()[spoilt])
      let today = try #require(Day("2026-04-20"))
      let expected = Closing.expected(of: known, Grain.allCases, before: today)
      let closing = Closing(
        known: known, held: try await archive.heldAtClose(known.key, of: expected), today: today)
      try await archive.close(
        closing.changes(isWhole: true), run: 15, at: Self.newestRun, failure: nil)
      let gaps = try SimulatedCollection.rows(
        "SELECT grain, first_date, reason FROM gaps WHERE app_id = '\(spoilt)'", path: path)
      #expect(gaps == [["day", "2026-03-20", "refused"]])
      #expect(try SimulatedCollection.rows("PRAGMA foreign_key_check", path: path) == [])
    }
  }

  @Test func `leaves of old requests what stands, and what failed last`() async throws {
    try await Self.onRelease { archive, path in
      let rows = { (sql: String) in try SimulatedCollection.rows(sql, path: path) }
      let failed = try rows(
        """
        SELECT request.id FROM request JOIN app ON app.id = request.app
        WHERE outcome <> 'ok' AND run_id = (SELECT max(run_id) FROM request AS other
          WHERE other.app = app.id AND other.cause = app.last_error) ORDER BY 1
        """)
      try #require(failed.count >= 4)
      let all = try rows("SELECT count(*) FROM request")
      try await Self.prune(archive, afterDays: 89)
      #expect(try rows("SELECT count(*) FROM request WHERE run_id > 3") != [["0"]])
      #expect(try rows("SELECT count(*) FROM request") != all)
      try await Self.prune(archive, afterDays: 91)
      #expect(
        try rows("SELECT date, source FROM refusal ORDER BY date, source") == [
          ["2026-03-20", "0"], ["2026-03-20", "1"], ["2026-03-20", "4"], ["2026-04-01", "0"],
        ])
      #expect(
        try rows(
          "SELECT id FROM request WHERE id NOT IN (SELECT request FROM refusal) ORDER BY 1")
          == failed)
      // The refusal of a bucket that is held is not needed after the whole past was read again.
      try SimulatedCollection.execute(
        """
        UPDATE app SET deep_date = '2026-05-01', last_success_at = '2026-05-01T02:30:00Z'
        WHERE app_id = '68c46a70d950e8850ae56404'
        """, path: path, patience: 5)
      try await Self.prune(archive, afterDays: 92)
      #expect(
        try rows("SELECT date, source FROM refusal ORDER BY date, source") == [
          ["2026-03-20", "0"], ["2026-03-20", "1"], ["2026-03-20", "4"],
        ])
      // A newer failure takes the place of the last one.
      try SimulatedCollection.execute(
        """
        INSERT INTO run (started_at, finished_at, version, arguments)
        VALUES ('2026-07-01T02:30:00Z', '2026-07-01T02:31:00Z', 'test', '');
        UPDATE app SET last_error_at = '2026-07-01T02:30:30Z'
        """, path: path, patience: 5)
      try await Self.prune(archive, afterDays: 92)
      #expect(
        try rows("SELECT count(*) FROM request WHERE id NOT IN (SELECT request FROM refusal)")
          == [["0"]])
    }
  }

  /// A bucket that could not be placed leaves open which of the days around it were zero.
  @Test func `leaves the reason of gaps beside a bucket that could not be placed`() async throws {
    let now = Date("2026-06-10T02:30:00Z")
    let app = Fixtures.steady(from: now.addingTimeInterval(-86_400 * 40), days: 300)
    try await SimulatedCollection.on([app], now: now) { original in
      var collection = original
      collection.settings = CollectorSettings(
        grains: [.day], retentionOffsets: [:], bySource: false, lookBack: 1, deepEvery: 10_000)
      try await collection.archive.enroll(collection.apps, run: 0)
      try await collection.archive.pin(.utc, of: "default", .proved, run: 0)
      collection.server.reconfigure { $0.quirks = .nullTimestamp }
      collection.server.changeRecords(of: Fixtures.appID) { records in
        records.removeAll { (Date("2026-05-20T00:00:00Z")...now).contains($0.time) }
      }
      try await collection.run(at: now)
      let gaps = try collection.rows("SELECT first_date, reason FROM gaps")
      #expect(gaps.allSatisfy { $0[1] == "refused" } && !gaps.isEmpty)
      collection.server.reconfigure { $0.quirks = [] }
      for days in [45, 100, 140] {
        try await collection.run(at: now.addingTimeInterval(86_400 * Double(days)))
      }
      #expect(try collection.rows("SELECT first_date, reason FROM gaps").first == gaps.first)
      let kept = try collection.rows("SELECT run_id, count(*) FROM request GROUP BY run_id")
      #expect(kept.first == ["1", "1"])
      #expect(kept.count == 3)
      #expect(try collection.count("SELECT count(*) FROM refusal") == 1)
      #expect(try collection.count("SELECT requests FROM run WHERE id = 1") > 2)
    }
  }
}
