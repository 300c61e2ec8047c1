import AlmanacCore
import Foundation
import GRDB

extension Archive {
  /// The way in which a bucket zone became known.
  package enum ZoneOrigin: String, Sendable {
    /// The server's answers prove it.
    case proved
    /// The configuration names it, and activity could not decide it.
    case configured
    /// It is the likeliest zone that no answer disproved.
    case assumed
  }

  /// How a server takes the offset in the text of an instant.
  package enum ZoneKind: String, Sendable {
    /// It cuts its days where the text says.
    case asked
    /// It cuts its days in a zone of its own, whatever the text says.
    case own
    /// It refuses a text with another offset than `Z`, and cuts its days in a zone of its own.
    case refusing
  }

  /// The knowledge of one server.
  package struct KnownServer: Sendable {
    /// The name that the archive has.
    package let name: String
    package var zone: BucketZone?
    package var zoneOrigin: ZoneOrigin?
    package var zoneProofs: [ZoneProof]
    /// `nil` until the server has shown it.
    package var zoneKind: ZoneKind?
    package var base: ServerBase
  }

  /// The servers by name.
  package func servers() async throws -> [String: KnownServer] {
    try await read("reading what is known of the servers") { db in
      var servers: [String: KnownServer] = [:]
      for row in try CheckedRow.fetchAll(
        db,
        sql: """
          SELECT id, name, zone, zone_origin, zone_kind, retention_base, base_is_proved,
            base_is_doubted
          FROM server
          """)
      {
        let server: Int = try row[0]
        let proofs = try CheckedRow.fetchAll(
          db,
          sql: """
            SELECT first_instant, last_instant, labels, partial FROM zone_proof WHERE server = ?
            """, arguments: [server])
        let name: String = try row[1]
        servers[name] = try KnownServer(
          name: name, zone: row[2], zoneOrigin: row[3], zoneProofs: proofs.map(Self.zoneProof),
          zoneKind: row[4],
          base: ServerBase(base: row[5], isProved: row[6], isDoubted: row[7]))
      }
      return servers
    }
  }

  /// Writes how a server takes the offset in the text of an instant. The proofs of its zone go
  /// where days begin to be cut in another way, since labels may change with that.
  package func write(_ kind: ZoneKind, of server: String) async throws {
    try await write("writing the kind of the bucket zone") { db in
      let sides = [kind.rawValue, ZoneKind.asked.rawValue, server]
      try db.execute(
        sql: """
          DELETE FROM zone_proof WHERE server = (SELECT id FROM server
            WHERE (?1 = ?2) <> ifnull(zone_kind = ?2, 0) AND name = ?3)
          """, arguments: StatementArguments(sides))
      try db.execute(
        sql: "UPDATE server SET zone_kind = ?1 WHERE name = ?2 AND zone_kind IS NOT ?1",
        arguments: [kind.rawValue, server])
    }
  }

  /// Writes what a server's retention is a share of.
  ///
  /// - Parameter rule: applied to each of the server's apps
  package func write(
    _ base: ServerBase, of server: String, run: Int, rule: ZoneRule? = nil
  ) async throws {
    try await write("writing the base of retention") { db in
      try db.execute(
        sql: """
          UPDATE server SET retention_base = ?, base_is_proved = ?, base_is_doubted = ?
          WHERE name = ?
          """, arguments: [base.base?.rawValue, base.isProved, base.isDoubted, server])
      guard let rule else { return }
      for app in try Self.apps(db, of: server) { try Self.apply(db, rule, to: app, run: run) }
    }
  }

  /// Whether the archive holds retention of a server that is not known to be a share of a base.
  package func holdsRetention(
    of server: String, otherThan base: RetentionBase
  ) async throws -> Bool {
    try await read("reading the base of retention") { db in
      try Bool.fetchOne(
        db,
        sql: """
          SELECT EXISTS (SELECT 1 FROM server JOIN app ON app.server = server.id
            CROSS JOIN retention_fact ON retention_fact.app = app.id
            WHERE server.name = ? AND base IS NOT ?)
          """, arguments: [server, base.rawValue]) ?? false
    }
  }

  private static func apps(_ db: Database, of server: String) throws -> [Int] {
    try Int.fetchAll(
      db,
      sql: "SELECT app.id FROM app JOIN server ON server.id = app.server WHERE server.name = ?",
      arguments: [server])
  }

  static func zoneProof(_ row: CheckedRow) throws -> ZoneProof {
    let first = try row[0, in: .instants]
    let last = try row[1, in: first...ClosedRange.instants.upperBound]
    return try ZoneProof(
      instants: first...last, labels: Set(numbers(row[2], "labels")),
      partial: Set(numbers(row[3], "partial")))
  }

