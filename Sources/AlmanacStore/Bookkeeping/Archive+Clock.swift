import AlmanacCore
import Foundation
import GRDB

extension Archive {
  /// The seconds by which two clocks may differ and still count as the same.
  private static let tolerance: TimeInterval = 300

  /// Refuses a clock that is behind: a bucket that holds activity has begun, whatever the clock says.
  ///
  /// Throws an ``AlmanacError`` that names both times; writes nothing.
  package func checkClock(_ now: Date) async throws {
    let coming = try await read("reading the newest activity") { db -> String? in
      // The buckets of an app whose past is read again in another zone are still those of the old
      // zone.
      let newest = try CheckedRow.fetchOne(
        db,
        sql: """
          SELECT app.name, grain.name, bucket.time
          FROM app CROSS JOIN grain
          CROSS JOIN bucket ON bucket.app = app.id AND bucket.grain = grain.id AND bucket.day >= ?1
          CROSS JOIN user_fact ON user_fact.app = app.id AND user_fact.source = 0
            AND user_fact.grain = grain.id AND user_fact.day = bucket.day
          LEFT JOIN chat_fact ON chat_fact.app = app.id AND chat_fact.source = 0
            AND chat_fact.grain = grain.id AND chat_fact.day = bucket.day
          WHERE app.recut = 0 AND bucket.time > ?2
            AND (user_count > 0 OR chat_item_count > 0 OR chat_count > 0)
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

  /// Undoes what runs under a clock that was ahead have left. Buckets that have not begun are
  /// dropped, and whatever such a run has closed is unknown until it is read under the right clock.
  ///
  /// A run was ahead if it began later than now. A rehearsed run may have been ahead, whatever time
  /// it shows, if this run is not rehearsed. The next run under the right clock undoes them all.
  /// Returns whether there was anything to undo.
  ///
  /// - Parameters:
  ///   - run: the one that has just begun
  ///   - closing: the rule that finds the gaps of each app that is not retired
  package func undoAheadClock(
    _ now: Date, isRehearsed: Bool, run: Int, closing: @escaping ClosingRule
  ) async throws -> Bool {
    try await write("undoing what a clock that was ahead has left") { db in
      let limit = now.addingTimeInterval(Self.tolerance)
      let isAhead = """
        (started_at > ?2 OR (\(isRehearsed ? 0 : 1) AND \(Self.isRehearsal)))
        """
      let hasComing = try Bool.fetchOne(
        db,
        sql: """
          SELECT EXISTS (SELECT 1 FROM app CROSS JOIN grain
            CROSS JOIN bucket ON bucket.app = app.id AND bucket.grain = grain.id
              AND bucket.day >= ?1 AND bucket.time > ?2
            WHERE app.recut = 0)
          """, arguments: [Self.dayBefore(now).number, limit.timeIntervalSince1970])
      // A run under the right clock has undone what came before it; a run of 0.1.0 has not.
      let ahead = try Int.fetchAll(
        db,
        sql: """
          SELECT id FROM run
          WHERE id < ?1 AND \(isAhead) AND (?3 OR id > ifnull(
            (SELECT max(id) FROM run WHERE id < ?1 AND NOT \(isAhead)), 0))
          ORDER BY id
          """, arguments: [run, limit.iso8601, hasComing])
      guard hasComing == true || !ahead.isEmpty else { return false }
      // Buckets that had ended when the last right run began are closed for good.
      let trusted = try String.fetchOne(
        db, sql: "SELECT max(started_at) FROM run WHERE id < ?1 AND NOT \(isAhead)",
        arguments: [ahead.first ?? run, limit.iso8601]
      ).flatMap { Date(iso8601: $0) }
      for app in try CheckedRow.fetchAll(
        db,
        sql: """
          SELECT app.id, app.retired, server.zone FROM app JOIN server ON server.id = app.server
          """)
      {
        let key: Int = try app[0]
        let zone = try app[2] as BucketZone? ?? .utc
        let today = zone.day(holding: now)
        let isRetired: Bool = try app[1]
        try ClockUndoing(
          writer: ChangeWriter(db: db, app: key, run: run, now: now), isRetired: isRetired,
          limit: limit.iso8601, today: today, trusted: trusted.map { zone.day(holding: $0) },
          ahead: "[" + ahead.map(String.init).joined(separator: ",") + "]"
        ).undo()
        guard !isRetired, let known = try Self.knowledge(db, of: key)[key] else { continue }
        let changes = closing(known, try Self.heldAtClose(db, key), today)
        try Self.apply(db, changes, run: run, at: now)
      }
      return true
    }
  }

  /// The beginning of a rehearsed run's arguments: its clock was set for it.
  package static let rehearsalMark = "ALMANAC_NOW="

  /// The condition on a run's row that the run was rehearsed.
  static let isRehearsal =
    "substr(arguments, 1, \(rehearsalMark.count)) = '\(rehearsalMark)'"

  /// A day that is early enough for every zone: no day that begins after the instant comes before
  /// it.
  private static func dayBefore(_ now: Date) -> Day {
    BucketZone.utc.day(holding: now).advanced(by: -1)
  }
}

/// Takes back what runs that were ahead have done to one app.
private struct ClockUndoing {
  let writer: ChangeWriter
  let isRetired: Bool
  /// The latest moment that is not ahead, as the archive writes instants.
  let limit: String
  /// The day that has not ended, in the server's zone.
  let today: Day
  /// The day before which every day had ended when the last right run began; `nil` if there was no
  /// such run.
  let trusted: Day?
  /// The keys of the runs that were ahead, as a list in JSON.
  let ahead: String

  private var db: Database { writer.db }
  private var app: Int { writer.app }

  private static let isAhead = "IN (SELECT value FROM json_each(?2))"
  /// A day before every day that an archive may hold.
  private static let never = Day(number: ClosedRange.days.lowerBound)

  func undo() throws {
    for grain in Grain.allCases {
      let firsts = try [
        dropComing(grain), undoForgetting(grain), reopen(grain), undoRetention(grain),
      ]
      try lowerWatermarks(grain, to: firsts.compactMap { $0 }.min())
    }
    try undoOutcome()
  }

  /// The bucket that holds the last trusted day.
  private func trustedBucket(_ grain: Grain, before offset: Int = 0) -> Day {
    trusted.map { grain.start(of: $0, advancedBy: -offset) } ?? Self.never
  }

  /// Drops buckets that have not begun, and buckets that may not have begun when they were read:
  /// they hold zeros that were never measured.
  private func dropComing(_ grain: Grain) throws -> Int? {
    let days = try Int.fetchAll(
      db,
      sql: """
        SELECT day FROM bucket
        WHERE app = ?1 AND grain = ?3 AND (day > ?4
          OR (day > ?5 AND complete_run_id \(Self.isAhead)
            AND NOT EXISTS (SELECT 1 FROM user_fact WHERE user_fact.app = ?1 AND source = 0
              AND user_fact.grain = ?3 AND user_fact.day = bucket.day AND user_count > 0)
            AND NOT EXISTS (SELECT 1 FROM chat_fact WHERE chat_fact.app = ?1 AND source = 0
              AND chat_fact.grain = ?3 AND chat_fact.day = bucket.day
              AND (chat_item_count > 0 OR chat_count > 0))))
        ORDER BY day
        """,
      arguments: [
        app, ahead, grain.rawValue, grain.start(of: today).number, trustedBucket(grain).number,
      ])
    guard let first = days.first else { return nil }
    let list = "[" + days.map(String.init).joined(separator: ",") + "]"
    try writer.drop(days.map { Bucket(grain, holding: Day(number: $0)) })
    for table in Figure.Series.allCases.map(\.table) + ["retention_fact", "figure"] {
      try db.execute(
        sql: """
          DELETE FROM \(table)
          WHERE app = ? AND grain = ? AND day IN (SELECT value FROM json_each(?))
          """, arguments: [app, grain.rawValue, list])
    }
    return first
  }

  /// Opens buckets that may have been closed before they had ended, and lets buckets that such a
  /// run settled be read again. Deletes the revisions of what it opens, since an open bucket has
  /// none.
  private func reopen(_ grain: Grain) throws -> Int? {
    let start = trustedBucket(grain)
    let settling: StatementArguments = [app, ahead, grain.rawValue]
    let open: StatementArguments = [grain.start(of: today).number, start.number]
    let isOpen = """
      app = ?1 AND grain = ?3 AND state <> 'open' AND day >= ?5
        AND (state <> 'partial' OR complete_run_id IS NOT NULL)
        AND (day >= ?4 OR complete_run_id \(Self.isAhead))
      """
    let isSettling = """
      app = ?1 AND grain = ?3 AND state = 'settled' AND settled_run_id \(Self.isAhead)
      """
    try db.execute(
      sql: """
        DELETE FROM revision
        WHERE app = ?1 AND grain = ?3 AND run_id \(Self.isAhead) AND date >= ?4
        """, arguments: settling + [start.description])
    let opened = try changes(grain, where: isOpen, settling + open, to: .open)
    try writer.write(states: opened)
    if isRetired {
      // Nobody reads a retired app any more: what was seen of it is a lower bound.
      try writer.write(
        states: opened.map { StateChange($0.bucket, from: .open, to: .partial, isComplete: false) })
    }
    let unsettled = try changes(grain, where: isSettling, settling, to: .settling)
    try writer.write(states: unsettled)
    return (opened + unsettled).map(\.bucket.start.number).min()
  }

  /// The held buckets of a grain that meet a condition, oldest first, each with the state that it
  /// gets.
  private func changes(
    _ grain: Grain, where condition: String, _ arguments: StatementArguments,
    to state: BucketState
  ) throws -> [StateChange] {
    try CheckedRow.fetchAll(
      db, sql: "SELECT day, state FROM bucket WHERE \(condition) ORDER BY day",
      arguments: arguments
    ).map { row in
      try StateChange(Bucket(grain, holding: row[0]), from: row[1], to: state)
    }
  }

  /// Lets buckets that such a run took for forgotten be asked for again.
  private func undoForgetting(_ grain: Grain) throws -> Int? {
    let arguments: StatementArguments = [app, ahead, grain.rawValue]
    let isLost = "app = ?1 AND grain = ?3 AND state = 'expired' AND expired_run_id \(Self.isAhead)"
    let found = try changes(grain, where: isLost, arguments, to: .settling)
    guard let first = found.first?.bucket.start.number else { return nil }
    try writer.write(states: found)
    guard grain == .day else { return first }
    try db.execute(
      sql: """
        UPDATE app SET remembers_days = 2, forgotten_date = (
          SELECT date(max(day) * 86400, 'unixepoch') FROM bucket
          WHERE app = ?1 AND grain = 0 AND state = 'expired')
        WHERE id = ?1
        """, arguments: [app])
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
        app, ahead, grain.rawValue, offset,
        grain.start(of: today, advancedBy: -offset).number,
        trustedBucket(grain, before: offset).number,
      ]
      let isYoung = """
        app = ?1 AND grain = ?3 AND "offset" = ?4 AND mature = 1 AND day >= ?6
          AND (day >= ?5 OR run_id \(Self.isAhead))
        """
      guard
        let first = try Int.fetchOne(
          db, sql: "SELECT min(day) FROM retention_fact WHERE \(isYoung)", arguments: arguments)
      else { continue }
      firsts.append(first)
      try db.execute(
        sql: """
          UPDATE retention_fact SET mature = 0, retention_user_count = NULL, answered_count = NULL,
            run_id = NULL, changed_run_id = ?7
          WHERE \(isYoung)
          """, arguments: arguments + [writer.run])
    }
    return firsts.min()
  }

  /// Schedules everything to be read again that had not ended when the last right run began.
  ///
  /// - Parameter first: the first day of the buckets that were changed here; `nil` if none was
  private func lowerWatermarks(_ grain: Grain, to first: Int?) throws {
    let offsets = try Int.fetchAll(
      db, sql: "SELECT DISTINCT \"offset\" FROM read_progress WHERE app = ? AND grain = ?",
      arguments: [app, grain.rawValue])
    for offset in offsets {
      let start = trustedBucket(grain, before: offset).number
      try db.execute(
        sql: """
          UPDATE read_progress SET watermark = max(backfilled_from, min(watermark, ?4)),
            high_water_mark = max(backfilled_from, min(high_water_mark, ?4))
          WHERE app = ?1 AND grain = ?2 AND "offset" = ?3
          """, arguments: [app, grain.rawValue, offset, min(start, first ?? start)])
    }
  }

  /// Sets what the app's row says of its runs back to the last right one.
  private func undoOutcome() throws {
    try db.execute(
      sql: """
        UPDATE app SET
          newest_complete_date = (SELECT date(max(day) * 86400, 'unixepoch') FROM bucket
            WHERE app = ?1 AND grain = 0 AND complete_run_id IS NOT NULL),
          last_success_at = CASE WHEN last_success_at > ?2 THEN (
            SELECT max(finished_at) FROM run WHERE outcome = 'done' AND finished_at <= ?2)
            ELSE last_success_at END,
          last_error = CASE WHEN last_error_at > ?2 THEN NULL ELSE last_error END,
          last_error_at = CASE WHEN last_error_at > ?2 THEN NULL ELSE last_error_at END
        WHERE id = ?1
        """, arguments: [app, limit])
  }
}
