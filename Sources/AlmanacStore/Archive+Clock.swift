import AlmanacCore
import Foundation
import GRDB

extension Archive {
  /// Refuses a clock that is behind: a bucket that holds activity has begun, whatever the clock says.
  ///
  /// Throws an ``AlmanacError`` that names both times; writes nothing.
  package func checkClock(_ now: Date) async throws {
    let coming = try await read("reading the newest activity") { db -> String? in
      let newest = try Record.fetchOne(
        db,
        sql: """
          SELECT app.name, grain.name, bucket.time
          FROM app CROSS JOIN grain
          CROSS JOIN bucket ON bucket.app = app.id AND bucket.grain = grain.id AND bucket.day >= ?1
          CROSS JOIN user_fact ON user_fact.app = app.id AND user_fact.source = 0
            AND user_fact.grain = grain.id AND user_fact.day = bucket.day
          LEFT JOIN chat_fact ON chat_fact.app = app.id AND chat_fact.source = 0
            AND chat_fact.grain = grain.id AND chat_fact.day = bucket.day
          WHERE bucket.time > ?2 AND (user_count > 0 OR chat_item_count > 0 OR chat_count > 0)
          ORDER BY bucket.time DESC, app.app_id LIMIT 1
          """, arguments: [Self.dayBefore(now).number, now.timeIntervalSince1970])
      return try newest.map { row in
        let begins = try Date(timeIntervalSince1970: TimeInterval(row[2, in: .instants]))
        return try "\(row[0] as String) in the \(row[1] as String) that begins at \(begins.iso8601)"
      }
    }
    guard let coming else { return }
    throw AlmanacError(
      .failure, "collecting into \(path)",
      cause: "the clock says \(now.iso8601), and the archive holds activity of \(coming)",
      hint: "set the clock of this host right, or unset ALMANAC_NOW; nothing was written")
  }

  /// Undoes what runs under a clock that was ahead have left: buckets that have not begun go, and
  /// whatever such a run has closed is open again until it is read by the clock that is right.
  ///
  /// A run is one of those if it began later than now. Returns whether there was anything to undo.
  package func undoAheadClock(_ now: Date) async throws -> Bool {
    try await write("undoing what a clock that was ahead has left") { db in
      // Of most archives nothing has been written in the future.
      let isAhead = try Bool.fetchOne(
        db,
        sql: """
          SELECT EXISTS (SELECT 1 FROM run WHERE started_at > ?1)
            OR EXISTS (SELECT 1 FROM app WHERE last_success_at > ?1 OR last_error_at > ?1)
            OR EXISTS (SELECT 1 FROM app CROSS JOIN grain
              CROSS JOIN bucket ON bucket.app = app.id AND bucket.grain = grain.id
                AND bucket.day >= ?2 AND bucket.time > ?3)
          """,
        arguments: [now.iso8601, Self.dayBefore(now).number, now.timeIntervalSince1970])
      guard isAhead == true else { return false }
      // When the last run began that was not ahead: what had ended then is closed for good.
      let trusted = try String.fetchOne(
        db,
        sql: """
          SELECT max(started_at) FROM run
          WHERE id < (SELECT min(id) FROM run WHERE started_at > ?1)
          """, arguments: [now.iso8601]
      ).flatMap { Date(iso8601: $0) }
      var isUndone = false
      for app in try Record.fetchAll(
        db,
        sql: """
          SELECT app.id, app.retired, server.zone FROM app JOIN server ON server.id = app.server
          """)
      {
        let zone = try app[2] as BucketZone? ?? .utc
        let undoing = try ClockUndoing(
          db: db, app: app[0], isRetired: app[1], now: now, today: zone.day(holding: now),
          trusted: trusted.map { zone.day(holding: $0) })
        if try undoing.undo() { isUndone = true }
      }
      return isUndone
    }
  }

  /// No day that begins after an instant begins before this one, in whatever zone.
  private static func dayBefore(_ now: Date) -> Day {
    BucketZone.utc.day(holding: now).advanced(by: -1)
  }
}

/// Takes back what runs of the future have done to one app.
private struct ClockUndoing {
  let db: Database
  let app: Int
  let isRetired: Bool
  let now: Date
  /// The day that has not ended, in the server's zone.
  let today: Day
  /// Days before it had ended when the last run began that was not ahead; `nil` if none had.
  let trusted: Day?

  private static let ahead = "(SELECT id FROM run WHERE started_at > ?2)"

  func undo() throws -> Bool {
    var isUndone = false
    for grain in Grain.allCases {
      let firsts = try [dropComing(grain), reopen(grain), undoRetention(grain)].compactMap { $0 }
      guard let first = firsts.min() else { continue }
      isUndone = true
      try lowerWatermarks(grain, to: first)
    }
    return try undoOutcome() || isUndone
  }

