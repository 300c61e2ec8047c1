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
  /// - Parameters:
  ///   - servers: the servers of the configuration, those without an app too
  ///   - run: the run that takes new apps in, and changes the buckets of an app which has come to
  ///     another server
  ///   - rule: applied to an app that has come to a server with another zone
  ///   - retired: applied to each retired app that has open buckets
  @discardableResult
  package func enroll(
    _ apps: [App], servers: Set<String> = [], run: Int, moved rule: ZoneRule? = nil,
    retired: ZoneRule? = nil
  ) async throws -> [String: String] {
    try await write("writing the list of apps") { db in
      let renames = try Self.renames(db, apps, servers)
      try Self.rename(db, renames)
      for app in apps { try Self.enroll(db, app, run, rule) }
      let present = Set(apps.map(\.id.text))
      let held = try String.fetchAll(db, sql: "SELECT app_id FROM app WHERE retired = 0")
      for gone in held where !present.contains(gone) {
        try db.execute(sql: "UPDATE app SET retired = 1 WHERE app_id = ?", arguments: [gone])
        try db.execute(
          sql: "DELETE FROM gap WHERE app = (SELECT id FROM app WHERE app_id = ?)",
          arguments: [gone])
      }
      guard let retired else { return renames }
      let left = try Int.fetchAll(
        db,
        sql: """
          SELECT id FROM app WHERE retired = 1
            AND EXISTS (SELECT 1 FROM bucket WHERE bucket.app = app.id AND state = 'open')
          """)
      for app in left { try Self.apply(db, retired, to: app, run: run) }
      return renames
    }
  }

  /// The new names that servers would get by enrolling, by their old ones; writes nothing.
  package func renames(_ apps: [App], servers: Set<String>) async throws -> [String: String] {
    try await read("reading the list of apps") { db in try Self.renames(db, apps, servers) }
  }

  private static func renames(
    _ db: Database, _ apps: [App], _ servers: Set<String>
  ) throws -> [String: String] {
    let homes = try CheckedRow.fetchAll(
      db, sql: "SELECT app.app_id, server.name FROM app JOIN server ON server.id = app.server"
    ).reduce(into: [AppID: String]()) { try $0[$1[0]] = $1[1] }
    let known = try String.fetchSet(db, sql: "SELECT name FROM server")
    return ServerRenames(apps, servers: servers, homes: homes, known: known).names
  }

  private static func rename(_ db: Database, _ names: [String: String]) throws {
    // Two servers may swap names, but no two may have the same name at any time.
    for (old, new) in names {
      try db.execute(
        sql: "UPDATE server SET name = ? WHERE name = ?", arguments: [" \(new)", old])
    }
    for new in names.values {
      try db.execute(
        sql: "UPDATE server SET name = ? WHERE name = ?", arguments: [new, " \(new)"])
    }
  }

  private static func enroll(_ db: Database, _ app: App, _ run: Int, _ rule: ZoneRule?) throws {
    try db.cachedStatement(sql: "INSERT OR IGNORE INTO server (name) VALUES (?)")
      .execute(arguments: [app.server])
    let before = try CheckedRow.fetchOne(
      db,
      sql: """
        SELECT server.name, server.zone FROM app JOIN server ON server.id = app.server
        WHERE app_id = ?
        """,
      arguments: [app.id.text])
    try db.cachedStatement(
      sql: """
        INSERT INTO app (app_id, server, name, since_date, first_run_id)
        VALUES (?1, (SELECT id FROM server WHERE name = ?2), ?3, ?4,
          (SELECT id FROM run WHERE id = ?5))
        ON CONFLICT (app_id) DO UPDATE SET server = excluded.server, name = excluded.name,
          retired = 0
        WHERE server <> excluded.server OR name <> excluded.name OR retired <> 0
        """
    ).execute(arguments: [app.id.text, app.server, app.name, app.since?.description, run])
    try writeTags(db, app)
    guard let before, try before[0] != app.server,
      let now = try CheckedRow.fetchOne(
        db,
        sql: """
          SELECT app.id, server.zone FROM app JOIN server ON server.id = app.server
          WHERE app_id = ?
          """,
        arguments: [app.id.text]),
      let zone: BucketZone = try now[1], let rule,
      try isCutElsewhere(db, now[0], than: zone, before: before[1])
    else { return }
    try apply(db, rule, to: now[0], run: run)
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
}
