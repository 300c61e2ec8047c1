import AlmanacCore
import Foundation
import GRDB

extension Archive {
  /// Brings servers, apps and tags to what the configuration says. An app that is no longer in
  /// it keeps its history and is retired, without gaps. A server that has another name now keeps
  /// what was learned of it; see ``ServerRenames``.
  ///
  /// Returns the new names of servers by their old ones.
  ///
  /// - Parameter servers: the servers of the configuration, those without an app too
  @discardableResult
  package func enroll(_ apps: [App], servers: Set<String> = []) async throws -> [String: String] {
    try await write("writing the list of apps") { db in
      let renames = try Self.renames(db, apps, servers)
      try Self.rename(db, renames)
      for app in apps { try Self.enroll(db, app) }
      let present = Set(apps.map(\.id.text))
      let held = try String.fetchAll(db, sql: "SELECT app_id FROM app WHERE retired = 0")
      for gone in held where !present.contains(gone) {
        try db.execute(sql: "UPDATE app SET retired = 1 WHERE app_id = ?", arguments: [gone])
        try db.execute(
          sql: "DELETE FROM gap WHERE app = (SELECT id FROM app WHERE app_id = ?)",
          arguments: [gone])
      }
      return renames
    }
  }

  /// What is known of apps and servers once they are enrolled; writes nothing.
  package func foreseen(
    _ apps: [App], servers: Set<String>
  ) async throws -> (standings: [AppID: Standing], servers: [String: KnownServer]) {
    let renames = try await read("reading the list of apps") { db in
      try Self.renames(db, apps, servers)
    }
    var standings = try await standings()
    for app in apps { standings[app.id]?.want(since: app.since) }
    return (
      standings,
      try await self.servers().reduce(into: [:]) { $0[renames[$1.key] ?? $1.key] = $1.value }
    )
  }

  private static func renames(
    _ db: Database, _ apps: [App], _ servers: Set<String>
  ) throws -> [String: String] {
    let homes = try Record.fetchAll(
      db, sql: "SELECT app.app_id, server.name FROM app JOIN server ON server.id = app.server"
    ).reduce(into: [AppID: String]()) { try $0[$1[0]] = $1[1] }
    let known = try String.fetchSet(db, sql: "SELECT name FROM server")
    return ServerRenames(apps, servers: servers, homes: homes, known: known).names
  }

  private static func rename(_ db: Database, _ names: [String: String]) throws {
    // Two servers may swap names, and no two have one at any time.
    for (old, new) in names {
      try db.execute(
        sql: "UPDATE server SET name = ? WHERE name = ?", arguments: [" \(new)", old])
    }
    for new in names.values {
      try db.execute(
        sql: "UPDATE server SET name = ? WHERE name = ?", arguments: [new, " \(new)"])
    }
  }

  private static func enroll(_ db: Database, _ app: App) throws {
    try db.cachedStatement(sql: "INSERT OR IGNORE INTO server (name) VALUES (?)")
      .execute(arguments: [app.server])
    let before = try Record.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT server.name, since_date FROM app JOIN server ON server.id = app.server
          WHERE app_id = ?
          """), arguments: [app.id.text])
    // An origin found under a limit says nothing of what is older; see `Standing.want`.
    try db.cachedStatement(
      sql: """
        INSERT INTO app (app_id, server, name, since_date)
        VALUES (?1, (SELECT id FROM server WHERE name = ?2), ?3, ?4)
        ON CONFLICT (app_id) DO UPDATE SET server = excluded.server, name = excluded.name,
          retired = 0,
          origin_date = CASE WHEN ifnull(?4, '') < since_date THEN NULL ELSE origin_date END,
          since_date = CASE WHEN ?4 < since_date THEN since_date
            ELSE ifnull(?4, since_date) END
        WHERE server <> excluded.server OR name <> excluded.name OR retired <> 0
          OR since_date IS NOT ?4
        """
    ).execute(arguments: [app.id.text, app.server, app.name, app.since?.description])
    try writeTags(db, app)
    guard let before,
      let now = try Record.fetchOne(
        db.cachedStatement(
          sql: """
            SELECT app.id, server.zone FROM app JOIN server ON server.id = app.server
            WHERE app_id = ?
            """), arguments: [app.id.text])
    else { return }
    let key: Int = try now[0]
    if let since = app.since, try (before[1] as Day?).map({ $0 < since }) ?? true {
      try leaveOut(db, key, before: since)
    }
    if try before[0] != app.server, let zone: BucketZone = try now[1],
      try moveStarts(db, key, zone)
    {
      try beginRecut(db, key)
    }
  }

  private static func writeTags(_ db: Database, _ app: App) throws {
    let tags = try Name.fetchSet(
      db.cachedStatement(
        sql: "SELECT tag FROM app_tag JOIN app ON app.id = app_tag.app WHERE app_id = ?"),
      arguments: [app.id.text])
    guard tags != Set(app.tags) else { return }
    try db.execute(
      sql: "DELETE FROM app_tag WHERE app = (SELECT id FROM app WHERE app_id = ?)",
      arguments: [app.id.text])
    for tag in Set(app.tags).sorted() {
      try db.execute(
        sql: "INSERT INTO app_tag (app, tag) SELECT id, ? FROM app WHERE app_id = ?",
        arguments: [tag, app.id.text])
    }
  }

  /// Has reads begin with the buckets that hold a day. What is older and held stays; what is
  /// missing of it is no gap any more.
  private static func leaveOut(_ db: Database, _ app: Int, before since: Day) throws {
    for (scope, mark) in try watermarks(db, app) {
      if let left = mark.beginning(at: scope.grain.start(of: since)) {
        try writeWatermarks(db, app, [scope: left])
      } else {
        try db.execute(
          sql: """
            DELETE FROM watermark WHERE app = ? AND source = ? AND grain = ? AND "offset" = ?
            """,
          arguments: [app, try sourceKey(db, scope.source), scope.grain.rawValue, scope.offset])
      }
    }
    for grain in Grain.allCases {
      let start = grain.start(of: since).description
      try db.execute(
        sql: "DELETE FROM gap WHERE app = ? AND grain = ? AND last_date < ?",
        arguments: [app, grain.rawValue, start])
      try db.execute(
        sql: "UPDATE gap SET first_date = ?3 WHERE app = ?1 AND grain = ?2 AND first_date < ?3",
        arguments: [app, grain.rawValue, start])
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
