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
      for row in try Row.fetchAll(
        db,
        sql: """
          SELECT id, app_id, origin_date, since_date, first_date, forgotten_date, unproven_date,
            remembered_date, deep_date, remembers_days, recut FROM app
          """)
      {
        guard let id = AppID(row[1] as String) else { continue }
        let day = { (column: Int) in (row[column] as String?).flatMap { Day($0) } }
        ids[row[0]] = id
        var standing = Standing(key: row[0], origin: day(2), since: day(3), first: day(4))
        standing.memory = Memory(
          forgotten: day(5), remembers: row[9], unproven: day(6), remembered: day(7))
        standing.deep = day(8)
        standing.isRecut = row[10]
        standings[id] = standing
      }
      let sources = try Row.fetchAll(
        db,
        sql: """
          SELECT app, source.name, first_date, rejected_at FROM app_source
          JOIN source ON source.id = app_source.source
          """)
      for row in sources {
        guard let id = ids[row[0]], let first = Day(row[2] as String) else { continue }
        standings[id]?.sources[row[1]] = Standing.KnownSource(
          first: first, isRejected: row[3] != nil)
      }
      let watermarks = try Row.fetchAll(
        db,
        sql: """
          SELECT app, source, source.name, grain, "offset", read_from, settled_to, complete_to
          FROM watermark JOIN source ON source.id = watermark.source
          """)
      for row in watermarks {
        guard let id = ids[row[0]], let grain = Grain(rawValue: row[3]) else { continue }
        let source: Source = row[1] == 0 ? .all : .named(row[2])
        standings[id]?.watermarks[Scope(source, grain, offset: row[4])] = Watermark(
          readFrom: Day(number: row[5]), settledTo: Day(number: row[6]),
          completeTo: Day(number: row[7]))
      }
      return standings
    }
  }
}
