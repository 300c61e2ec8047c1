import AlmanacCore
import GRDB

/// The status of one app, as the last run left it.
package struct AppStatus: Sendable {
  package let id: AppID
  package let name: String
  package let server: String
  package let isRetired: Bool
  package let lastSuccess: String?
  package let newestCompleteDay: Day?
  /// The first day with activity; `nil` where none is known.
  package let firstDay: Day?
  /// The zone in which its server cuts its days; `nil` until it is known.
  package let zone: BucketZone?
  /// Buckets of all grains that should be known and are not.
  package let gaps: [Gap]
  package let lastError: String?
  package let lastErrorAt: String?
  /// The number of buckets that the newest run which asked for the app refused.
  package let refused: Int
  /// The forgotten end: the newest day that the server is known to have lost.
  package let forgotten: Day?
  /// The first day that is held as the server's present zone cuts it, where older ones are held as
  /// another zone cut them; `nil` where there are none.
  package let zoneSince: Day?
  /// Whether its past is still to be read again in the present zone.
  package let isRecut: Bool
  /// `nil` if not all days are held, or if no total is.
  package let reconciliation: Reconciliation?

  /// A stretch of buckets.
  package struct Gap: Sendable {
    package let grain: Grain
    package let first: Day
    package let last: Day
    package let reason: String
  }

  /// Whether the last attempt failed. A success leaves no error of its own second.
  package var isFailing: Bool {
    guard lastError != nil else { return false }
    return (lastErrorAt ?? "") >= (lastSuccess ?? "")
  }
}

/// One run.
package struct RunStatus: Sendable {
  package let startedAt: String
  package let finishedAt: String?
  package fileprivate(set) var state: RunState
  /// The failure that says most about it; `nil` where nothing failed, and in runs of before schema 7.
  package let failure: RunFailure?
  /// Why apps failed in it, the commonest cause first, each with the number of its apps.
  package let causes: [(cause: String, apps: Int)]
  package let apps: Int
  package let appsFailed: Int
  package let requests: Int
  package let requestsFailed: Int
  package let counts: BucketCounts
  package let seconds: Double?
  /// Whether its clock was set by hand.
  package let isRehearsed: Bool

  package var isOver: Bool { if case .ended = state { true } else { false } }
}

/// The bucket zone of a server, how it is known, and the other peculiarities of that server.
package struct ServerStatus: Sendable {
  package let name: String
  package let zone: String?
  package let zoneOrigin: String?
  /// How it takes the offset in the text of an instant; `nil` until it has shown it.
  package let zoneKind: Archive.ZoneKind?
  /// Grains at which the server has answered only 0 for the retention of cohorts that had users.
  package let unmeasuredRetention: [Grain]
  /// Figures that the server has sent and that have no column, such as `chatData.inputTokens`.
  package let furtherFigures: [String]
}

/// A bucket of an answer that was not believed.
package struct RefusalStatus: Sendable {
  package let app: String
  package let source: String
  package let grain: String
  /// `nil` where the timestamp names no bucket.
  package let date: String?
  package let field: String
  package let reason: String
  package let refusedAt: String
}

/// The status of an archive at one moment.
package struct ArchiveStatus: Sendable {
  package let apps: [AppStatus]
  package let servers: [ServerStatus]
  /// The refusals of the newest run.
  package let refusals: [RefusalStatus]
  /// The newest run.
  package fileprivate(set) var run: RunStatus?
  /// The newest run that came to an end.
  package let ended: RunStatus?
  /// The end of the newest run over everything in which nothing failed.
  package let lastSuccess: String?
  /// The moment that the newest backup shows.
  package let lastBackup: String?
  /// The size of the file and its log.
  package let bytes: Int
}

extension Archive {
  /// Every app with its gaps, and the newest run, as of one moment.
  package func status() async throws -> ArchiveStatus {
    var status = try await readStatus()
    guard status.run?.state == .killed else { return status }
    let start = status.run?.startedAt
    var isRunning = ArchiveLock.isHeld(database: path)
    if !isRunning {
      // A run may have ended after its row was read, or another one begun.
      status = try await readStatus()
      isRunning = status.run?.state == .killed && status.run?.startedAt != start
    }
    if isRunning { status.run?.state = .running }
    return status
  }