  private static func numbers(_ text: String, _ column: String) throws -> [Int] {
    try text.split(separator: ",").map { word in
      guard let number = Int(word), ClosedRange.instants.contains(number) else {
        throw DatabaseError.unusable(text.databaseValue, column: column)
      }
      return number
    }
  }

  /// The first instants of all active days that are held of a server's apps, in Unix seconds. Each
  /// was a label once, and a zone of the server must agree with it; the start of a day without
  /// activity was only computed.
  package func activeDayStarts(of server: String) async throws -> Set<Int> {
    try await read("reading the starts of days") { db in
      try CheckedRow.fetchAll(
        db,
        sql: """
          SELECT DISTINCT bucket.time FROM server
          JOIN app ON app.server = server.id
          JOIN bucket ON bucket.app = app.id AND bucket.grain = 0
          JOIN user_fact ON user_fact.app = app.id AND user_fact.source = 0
            AND user_fact.grain = 0 AND user_fact.day = bucket.day
          WHERE server.name = ? AND user_fact.user_count > 0
          """, arguments: [server]
      ).reduce(into: []) { try $0.insert($1[0, in: .instants]) }
    }
  }

  /// The labels of a server's buckets that were refused since they start no bucket of the zone in
  /// which they were read.
  package func refusedLabels(of server: String) async throws -> Set<BucketLabel> {
    try await read("reading the refused timestamps") { db in
      try CheckedRow.fetchAll(
        db,
        sql: """
          SELECT DISTINCT refusal.grain, refusal.label FROM server
          JOIN app ON app.server = server.id
          CROSS JOIN refusal ON refusal.app = app.id
          WHERE server.name = ? AND refusal.date IS NULL AND refusal.label BETWEEN ? AND ?
          """,
        arguments: [
          server, ClosedRange.instants.lowerBound, ClosedRange.instants.upperBound,
        ]
      ).reduce(into: []) { try $0.insert(BucketLabel($1[0], $1[1])) }
    }
  }

  /// Days of a server with the most messages since one, the busiest app first, each app once.
  package func busiestDays(
    of server: String, since: Day
  ) async throws -> [(app: AppID, day: Day, messages: Double)] {
    try await read("reading the busiest days") { db in
      try CheckedRow.fetchAll(
        db,
        sql: """
          SELECT app.app_id, bucket.day, max(chat_item_count) FROM server
          JOIN app ON app.server = server.id AND app.retired = 0
          CROSS JOIN bucket ON bucket.app = app.id AND bucket.grain = 0
            AND bucket.day >= ? AND bucket.state IN ('settling', 'settled')
          CROSS JOIN chat_fact ON chat_fact.app = app.id AND chat_fact.source = 0
            AND chat_fact.grain = 0 AND chat_fact.day = bucket.day
          WHERE server.name = ? AND chat_item_count > 0
          GROUP BY app.id ORDER BY 3 DESC, app.app_id
          """, arguments: [since.number, server]
      ).map { row in try (row[0], row[1], row[2]) }
    }
  }

  /// The rule by which an app's past is read again once its server has another zone. It gets what
  /// is known of the app, its open buckets, and the oldest day with a timestamp that started no
  /// bucket in the earlier zone; it returns the changes.
  package typealias ZoneRule =
    @Sendable (AppKnowledge, _ open: [Bucket], _ oldestUnplaced: Day?) -> Changes

  /// Writes the zone of a server and its proofs. Where the past is not cut anew, the starts of
  /// buckets are those that they have in it.
  ///
  /// - Parameters:
  ///   - isRecut: whether the server cuts its past in another zone than before; its earlier proofs
  ///     are then deleted, since they tell of the old zone
  ///   - run: the run that changes the buckets
  ///   - rule: applied to each of the server's apps if its zone changes
  package func pin(
    _ zone: BucketZone, of server: String, _ origin: ZoneOrigin, proofs: [ZoneProof] = [],
    isRecut: Bool = false, run: Int, rule: ZoneRule? = nil
  ) async throws {
    try await write("writing the bucket zone") { db in
      let old = try String.fetchOne(
        db, sql: "SELECT zone FROM server WHERE name = ?", arguments: [server])
      try db.execute(
        sql: "UPDATE server SET zone = ?, zone_origin = ? WHERE name = ?",
        arguments: [zone.identifier, origin.rawValue, server])
      if isRecut {
        try db.execute(
          sql: "DELETE FROM zone_proof WHERE server = (SELECT id FROM server WHERE name = ?)",
          arguments: [server])
      }
      try Self.insert(db, proofs, of: server)
      for app in try Self.apps(db, of: server) {
        if !isRecut, let old = old.flatMap({ BucketZone(identifier: $0) }) {
          try Self.moveStarts(db, app, from: old, to: zone, run: run)
        }
        if let rule, isRecut || old != zone.identifier {
          try Self.apply(db, rule, to: app, run: run)
        }
      }
    }
  }

