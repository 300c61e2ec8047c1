import AlmanacCore
import CZlib
import Foundation
import GRDB

/// The schema of the archive, as the files in `migrations` make it.
package enum Schema {
  /// One file of `migrations`.
  package struct Migration: Sendable {
    /// The number of the migration, counted from 1 without a hole.
    package let number: Int
    /// The file's name.
    package let name: String
    package let sql: String

    /// The CRC-32 of the file's bytes.
    package var checksum: Int { Schema.checksum(Array(sql.utf8)) }
  }

  /// The mark of an SQLite file that is an archive of almanac: `Alma` in ASCII.
  static let applicationID = 0x416C_6D61
  /// The mark of a backup of one, which alone a later backup may replace: `Almb`.
  static let backupID = 0x416C_6D62
  /// The mark of a snapshot for other tools, which alone a later snapshot may replace: `Alms`.
  static let snapshotID = 0x416C_6D73
  /// That of a demo's, which replaces no other: `Almt`.
  static let demoSnapshotID = 0x416C_6D74

  /// Every migration, oldest first. Released ones are never edited.
  package static let migrations: [Migration] = [
    (PackageResources._001_create_archive_sql, "0001_create_archive.sql"),
    (PackageResources._002_create_views_sql, "0002_create_views.sql"),
    (PackageResources._003_rewrite_archive_sql, "0003_rewrite_archive.sql"),
    (PackageResources._004_recreate_views_sql, "0004_recreate_views.sql"),
    (PackageResources._005_add_server_generation_sql, "0005_add_server_generation.sql"),
    (PackageResources._006_compare_states_sql, "0006_compare_states.sql"),
    (PackageResources._007_add_backup_sql, "0007_add_backup.sql"),
    (PackageResources._008_add_first_run_sql, "0008_add_first_run.sql"),
  ].enumerated().map { index, file in
    Migration(number: index + 1, name: file.1, sql: String(decoding: file.0, as: UTF8.self))
  }

  static func checksum(_ bytes: [UInt8]) -> Int {
    bytes.withUnsafeBufferPointer { Int(crc32(0, $0.baseAddress, UInt32($0.count))) }
  }

  /// Refuses a file that is not an archive of this almanac or an older one.
  static func check(_ db: Database, _ action: String, _ path: String, maySet: Bool) throws {
    let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
    if application != applicationID, application != backupID {
      guard maySet, application == 0, tables == 0 else {
        guard tables > 0 else { throw emptiness(action) }
        if [snapshotID, demoSnapshotID].contains(application) {
          throw AlmanacError(
            .unusableArchive, action, cause: "it is a snapshot for other tools, and no archive",
            hint: "name the archive that it was made of with --database")
        }
        throw AlmanacError(
          .unusableArchive, action, cause: "it is a database of another program",
          hint: "it was left as it is; name another file with --database")
      }
      return
    }
    let version = try version(db)
    guard version <= migrations.count else {
      throw AlmanacError(
        .unusableArchive, action,
        cause: "it is of a newer almanac (schema \(version), this one knows \(migrations.count))",
        hint: "install the newer almanac; the file was left as it is")
    }
    let applied = try CheckedRow.fetchAll(
      db, sql: "SELECT number, name, checksum FROM schema_migration ORDER BY number")
    for row in applied {
      let number: Int = try row[0]
      guard let migration = migrations.first(where: { $0.number == number }),
        try migration.checksum == row[2]
      else {
        let name: String = try row[1]
        throw AlmanacError(
          .unusableArchive, action,
          cause: "its migration \(name) is not the one that this almanac has",
          hint: "use the almanac that wrote the file")
      }
    }
    guard maySet || version == migrations.count else {
      throw AlmanacError(
        .unusableArchive, action,
        cause: "its schema is older (\(version), this almanac wants \(migrations.count))",
        hint: "run `almanac migrate --database \(path)`")
    }
  }

  /// The error for a file that has nothing of an archive yet.
  static func emptiness(_ action: String) -> AlmanacError {
    AlmanacError(
      .unusableArchive, action, cause: "it is empty",
      hint: "run `almanac collect` first, or name the file with --database")
  }

  /// Whether a file has the mark of a backup.
  static func isBackup(_ db: Database) throws -> Bool {
    try Int.fetchOne(db, sql: "PRAGMA application_id") == backupID
  }

  static func version(_ db: Database) throws -> Int {
    try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
  }

  /// Applies what is missing and writes the catalogue of metrics anew, in one transaction.
  static func migrate(_ queue: DatabaseQueue) throws {
    try queue.write { db in
      let version = try version(db)
      if version == 0 {
        try db.execute(sql: "PRAGMA application_id = \(applicationID)")
        try db.execute(
          sql: """
            CREATE TABLE schema_migration (
              number INTEGER PRIMARY KEY,
              name TEXT NOT NULL,
              checksum INTEGER NOT NULL,
              applied_at TEXT NOT NULL
            ) STRICT
            """)
      }
      // A table that was copied need not be overwritten where it was: its rows are kept.
      let erases = try Int.fetchOne(db, sql: "PRAGMA secure_delete") ?? 0
      try db.execute(sql: "PRAGMA secure_delete = OFF")
      // A view of the user's own may name a table that is not there meanwhile.
      try db.execute(sql: "PRAGMA legacy_alter_table = ON")
      defer { try? db.execute(sql: "PRAGMA legacy_alter_table = OFF") }
      for migration in migrations where migration.number > version { try apply(migration, db) }
      try db.execute(sql: "PRAGMA secure_delete = \(erases)")
      try writeCatalogue(db)
    }
  }

  private static func apply(_ migration: Migration, _ db: Database) throws {
    try db.execute(sql: migration.sql)
    try db.execute(
      sql: """
        INSERT INTO schema_migration (number, name, checksum, applied_at)
        VALUES (?, ?, ?, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
        """,
      arguments: [migration.number, migration.name, migration.checksum])
    // The number is ours, and a pragma takes no argument.
    try db.execute(sql: "PRAGMA user_version = \(migration.number)")
  }

  /// Writes the catalogue of metrics into the table `metric`, unless the table holds it already.
  private static func writeCatalogue(_ db: Database) throws {
    let wanted = Metric.catalogue.enumerated().map { position, metric in
      [
        String(position), metric.name, metric.unit ?? "", metric.formula ?? "",
        metric.sqlExpression ?? "",
        metric.overTime.rawValue, metric.overApps.rawValue, metric.overSources.rawValue,
        metric.description,
      ]
    }
    let held = try CheckedRow.fetchAll(
      db,
      sql: """
        SELECT CAST(position AS TEXT), name, unit, formula, ifnull(sql_expression, ''),
          over_time, over_apps, over_sources, description
        FROM metric ORDER BY position
        """
    ).map { row in row.values.map { String.fromDatabaseValue($0) ?? "" } }
    guard held != wanted else { return }
    try db.execute(sql: "DELETE FROM metric")
    for (position, metric) in Metric.catalogue.enumerated() {
      try db.execute(
        sql: """
          INSERT INTO metric (position, name, unit, formula, sql_expression, over_time, over_apps,
            over_sources, description)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          position, metric.name, metric.unit, metric.formula, metric.sqlExpression,
          metric.overTime.rawValue, metric.overApps.rawValue, metric.overSources.rawValue,
          metric.description,
        ])
    }
  }
}