  /// Drops what has not begun, or had not when it was read as far as anybody knows: a zero that was
  /// never measured.
  private func dropComing(_ grain: Grain) throws -> Int? {
    let days = try Int.fetchAll(
      db,
      sql: """
        SELECT day FROM bucket
        WHERE app = ?1 AND grain = ?3 AND (day > ?4
          OR (day > ?5 AND complete_run_id IN \(Self.ahead)
            AND NOT EXISTS (SELECT 1 FROM user_fact WHERE user_fact.app = ?1 AND source = 0
              AND user_fact.grain = ?3 AND user_fact.day = bucket.day AND user_count > 0)
            AND NOT EXISTS (SELECT 1 FROM chat_fact WHERE chat_fact.app = ?1 AND source = 0
              AND chat_fact.grain = ?3 AND chat_fact.day = bucket.day
              AND (chat_item_count > 0 OR chat_count > 0))))
        ORDER BY day
        """,
      arguments: [
        app, now.iso8601, grain.rawValue, grain.start(of: today).number, trustedBucket(grain),
      ])
    guard let first = days.first else { return nil }
    let list = "[" + days.map(String.init).joined(separator: ",") + "]"
    for table in FactTable.allCases.map(\.name) + ["retention_fact", "figure", "bucket"] {
      try db.execute(
        sql: """
          DELETE FROM \(table)
          WHERE app = ? AND grain = ? AND day IN (SELECT value FROM json_each(?))
          """, arguments: [app, grain.rawValue, list])
    }
    return first
  }

  /// The bucket that holds the first day that is not trusted; one before all where none is.
  private func trustedBucket(_ grain: Grain) -> Int {
    trusted.map { grain.start(of: $0).number } ?? -1_000_000
  }

  /// Opens what was closed before it had ended, as far as anybody knows, and has what was settled
  /// by such a run looked at again.
  private func reopen(_ grain: Grain) throws -> Int? {
    let settling: StatementArguments = [app, now.iso8601, grain.rawValue]
    let open: StatementArguments = [grain.start(of: today).number, trustedBucket(grain)]
    let isOpen = """
      app = ?1 AND grain = ?3 AND state <> 'open' AND day >= ?5
        AND (day >= ?4 OR complete_run_id IN \(Self.ahead))
      """
    let isSettling = """
      app = ?1 AND grain = ?3 AND state = 'settled' AND settled_run_id IN \(Self.ahead)
      """
    let first = try Int.fetchOne(
      db, sql: "SELECT min(day) FROM bucket WHERE (\(isOpen)) OR (\(isSettling))",
      arguments: settling + open)
    guard first != nil else { return nil }
    try db.execute(
      sql: isRetired
        // Nobody reads it any more, so that it stays unknown.
        ? "DELETE FROM bucket WHERE \(isOpen)"
        : """
        UPDATE bucket SET state = 'open', complete_run_id = NULL, settled_run_id = NULL,
          expired_run_id = NULL
        WHERE \(isOpen)
        """, arguments: settling + open)
    try db.execute(
      sql: "UPDATE bucket SET state = 'settling', settled_run_id = NULL WHERE \(isSettling)",
      arguments: settling)
    return first
  }

  /// A cohort whose later bucket has not ended, or had not when it was read, is not mature.
  private func undoRetention(_ grain: Grain) throws -> Int? {
    let offsets = try Int.fetchAll(
      db, sql: "SELECT DISTINCT \"offset\" FROM retention_fact WHERE app = ? AND grain = ?",
      arguments: [app, grain.rawValue])
    var firsts: [Int] = []
    for offset in offsets {
      let arguments: StatementArguments = [
        app, now.iso8601, grain.rawValue, offset,
        grain.start(of: today, advancedBy: -offset).number,
        trusted.map { grain.start(of: $0, advancedBy: -offset).number } ?? -1_000_000,
      ]
      let isYoung = """
        app = ?1 AND grain = ?3 AND "offset" = ?4 AND mature = 1 AND day >= ?6
          AND (day >= ?5 OR run_id IN \(Self.ahead))
        """
      guard
        let first = try Int.fetchOne(
          db, sql: "SELECT min(day) FROM retention_fact WHERE \(isYoung)", arguments: arguments)
      else { continue }
      firsts.append(first)
      try db.execute(
        sql: """
          UPDATE retention_fact SET mature = 0, retention_user_count = NULL, answered_count = NULL,
            run_id = NULL
          WHERE \(isYoung)
          """, arguments: arguments)
    }
    return firsts.min()
  }

  /// Nothing from the bucket on is over.
  private func lowerWatermarks(_ grain: Grain, to first: Int) throws {
    try db.execute(
      sql: """
        UPDATE watermark SET settled_to = max(read_from, min(settled_to, ?3)),
          complete_to = max(read_from, min(complete_to, ?3))
        WHERE app = ?1 AND grain = ?2
        """, arguments: [app, grain.rawValue, first])
  }

  /// What the app says of its runs is that of the last one under the clock that is right.
  private func undoOutcome() throws -> Bool {
    let newest = """
      (SELECT date(max(day) * 86400, 'unixepoch') FROM bucket
        WHERE app = ?1 AND grain = 0 AND state <> 'open')
      """
    try db.execute(
      sql: """
        UPDATE app SET newest_complete_date = \(newest),
          last_success_at = CASE WHEN last_success_at > ?2 THEN (
            SELECT max(answered_at) FROM request
            WHERE request.app = app.id AND outcome = 'ok' AND answered_at <= ?2)
            ELSE last_success_at END,
          last_error = CASE WHEN last_error_at > ?2 THEN NULL ELSE last_error END,
          last_error_at = CASE WHEN last_error_at > ?2 THEN NULL ELSE last_error_at END
        WHERE id = ?1
          AND (last_success_at > ?2 OR last_error_at > ?2 OR newest_complete_date IS NOT \(newest))
        """, arguments: [app, now.iso8601])
    return db.changesCount > 0
  }
}