  /// The same; a run that has not ended counts as killed.
  private func readStatus() async throws -> ArchiveStatus {
    let unmeasured = try await unmeasuredRetention()
    let bytes = CrashRecovery.size(path) + CrashRecovery.logSize(path)
    return try await read("reading the status") { db in
      var gaps: [AppID: [AppStatus.Gap]] = [:]
      let stretches = try CheckedRow.fetchAll(
        db,
        sql: """
          SELECT app_id, gap.grain, gap.first_date, gap.last_date, gap.reason
          FROM gap JOIN app ON app.id = gap.app
          """)
      for row in stretches {
        try gaps[row[0], default: []].append(
          AppStatus.Gap(grain: row[1], first: row[2], last: row[3], reason: row[4]))
      }
      let refused = try CheckedRow.fetchAll(
        db,
        sql: """
          \(Self.newestReads)
          SELECT app.app_id, sum(buckets_refused) FROM newest
          CROSS JOIN request ON request.run_id = newest.run AND request.app = newest.app
          JOIN app ON app.id = newest.app GROUP BY newest.app
          """
      ).reduce(into: [AppID: Int]()) { try $0[$1[0]] = $1[1] }
      let reconciliations = try Self.reconciliations(db)
      let apps = try CheckedRow.fetchAll(
        db,
        sql: """
          SELECT app_id, app, server, retired, last_success, newest_complete_day, last_error,
            last_error_at,
            (SELECT forgotten_date FROM app WHERE app_id = freshness.app_id) AS forgotten_date,
            (SELECT recut FROM app WHERE app_id = freshness.app_id) AS recut,
            (SELECT first_date FROM app WHERE app_id = freshness.app_id) AS first_date,
            (SELECT zone FROM server WHERE name = freshness.server) AS zone
          FROM freshness ORDER BY retired, app, app_id
          """
      ).map { row in
        let id: AppID = try row[0]
        return try AppStatus(
          id: id, name: row[1], server: row[2], isRetired: row[3], lastSuccess: row[4],
          newestCompleteDay: row[5], firstDay: row[10], zone: row[11], gaps: gaps[id] ?? [],
          lastError: row[6], lastErrorAt: row[7],
          refused: refused[id] ?? 0, forgotten: row[8], zoneSince: Self.zoneSince(db, id),
          isRecut: row[9],
          reconciliation: reconciliations[id])
      }
      let servers = try CheckedRow.fetchAll(
        db, sql: "SELECT name, zone, zone_origin, zone_kind FROM server"
      )
      .map { row in
        let name: String = try row[0]
        return try ServerStatus(
          name: name, zone: row[1], zoneOrigin: row[2], zoneKind: row[3],
          unmeasuredRetention: unmeasured.filter { $0.server == name }.map(\.grain),
          furtherFigures: Self.furtherFigures(db, of: name))
      }
      return ArchiveStatus(
        apps: apps, servers: servers, refusals: try Self.newestRefusals(db),
        run: try Self.newestRun(db), ended: try Self.newestRun(db, where: "outcome IS NOT NULL"),
        lastSuccess: try String.fetchOne(
          db,
          sql: """
            SELECT finished_at FROM run WHERE outcome = 'done' AND \(Self.isOverEverything)
            ORDER BY id DESC LIMIT 1
            """),
        lastBackup: try String.fetchOne(
          db, sql: "SELECT made_at FROM backup ORDER BY id DESC LIMIT 1"),
        bytes: bytes)
    }
  }

  /// A table `newest` of the newest run that asked for each app, from the newest run over everything
  /// on. Older requests need not be looked at.
  private static let newestReads = """
    WITH newest AS (
      SELECT app, max(run_id) AS run FROM request
      WHERE run_id >= ifnull((SELECT max(id) FROM run WHERE outcome IS NOT NULL
        AND outcome <> 'interrupted' AND \(isOverEverything)), 0)
      GROUP BY app)
    """

  /// The first day of an app that is cut in its server's zone. Days that are cut elsewhere were
  /// forgotten before the zone changed, so that they are the oldest.
  private static func zoneSince(_ db: Database, _ app: AppID) throws -> Day? {
    guard
      let known = try CheckedRow.fetchOne(
        db,
        sql: """
          SELECT app.id, server.zone, forgotten_date FROM app
          JOIN server ON server.id = app.server WHERE app_id = ?
          """, arguments: [app.text]),
      let zone: BucketZone = try known[1], let forgotten: Day = try known[2]
    else { return nil }
    let days = try CheckedRow.fetchCursor(
      db, sql: "SELECT day, time FROM bucket WHERE app = ? AND grain = 0 ORDER BY day",
      arguments: [try known[0] as Int])
    var isFirst = true
    while let row = try days.next() {
      let day: Day = try row[0]
      if try zone.start(of: day) == row[1] { return isFirst ? nil : day }
      if day > forgotten { return day }
      isFirst = false
    }
    return nil
  }

  /// The figures without a column that a server has sent. Reading the quarters is enough: each
  /// app's newest open quarter has them all.
  private static func furtherFigures(_ db: Database, of server: String) throws -> [String] {
    try String.fetchAll(
      db,
      sql: """
        SELECT DISTINCT series || '.' || figure.name FROM server
        JOIN app ON app.server = server.id
        CROSS JOIN figure ON figure.app = app.id AND figure.source = 0 AND figure.grain = 3
        WHERE server.name = ?1
        UNION
        SELECT DISTINCT 'getTotalData.' || total.key FROM server
        JOIN app ON app.server = server.id
        JOIN total_reading
          ON total_reading.id = (SELECT max(id) FROM total_reading WHERE app = app.id)
        JOIN json_each(total_reading.further) AS total
        WHERE server.name = ?1
        ORDER BY 1
        """, arguments: [server])
  }

