import AlmanacCore
import Foundation
import GRDB

extension Archive {
  /// Brings servers, apps and tags to what the configuration says. An app that is no longer in
  /// it keeps its history and is retired, without gaps.
  package func enroll(_ apps: [App]) async throws {
    try await write("writing the list of apps") { db in
      for app in apps {
        try db.cachedStatement(sql: "INSERT OR IGNORE INTO server (name) VALUES (?)")
          .execute(arguments: [app.server])
        // An origin found under a later `since` says nothing of what is older.
        try db.cachedStatement(
          sql: """
            INSERT INTO app (app_id, server, name)
            VALUES (?1, (SELECT id FROM server WHERE name = ?2), ?3)
            ON CONFLICT (app_id) DO UPDATE SET server = excluded.server, name = excluded.name,
              retired = 0,
              origin_date = CASE WHEN since_date IS NOT NULL AND ifnull(?4, '') < since_date
                THEN NULL ELSE origin_date END
            WHERE server <> excluded.server OR name <> excluded.name OR retired <> 0
              OR (since_date IS NOT NULL AND ifnull(?4, '') < since_date)
            """
        ).execute(arguments: [app.id.text, app.server, app.name, app.since?.description])
        let tags = try String.fetchSet(
          db.cachedStatement(
            sql: "SELECT tag FROM app_tag JOIN app ON app.id = app_tag.app WHERE app_id = ?"),
          arguments: [app.id.text])
        guard tags != Set(app.tags) else { continue }
        try db.execute(
          sql: "DELETE FROM app_tag WHERE app = (SELECT id FROM app WHERE app_id = ?)",
          arguments: [app.id.text])
        for tag in Set(app.tags).sorted() {
          try db.execute(
            sql: "INSERT INTO app_tag (app, tag) SELECT id, ? FROM app WHERE app_id = ?",
            arguments: [tag, app.id.text])
        }
      }
      let present = Set(apps.map(\.id.text))
      let held = try String.fetchAll(db, sql: "SELECT app_id FROM app WHERE retired = 0")
      for gone in held where !present.contains(gone) {
        try db.execute(sql: "UPDATE app SET retired = 1 WHERE app_id = ?", arguments: [gone])
        try db.execute(
          sql: "DELETE FROM gap WHERE app = (SELECT id FROM app WHERE app_id = ?)",
          arguments: [gone])
      }
    }
  }

  /// What is known of each of some apps; those that the archive has never heard of are absent.
  package func standings() async throws -> [AppID: Standing] {
    try await read("reading what is known of the apps") { db in
      var standings: [AppID: Standing] = [:]
      var ids: [Int: AppID] = [:]
      for row in try Record.fetchAll(
        db,
        sql: """
          SELECT id, app_id, origin_date, since_date, first_date, forgotten_date, unproven_date,
            remembered_date, deep_date, remembers_days, recut FROM app
          """)
      {
        let id: AppID = try row[1]
        try ids[row[0]] = id
        var standing = try Standing(key: row[0], origin: row[2], since: row[3], first: row[4])
        standing.memory = try Memory(
          forgotten: row[5], remembers: row[9, in: 0...ClosedRange.days.upperBound],
          unproven: row[6], remembered: row[7])
        standing.deep = try row[8]
        standing.isRecut = try row[10]
        standings[id] = standing
      }
      let sources = try Record.fetchAll(
        db,
        sql: """
          SELECT app, source.name, first_date, rejected_at FROM app_source
          JOIN source ON source.id = app_source.source
          """)
      for row in sources {
        guard let id = try ids[row[0]] else { continue }
        let rejectedAt: String? = try row[3]
        try standings[id]?.sources[row[1]] = Standing.KnownSource(
          first: row[2], isRejected: rejectedAt != nil)
      }
      let watermarks = try Record.fetchAll(
        db,
        sql: """
          SELECT source, source.name, grain, "offset", read_from, settled_to, complete_to, app
          FROM watermark JOIN source ON source.id = watermark.source
          """)
      for row in watermarks {
        guard let id = try ids[row[7]] else { continue }
        let (scope, watermark) = try Self.watermark(row)
        standings[id]?.watermarks[scope] = watermark
      }
      return standings
    }
  }
}
