import AlmanacCore
import Foundation
import GRDB

/// The numbers of rows that the archive holds of one app.
package struct AppHoldings: Sendable, Equatable {
  package let name: String
  package let server: String
  package let buckets: Int
  /// Rows of figures, for all sources together and for each source.
  package let facts: Int
  package let revisions: Int
  /// Readings of the cumulative numbers.
  package let totals: Int
  package let requests: Int
  /// Stored answers that belong to this app only.
  package let captures: Int
  package let notes: Int
}

extension Archive {
  /// Counts what is held of an app; `nil` for an app that the archive has never heard of.
  package func holdings(of id: AppID) async throws -> AppHoldings? {
    try await read("counting what is held") { db in
      let found = try CheckedRow.fetchOne(
        db,
        sql: """
          SELECT app.id, app.name, server.name FROM app JOIN server ON server.id = app.server
          WHERE app_id = ?
          """, arguments: [id])
      guard let found else { return nil }
      let app: Int = try found[0]
      let count = { (rows: String) in
        try Int.fetchOne(db, sql: "SELECT count(*) FROM \(rows)", arguments: ["app": app]) ?? 0
      }
      let facts = ["user_fact", "chat_fact", "app_fact", "retention_fact", "figure"]
      return try AppHoldings(
        name: found[1], server: found[2], buckets: count("bucket WHERE app = :app"),
        facts: facts.map { try count("\($0) WHERE app = :app") }.reduce(0, +),
        revisions: count("revision WHERE app = :app"),
        totals: count("total_reading WHERE app = :app"),
        requests: count("request WHERE app = :app"),
        captures: count(
          """
          (SELECT DISTINCT capture FROM request AS own WHERE app = :app AND capture IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM request AS other
              WHERE other.capture = own.capture AND other.app <> :app))
          """),
        notes: count("annotation WHERE app = :app"))
    }
  }

  /// Deletes an app with everything that refers to it, in one transaction, and leaves no byte of it
  /// in the file or its log.
  ///
  /// Captures, sources and dates that only it had go with it. So does what was learned of its
  /// server, unless facts of another app rest on that. Runs keep their counts. Returns what was
  /// deleted; `nil` for an app that the archive has never heard of.
  package func remove(_ id: AppID) async throws -> AppHoldings? {
    guard let held = try await holdings(of: id) else { return nil }
    try await writeToDisk("writing the removal of the app \(id)") { db in
      guard
        let row = try CheckedRow.fetchOne(
          db, sql: "SELECT id, server FROM app WHERE app_id = ?", arguments: [id])
      else { return }
      let app: Int = try row[0]
      try db.execute(sql: "PRAGMA secure_delete = ON")
      // Rows that refer to each other can then be deleted in any order.
      try db.execute(sql: "PRAGMA defer_foreign_keys = ON")
      for reference in try Self.references(db, to: "app") {
        try db.execute(sql: "DELETE FROM \(reference.rows)", arguments: [app])
      }
      try Self.forgetArguments(db, app)
      try db.execute(sql: "DELETE FROM app WHERE id = ?", arguments: [app])
      try db.execute(
        sql: """
          DELETE FROM capture
          WHERE id NOT IN (SELECT capture FROM request WHERE capture IS NOT NULL)
          """)
      try Self.forgetSources(db)
      try Self.forget(db, server: row[1])
      try db.execute(
        sql: """
          DELETE FROM calendar WHERE NOT EXISTS (SELECT 1 FROM app CROSS JOIN bucket
            ON bucket.app = app.id AND bucket.grain = calendar.grain AND bucket.day = calendar.day)
          """)
    }
    try await scrub()
    return held
  }

  /// A column that refers to a row of another table.
  private struct Reference {
    let table: String
    /// The rows that refer to one row, as SQL after FROM. The row's key is to be bound.
    let rows: String
  }

  /// The columns that refer to a table. They are read from the schema, so that none of a later
  /// migration is forgotten.
  private static func references(_ db: Database, to table: String) throws -> [Reference] {
    try CheckedRow.fetchAll(
      db,
      sql: """
        SELECT referring.name, key."from" FROM sqlite_master AS referring
        JOIN pragma_foreign_key_list(referring.name) AS key
        WHERE referring.type = 'table' AND key."table" = ? ORDER BY referring.name
        """, arguments: [table]
    ).map { row in
      let name: String = try row[0]
      return Reference(table: name, rows: "\"\(name)\" WHERE \"\(try row[1] as String)\" = ?")
    }
  }

