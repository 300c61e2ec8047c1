import AlmanacCore
import Foundation
import GRDB
import Testing

@testable import AlmanacStore

@Suite struct `The schema` {
  private static let folder = URL(filePath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
    .appending(path: "migrations")

  @Test func `in the binary is that of the folder, file by file`() throws {
    let names = try FileManager.default.contentsOfDirectory(
      atPath: Self.folder.path(percentEncoded: false)
    ).sorted()
    #expect(Schema.migrations.map(\.name) == names)
    for migration in Schema.migrations {
      let text = try String(
        contentsOf: Self.folder.appending(path: migration.name), encoding: .utf8)
      #expect(migration.sql == text, "\(migration.name)")
    }
  }

  @Test func `has its migrations numbered from 1 without holes, as their names say`() {
    for (index, migration) in Schema.migrations.enumerated() {
      #expect(migration.number == index + 1)
      #expect(migration.name.hasPrefix("\(String(10_000 + index + 1).dropFirst())_"))
    }
  }

  /// CRC-32 bit by bit, without zlib.
  @Test func `is recorded in the file with each checksum`() async throws {
    let fixture = try await ArchiveFixture()
    let wanted = Schema.migrations.map { migration -> [String?] in
      var crc: UInt32 = 0xFFFF_FFFF
      for byte in migration.sql.utf8 {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
      }
      return [String(migration.number), migration.name, String(~crc)]
    }
    let held = try fixture.rows("SELECT number, name, checksum FROM schema_migration")
    #expect(held == wanted)
    #expect(try fixture.count("PRAGMA user_version") == wanted.count)
    #expect(try fixture.count("PRAGMA application_id") == 0x416C_6D61)
  }

  @Test func `is not touched by opening the file again`() async throws {
    try await inFolder { folder in
      let path = folder + "/almanac.db"
      let before = try await ArchiveFixture(Archive.openForWriting(path: path)).dump()
      let version = try Archive.schemaVersion(path: path)
      let archive = try Archive.openForWriting(path: path)
      let after = try await ArchiveFixture(archive).dump()
      #expect(before == after)
      #expect(version == Schema.migrations.count)
      #expect(!before.isEmpty)
    }
  }

  @Test(arguments: 1..<Schema.migrations.count)
  func `of an older almanac is brought up to date by a writer`(version: Int) async throws {
    try await inFolder { folder in
      let path = folder + "/almanac.db"
      try Self.makeOld(path, version)
      let archive = try Archive.openForWriting(path: path)
      let fixture = try await ArchiveFixture(archive)
      let new = try await ArchiveFixture()
      let sql = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
      #expect(try fixture.rows(sql) == new.rows(sql))
      #expect(try fixture.count("PRAGMA user_version") == Schema.migrations.count)
    }
  }

  /// A file as an almanac that knew so many migrations would have left it.
  static func makeOld(_ path: String, _ version: Int = 1) throws {
    let queue = try DatabaseQueue(path: path)
    try queue.write { db in
      try db.execute(sql: "PRAGMA application_id = \(0x416C_6D61)")
      try db.execute(
        sql: """
          CREATE TABLE schema_migration (
            number INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            checksum INTEGER NOT NULL,
            applied_at TEXT NOT NULL
          ) STRICT
          """)
      try db.execute(sql: "PRAGMA legacy_alter_table = ON")
      for migration in Schema.migrations.prefix(version) {
        try db.execute(sql: migration.sql)
        try db.execute(
          sql: "INSERT INTO schema_migration VALUES (?, ?, ?, '2026-01-01T00:00:00Z')",
          arguments: [migration.number, migration.name, migration.checksum])
      }
      try db.execute(sql: "PRAGMA user_version = \(version)")
    }
    try queue.close()
  }

  @Test func `has the catalogue of metrics in a table, and mends it`() async throws {
    let wanted = Metric.catalogue.map { metric -> [String?] in
      [
        metric.name, metric.unit, metric.formula, metric.sqlExpression,
        metric.overTime.rawValue, metric.overApps.rawValue, metric.overSources.rawValue,
        metric.description,
      ]
    }
    try await inFolder { folder in
      let path = folder + "/almanac.db"
      let first = try await ArchiveFixture(Archive.openForWriting(path: path))
      #expect(try first.rows("SELECT * FROM metric_catalog") == wanted)
      try await first.archive.queue.write { db in
        try db.execute(sql: "UPDATE metric SET formula = 'old' WHERE position = 3")
        try db.execute(sql: "DELETE FROM metric WHERE position = 5")
      }
      let second = try await ArchiveFixture(Archive.openForWriting(path: path))
      #expect(try second.rows("SELECT * FROM metric_catalog") == wanted)
    }
  }

  @Test func `lets nothing in that no answer could say`() async throws {
    let fixture = try await ArchiveFixture()
    let run = try await fixture.run()
    try await fixture.write(fixture.belief([bucket("2026-03-02", [.userCount: 1])]))
    let day = day("2026-03-02").number
    let users = "INSERT INTO user_fact (app, source, grain, day, user_count, run_id) VALUES"
    let chats =
      "INSERT INTO chat_fact (app, source, grain, day, chat_count, changed_run_id) VALUES"
    let buckets = """
      INSERT INTO bucket (app, grain, day, time, state, by_source, complete_run_id, changed_run_id)
      VALUES
      """
    let cohorts = """
      INSERT INTO retention_fact (app, source, grain, day, "offset", base, cohort_users,
        retention_user_count, answered_count, mature, changed_run_id) VALUES
      """
    let changes = """
      INSERT INTO state_change (app, grain, day, run_id, step, old_state, new_state) VALUES
      """
    let good = [
      "\(users) (1, 0, 0, 1, 1, \(run))", "\(chats) (1, 0, 0, 1, 1, \(run))",
      "UPDATE bucket SET state = 'settling'", "UPDATE bucket SET state = 'partial'",
      "\(cohorts) (1, 0, 0, 1, 1, 'users', 5, 3, 3, 1, \(run))",
      "\(cohorts) (1, 0, 0, 1, 2, NULL, 5, NULL, 3, 1, \(run))",
      "\(changes) (1, 0, 1, \(run), 0, 'open', 'settling')",
      "\(changes) (1, 0, 1, \(run), 1, 'open', NULL)",
      // A retired app was not read after the end of the bucket.
      "UPDATE bucket SET complete_run_id = NULL WHERE state = 'partial'",
    ]
    for sql in good { try await fixture.archive.queue.write { db in try db.execute(sql: sql) } }
    let bad = [
      "\(users) (1, 0, 0, 2, -1, \(run))", "\(users) (1, 0, 0, 2, 1, NULL)",
      "\(chats) (1, 0, 0, 2, -1, \(run))", "\(chats) (1, 0, 0, 2, 'many', \(run))",
      "\(chats) (1, 0, 9, 2, 1, \(run))", "\(chats) (99, 0, 0, 2, 1, \(run))",
      "\(chats) (1, 0, 0, 2, 1, 99)", "\(chats) (1, 0, 0, 2, 1, NULL)",
      "\(buckets) (1, 0, 1, 86400, 'open', 0, NULL, \(run))",
      "\(buckets) (1, 1, \(day), 1, 'closed', 0, \(run), \(run))",
      "\(buckets) (1, 1, \(day), 1, 'open', 0, \(run), \(run))",
      "\(buckets) (1, 1, \(day), 1, 'settled', 0, NULL, \(run))",
      "UPDATE bucket SET state = 'settled'",
      "UPDATE bucket SET state = 'open', complete_run_id = 1",
      "\(cohorts) (1, 0, 0, 2, 1, 'users', 5, 3, 3, 0, \(run))",
      "\(cohorts) (1, 0, 0, 2, 0, 'users', 5, 3, 3, 1, \(run))",
      "\(cohorts) (1, 0, 0, 2, 1, 'users', 5, 3, 4, 1, \(run))",
      "\(cohorts) (1, 0, 0, 2, 1, 'some', 5, 3, 3, 1, \(run))",
      "\(changes) (1, 0, 2, \(run), 0, 'open', 'open')",
      "\(changes) (1, 0, 2, \(run), 0, NULL, 'open')",
      "\(changes) (1, 0, 2, \(run), -1, 'open', 'settled')",
      "INSERT INTO archive VALUES (2, lower(hex(randomblob(16))), 1)",
      "UPDATE run SET uid = 'short'",
      "INSERT INTO run (uid, started_at, version, arguments) SELECT uid, '', '', '' FROM run",
      "INSERT INTO calendar VALUES (0, '2026-02-30', 20514)",
      "INSERT INTO app_source VALUES (1, 0, '2026-01-01', NULL)",
      "INSERT INTO gap VALUES (1, 0, '2026-01-02', '2026-01-01', 'failed')",
      "INSERT INTO read_progress VALUES (1, 0, 0, 0, 5, 4, 6)",
      "INSERT INTO app (app_id, server, name) VALUES ('short', 1, 'x')",
    ]
    for sql in bad {
      await #expect(throws: DatabaseError.self, "\(sql)") {
        try await fixture.archive.queue.write { db in try db.execute(sql: sql) }
      }
    }
  }
}