  static func apply(_ db: Database, _ rule: ZoneRule, to app: Int, run: Int) throws {
    guard let known = try knowledge(db, of: app)[app] else { return }
    let open = try CheckedRow.fetchAll(
      db, sql: "SELECT grain, day FROM bucket WHERE app = ? AND state = 'open'", arguments: [app]
    ).map { row in try Bucket(row[0], holding: row[1]) }
    let changes = rule(known, open, try oldestUnplaced(db, app))
    try apply(db, changes, run: run, at: Date())
  }

  /// The oldest day of an app that was asked for and answered with a timestamp that starts no
  /// bucket.
  private static func oldestUnplaced(_ db: Database, _ app: Int) throws -> Day? {
    try CheckedRow.fetchOne(
      db,
      sql: """
        SELECT min(request.first_date) FROM refusal JOIN request ON request.id = refusal.request
        WHERE refusal.app = ? AND refusal.date IS NULL AND refusal.label IS NOT NULL
        """, arguments: [app]
    )?[0]
  }

  /// Keeps a proof that agrees with the zone. Of very many proofs only the newest stay.
  package func keep(_ proof: ZoneProof, of server: String) async throws {
    try await write("writing a proof of the bucket zone") { db in
      try Self.insert(db, [proof], of: server)
      try db.execute(
        sql: """
          DELETE FROM zone_proof WHERE server = (SELECT id FROM server WHERE name = ?)
            AND last_instant < (SELECT last_instant FROM zone_proof AS newer
              WHERE newer.server = zone_proof.server
              ORDER BY last_instant DESC LIMIT 1 OFFSET 800)
          """, arguments: [server])
    }
  }

  /// Deletes the proofs of a server's zone, since the server labels its days in another way now.
  package func forgetProofs(of server: String) async throws {
    try await write("deleting the proofs of the bucket zone") { db in
      try db.execute(
        sql: "DELETE FROM zone_proof WHERE server = (SELECT id FROM server WHERE name = ?)",
        arguments: [server])
    }
  }

  /// Whether a day of an app that is held from one on begins elsewhere than in a zone.
  package func isCutElsewhere(_ app: Int, than zone: BucketZone, from day: Day) async throws -> Bool
  {
    try await read("reading the starts of days") { db in
      try CheckedRow.fetchAll(
        db, sql: "SELECT day, time FROM bucket WHERE app = ? AND grain = 0 AND day >= ?",
        arguments: [app, day.number]
      ).contains { row in try zone.start(of: row[0]) != row[1] }
    }
  }

  private static func insert(
    _ db: Database, _ proofs: [ZoneProof], of server: String
  ) throws {
    for proof in proofs {
      try db.execute(
        sql: """
          INSERT OR REPLACE INTO zone_proof (server, first_instant, last_instant, labels, partial)
          SELECT id, ?, ?, ?, ? FROM server WHERE name = ?
          """,
        arguments: [
          proof.instants.lowerBound, proof.instants.upperBound,
          proof.labels.map(String.init).joined(separator: ","),
          proof.partial.map(String.init).joined(separator: ","), server,
        ])
    }
  }

  /// Gives an app's buckets the starts that they have in another zone. What was forgotten before it
  /// could be read in the zone of before keeps an older one.
  private static func moveStarts(
    _ db: Database, _ app: Int, from old: BucketZone, to zone: BucketZone, run: Int
  ) throws {
    let held = try CheckedRow.fetchAll(
      db, sql: "SELECT grain, day, time FROM bucket WHERE app = ?", arguments: [app])
    let move = try db.cachedStatement(
      sql: """
        UPDATE bucket SET time = ?, changed_run_id = ? WHERE app = ? AND grain = ? AND day = ?
        """)
    for row in held {
      let day: Day = try row[1]
      let start = zone.start(of: day)
      guard try start != row[2], try old.start(of: day) == row[2] else { continue }
      try move.execute(arguments: [start, run, app, try row[0] as Int, day.number])
    }
  }

  /// Whether a bucket of an app begins elsewhere than in a zone. If the zone of before is known,
  /// what was cut in an older one does not count.
  static func isCutElsewhere(
    _ db: Database, _ app: Int, than zone: BucketZone, before old: BucketZone?
  ) throws -> Bool {
    try CheckedRow.fetchAll(
      db, sql: "SELECT day, time FROM bucket WHERE app = ?", arguments: [app]
    ).contains { row in
      let day: Day = try row[0]
      return try zone.start(of: day) != row[1]
        && (old.map { try $0.start(of: day) == row[1] } ?? true)
    }
  }
}