  /// Takes the app's id and name out of the arguments of runs. The runs stay.
  private static func forgetArguments(_ db: Database, _ app: Int) throws {
    try db.execute(
      sql: """
        UPDATE run SET arguments = replace(arguments, app_id, 'removed')
        FROM app WHERE app.id = ? AND instr(arguments, app_id)
        """, arguments: [app])
    try db.execute(
      sql: """
        UPDATE run SET arguments = replace(arguments, '--app ' || name, '--app removed')
        FROM app WHERE app.id = ? AND instr(arguments, '--app ' || name)
          AND NOT EXISTS (SELECT 1 FROM app AS other
            WHERE other.id <> app.id AND substr(other.name, 1, length(app.name)) = app.name)
        """, arguments: [app])
  }

  /// Deletes the sources that no row refers to. Nearly all that stay are found in the first table.
  private static func forgetSources(_ db: Database) throws {
    let references = try references(db, to: "source")
    for source in try Int.fetchAll(db, sql: "SELECT id FROM source WHERE id <> 0") {
      let isUsed = try references.contains { reference in
        try Bool.fetchOne(
          db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM \(reference.rows))"),
          arguments: [source]) ?? false
      }
      if !isUsed { try db.execute(sql: "DELETE FROM source WHERE id = ?", arguments: [source]) }
    }
  }

  /// Forgets what was learned of a server unless facts of another app rest on it: it may have been
  /// learned with the key of another server. If the zone stays, the proofs stay that another app's
  /// activity explains.
  private static func forget(_ db: Database, server: Int) throws {
    let held = try CheckedRow.fetchAll(
      db,
      sql: """
        SELECT bucket.time, bucket.day, ifnull(user_count, 0) > 0 FROM app
        CROSS JOIN bucket ON bucket.app = app.id AND bucket.grain = 0
        LEFT JOIN user_fact ON user_fact.app = app.id AND user_fact.source = 0
          AND user_fact.grain = 0 AND user_fact.day = bucket.day
        WHERE app.server = ?
        """, arguments: [server])
    guard held.isEmpty else {
      let labels = try held.reduce(into: Set<Int>()) { labels, row in
        guard try row[2] else { return }
        // A day is labelled with its own midnight, or with UTC's.
        try labels.insert(row[0, in: .instants] * 1000)
        try labels.insert((row[1] as Day).number * 86_400_000)
      }
      for row in try CheckedRow.fetchAll(
        db,
        sql: """
          SELECT first_instant, last_instant, labels, partial FROM zone_proof WHERE server = ?
          """, arguments: [server])
      {
        let proof = try zoneProof(row)
        guard !labels.isSuperset(of: proof.labels + proof.partial) else { continue }
        try db.execute(
          sql: """
            DELETE FROM zone_proof
            WHERE server = ? AND first_instant = ? AND last_instant = ?
            """,
          arguments: [server, proof.instants.lowerBound, proof.instants.upperBound])
      }
      return
    }
    for reference in try references(db, to: "server") where reference.table != "app" {
      try db.execute(sql: "DELETE FROM \(reference.rows)", arguments: [server])
    }
    try db.execute(
      sql: "UPDATE server SET zone = NULL, zone_origin = NULL WHERE id = ?", arguments: [server])
    try db.execute(
      sql: "DELETE FROM server WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM app WHERE server = ?1)",
      arguments: [server])
  }

  /// Rewrites the file without its free space, where older runs may have left bytes of what they
  /// replaced. Then empties the log.
  private func scrub() async throws {
    let action = "scrubbing the free space of \(path)"
    do {
      try await queue.vacuum()
    } catch {
      throw AlmanacError(
        .unusableArchive, action,
        cause: "\((error as? DatabaseError)?.message ?? "\(error)"); the app is deleted, but bytes "
          + "of it may be left in the file",
        hint: "make room for twice the archive beside it and in the folder for temporary files "
          + "(SQLITE_TMPDIR names one), then run `sqlite3 \(path) VACUUM` and "
          + "`almanac migrate --database \(path)`")
    }
    let isBusy = try await queue.writeWithoutTransaction { db in
      try Bool.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)") ?? false
    }
    guard isBusy else { return }
    throw AlmanacError(
      .unusableArchive, action,
      cause: "another program reads the archive; the app is deleted, but bytes of it are left in "
        + "\(path)-wal",
      hint: "when that program is done, run `almanac migrate --database \(path)`, which empties it")
  }
}