  private static func newestRefusals(_ db: Database) throws -> [RefusalStatus] {
    try CheckedRow.fetchAll(
      db,
      sql: """
        \(newestReads)
        SELECT app.name, source.name, grain.name, refusal.date, field, reason, answered_at
        FROM newest
        CROSS JOIN request ON request.run_id = newest.run AND request.app = newest.app
        JOIN refusal ON refusal.request = request.id
        JOIN app ON app.id = refusal.app
        JOIN source ON source.id = refusal.source
        JOIN grain ON grain.id = refusal.grain
        ORDER BY app.name, refusal.id
        """
    ).map { row in
      try RefusalStatus(
        app: row[0], source: row[1], grain: row[2], date: row[3], field: row[4], reason: row[5],
        refusedAt: row[6])
    }
  }

  private static func newestRun(
    _ db: Database, where condition: String = "true"
  ) throws -> RunStatus? {
    try CheckedRow.fetchOne(
      db,
      sql: """
        SELECT started_at, finished_at, outcome, apps, apps_failed, requests, buckets_new,
          buckets_revised, buckets_unchanged, buckets_refused, seconds, \(isRehearsal), failure,
          cause, (SELECT count(*) FROM request WHERE run_id = run.id AND outcome <> 'ok')
        FROM run WHERE \(condition) ORDER BY id DESC LIMIT 1
        """
    ).map { row in
      var counts = BucketCounts()
      counts.new = try row[6]
      counts.revised = try row[7]
      counts.unchanged = try row[8]
      counts.refused = try row[9]
      let outcome: String? = try row[2]
      let kind: String? = try row[12]
      return try RunStatus(
        startedAt: row[0], finishedAt: row[1],
        state: outcome.map { .ended(RunOutcome(rawValue: $0) ?? .failed) } ?? .killed,
        failure: kind.map { try RunFailure(kind: $0, cause: row[13]) },
        causes: causes(db, from: row[0], to: row[1]), apps: row[3], appsFailed: row[4],
        requests: row[5], requestsFailed: row[14], counts: counts, seconds: row[10],
        isRehearsed: row[11])
    }
  }

  /// The failures of apps that were noted between two instants, the commonest first.
  private static func causes(
    _ db: Database, from start: String, to end: String?
  ) throws -> [(cause: String, apps: Int)] {
    try CheckedRow.fetchAll(
      db,
      sql: """
        SELECT last_error, count(*) FROM app
        WHERE last_error_at BETWEEN ? AND ifnull(?, '9999') AND last_error IS NOT NULL
          AND retired = 0 AND last_error_at >= ifnull(last_success_at, '')
        GROUP BY last_error ORDER BY 2 DESC, 1
        """, arguments: [start, end]
    ).map { row in try (row[0], row[1]) }
  }

  /// The newest complete rows of view `daily`, newest day first, for a first look.
  package func newestDays(_ count: Int) async throws -> AlmanacCore.Table {
    try await read("reading the newest days") { db in
      var table = AlmanacCore.Table([
        .init("app", "App"), .init("date", "Date"), .init("state", "State"),
        .init("users", "Users"), .init("new_users", "New"), .init("messages", "Messages"),
        .init("errors", "Errors"),
      ])
      let rows = try CheckedRow.fetchCursor(
        db,
        sql: """
          SELECT app, date, state, users, new_users, messages, errors FROM daily
          WHERE state <> 'open' ORDER BY date DESC, app LIMIT ?
          """, arguments: [count])
      while let row = try rows.next() {
        table.append(row.values.map { AlmanacCore.Table.Cell($0) })
      }
      return table
    }
  }
}

extension Archive {
  /// The newest day that is held of any app, and the newest that has ended among those held.
  package func newestHeldDays() async throws -> (any: Day?, ended: Day?) {
    try await read("reading the newest day") { db in
      let day = "SELECT day FROM bucket WHERE bucket.app = app.id AND grain = 0"
      let row = try CheckedRow.fetchOne(
        db,
        sql: """
          SELECT max((\(day) ORDER BY day DESC LIMIT 1)),
            max((\(day) AND complete_run_id IS NOT NULL ORDER BY day DESC LIMIT 1)) FROM app
          """)
      let numbers: (any: Int?, ended: Int?) = (try row?[0], try row?[1])
      return (numbers.any.map { Day(number: $0) }, numbers.ended.map { Day(number: $0) })
    }
  }
}

extension AlmanacCore.Table.Cell {
  /// A value as SQLite holds it.
  init(_ value: DatabaseValue) {
    switch value.storage {
    case .int64(let count): self = .count(Int(count))
    case .double(let number): self = .number(number)
    case .string(let text): self = .text(text)
    case .null, .blob: self = .none
    }
  }
}
