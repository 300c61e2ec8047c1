import AlmanacCore
import GRDB

/// How one app stands, as the last run left it.
package struct AppStatus: Sendable {
  package let id: AppID
  package let name: String
  package let server: String
  package let isRetired: Bool
  package let lastSuccess: String?
  package let newestCompleteDay: Day?
  /// Buckets of all grains that should be known and are not.
  package let gaps: [Gap]
  package let lastError: String?
  package let lastErrorAt: String?
  /// Buckets that the newest run refused.
  package let refused: Int

  /// A stretch of buckets.
  package struct Gap: Sendable {
    package let grain: Grain
    package let first: Day
    package let last: Day
    package let reason: String
  }

  /// Whether the last attempt failed.
  package var isFailing: Bool {
    guard lastError != nil else { return false }
    return (lastErrorAt ?? "") > (lastSuccess ?? "")
  }
}

/// One finished or broken-off run.
package struct RunStatus: Sendable {
  package let startedAt: String
  package let finishedAt: String?
  /// `nil` for a run that never finished.
  package let outcome: String?
  package let apps: Int
  package let appsFailed: Int
  package let requests: Int
  package let counts: BucketCounts
  package let seconds: Double?
}

/// A server's bucket zone, and how it is known.
package struct ServerStatus: Sendable {
  package let name: String
  package let zone: String?
  package let zoneOrigin: String?
}

extension Archive {
  /// Every app with its gaps, and the newest run, as of one moment.
  package func status() async throws
    -> (apps: [AppStatus], servers: [ServerStatus], run: RunStatus?)
  {
    try await read("reading the status") { db in
      var gaps: [String: [AppStatus.Gap]] = [:]
      let stretches = try Row.fetchAll(
        db, sql: "SELECT app_id, grain, first_date, last_date, reason FROM gaps")
      for row in stretches {
        guard let grain = Grain(name: row[1]), let first = Day(row[2] as String),
          let last = Day(row[3] as String)
        else { continue }
        gaps[row[0], default: []].append(
          AppStatus.Gap(grain: grain, first: first, last: last, reason: row[4]))
      }
      let refused = try Row.fetchAll(
        db,
        sql: """
          SELECT app.app_id, sum(buckets_refused) FROM request
          JOIN app ON app.id = request.app
          WHERE run_id = (SELECT max(id) FROM run) GROUP BY app.app_id
          """
      ).reduce(into: [String: Int]()) { $0[$1[0]] = $1[1] }
      let apps = try Row.fetchAll(
        db,
        sql: """
          SELECT app_id, app, server, retired, last_success, newest_complete_day, last_error,
            last_error_at
          FROM freshness ORDER BY retired, app, app_id
          """
      ).compactMap { row -> AppStatus? in
        guard let id = AppID(row[0] as String) else { return nil }
        return AppStatus(
          id: id, name: row[1], server: row[2], isRetired: row[3], lastSuccess: row[4],
          newestCompleteDay: (row[5] as String?).flatMap { Day($0) },
          gaps: gaps[id.text] ?? [], lastError: row[6], lastErrorAt: row[7],
          refused: refused[id.text] ?? 0)
      }
      let servers = try Row.fetchAll(db, sql: "SELECT name, zone, zone_origin FROM server")
        .map { ServerStatus(name: $0[0], zone: $0[1], zoneOrigin: $0[2]) }
      return (apps, servers, try Self.newestRun(db))
    }
  }

  private static func newestRun(_ db: Database) throws -> RunStatus? {
    try Row.fetchOne(
      db,
      sql: """
        SELECT started_at, finished_at, outcome, apps, apps_failed, requests, buckets_new,
          buckets_revised, buckets_unchanged, buckets_refused, seconds
        FROM run ORDER BY id DESC LIMIT 1
        """
    ).map { row in
      var counts = BucketCounts()
      counts.new = row[6]
      counts.revised = row[7]
      counts.unchanged = row[8]
      counts.refused = row[9]
      return RunStatus(
        startedAt: row[0], finishedAt: row[1], outcome: row[2], apps: row[3], appsFailed: row[4],
        requests: row[5], counts: counts, seconds: row[10])
    }
  }

  /// The newest complete rows of view `daily`, newest day first, for a first look.
  package func newestDays(_ count: Int) async throws -> AlmanacCore.Table {
    try await read("reading the newest days") { db in
      var table = AlmanacCore.Table([
        .init("app", "App"), .init("date", "Date"), .init("state", "State"),
        .init("users", "Users"), .init("new_users", "New"), .init("messages", "Messages"),
        .init("errors", "Errors"),
      ])
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT app, date, state, users, new_users, messages, errors FROM daily
          WHERE state <> 'open' ORDER BY date DESC, app LIMIT ?
          """, arguments: [count])
      while let row = try rows.next() {
        table.append(row.databaseValues.map { AlmanacCore.Table.Cell($0) })
      }
      return table
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
