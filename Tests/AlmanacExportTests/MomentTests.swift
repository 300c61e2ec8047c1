import AlmanacCore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import GRDB
import Testing

@testable import AlmanacExport
@testable import AlmanacStore

@Suite struct `A moment of the archive` {
  @Test func `has every public view, and a key that tells its rows apart`() async throws {
    try await ExportedArchive.with { exported in
      let moment = try exported.moment()
      let views = try exported.collection.rows(
        """
        SELECT name FROM sqlite_master WHERE type = 'view' AND name NOT LIKE 'bucket_figures%'
        """)
      #expect(Set(views.map { $0[0] }) == Set(moment.tables.map(\.name)))
      for table in moment.tables where !table.key.isEmpty && !table.isNumbered {
        let key = table.key.map { "\"\($0)\"" }.joined(separator: ", ")
        let double = try exported.collection.rows(
          "SELECT \(key) FROM \(table.name) GROUP BY \(key) HAVING count(*) > 1")
        #expect(double.isEmpty, "\(table.name)")
        for name in table.key { #expect(table.column(name) != nil, "\(table.name).\(name)") }
      }
    }
  }

  @Test func `stays the same while runs go on`() async throws {
    try await ExportedArchive.with { exported in
      let moment = try exported.moment()
      let table = try #require(moment.tables.first { $0.name == "daily" })
      let count = {
        var count = 0
        try moment.forEachRow(of: table) { _ in count += 1 }
        return count
      }
      let before = try count()
      #expect(before > 0)
      try await exported.collection.run(at: Date("2026-01-07T02:00:00Z"))
      #expect(try count() == before)
      #expect(try exported.moment().mark.run == 2)
      #expect(moment.mark.run == 1)
    }
  }

  @Test func `gives the rows of an app as its views do`() async throws {
    try await ExportedArchive.with { exported in
      // Not all tables have a row of each bucket.
      try exported.collection.archive.queue.write { db in
        try db.execute(
          sql: """
            DELETE FROM chat_fact WHERE day % 3 = 0;
            DELETE FROM app_fact WHERE day % 5 = 0;
            DELETE FROM retention_fact WHERE "offset" = 1 AND day % 2 = 0;
            DELETE FROM bucket WHERE day % 7 = 0;
            DELETE FROM user_fact WHERE day % 11 = 0;
            """)
      }
      let moment = try exported.moment()
      for table in moment.tables where table.isByApp {
        let texts = { (part: ArchiveMoment.Part, isOrdered: Bool) in
          var texts: [[String?]] = []
          try moment.forEachRow(of: table, part, isOrdered: isOrdered) { row in
            texts.append(table.columns.indices.map { row.isNull($0) ? nil : row.text($0) })
          }
          return texts.map(\.description).sorted()
        }
        for app in moment.apps {
          #expect(try texts(.app(app), false) == texts(.app(app), true), "\(table.name)")
        }
      }
      let daily = try exported.collection.rows("SELECT count(*) FROM daily_by_source")
      #expect(daily != [["0"]])
    }
  }

  @Test func `tells all that differs since a run, and nothing else`() async throws {
    try await ExportedArchive.with { exported in
      let collection = exported.collection
      let whole = try exported.moment()
      #expect(try whole.changes(since: 1).buckets.isEmpty)
      let held = try Self.lines(whole)
      collection.server.changeRecords(of: Fixtures.appID) {
        $0.append(
          Fixtures.record("new", Date("2026-01-03T10:00:00Z"), source: "web", messages: 8))
      }
      try await collection.run(at: Date("2026-01-05T09:00:00Z"))
      let now = try exported.moment()
      let changes = try now.changes(since: 1)
      let touched = Set(
        changes.buckets.flatMap { change in
          change.dates.map { "\(change.app) \(change.grain.name) \($0)" }
        })
      let differing = try Self.lines(now).subtracting(held).union(held.subtracting(Self.lines(now)))
      #expect(!differing.isEmpty)
      #expect(Set(differing.map(\.bucket)).isSubset(of: touched))
      #expect(touched.contains("\(Fixtures.appID) day 2026-01-03"))
      #expect(!touched.contains { $0.hasPrefix(Fixtures.otherID) && $0.hasSuffix("2026-01-02") })
      #expect(!changes.withdrawsRevisions && changes.newApps.isEmpty)
    }
  }

  private struct Line: Hashable {
    let bucket: String
    let text: String
  }

  /// The rows of all views that have buckets.
  private static func lines(_ moment: ArchiveMoment) throws -> Set<Line> {
    var lines: Set<Line> = []
    for table in moment.tables {
      guard case .withBucket(let grain) = table.change else { continue }
      let places = table.columns.enumerated().reduce(into: [:]) { $0[$1.element.name] = $1.offset }
      try moment.forEachRow(of: table) { row in
        let texts = table.columns.indices.map { row.isNull($0) ? "" : row.text($0) }
        let name = grain?.name ?? texts[places["grain"] ?? 0]
        lines.insert(
          Line(
            bucket: "\(texts[0]) \(name) \(texts[places["date"] ?? 0])",
            text: table.name + texts.joined(separator: "|")))
      }
    }
    return lines
  }

  @Test func `knows an app that was removed and has come back for a new one`() async throws {
    try await ExportedArchive.with { exported in
      let collection = exported.collection
      _ = try await collection.archive.remove(try #require(AppID(Fixtures.otherID)))
      try await collection.run(at: Date("2026-01-05T09:00:00Z"))
      #expect(try exported.moment().changes(since: 1).newApps == [Fixtures.otherID])
    }
  }

  @Test func `has another archive's id after a restore`() async throws {
    try await ExportedArchive.with { exported in
      let (path, now) = (exported.collection.path, Date("2026-01-05T10:00:00Z"))
      let before = try exported.moment().mark
      _ = try Archive.backUp(path, to: exported.path("copy.db"), at: now)
      #expect(try exported.moment().mark == before)
      _ = try Archive.restore(exported.path("again.db"), from: exported.path("copy.db"), at: now)
      let restored = try ArchiveMoment(of: exported.path("again.db")).mark
      #expect(restored.archive != before.archive && restored.runID == before.runID)
      // A backup that is written to is one no longer, so it may go another way.
      _ = try Archive.openForWriting(path: exported.path("copy.db"))
      #expect(try ArchiveMoment(of: exported.path("copy.db")).mark.archive != before.archive)
    }
  }
}
