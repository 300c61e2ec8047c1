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

  /// The rule that takes back what runs under a clock that was ahead have left of an app. It gets
  /// what is known and held of the app; it returns the changes.
  package typealias UndoingRule = @Sendable (AppKnowledge, HeldAtUndoing) -> Changes

  /// Finds the runs under a clock that was ahead, and has what they have left undone.
  ///
  /// A run was ahead if it began later than now. A rehearsed run may have been ahead, whatever time
  /// it shows, if this run is not rehearsed. The next run under the right clock undoes them all.
  /// Returns whether there was anything to undo.
  ///
  /// - Parameters:
  ///   - run: the one that has just begun
  ///   - undoing: the rule that takes back what is left of each app
  ///   - expecting: the rule that tells which buckets of an app should be held
  ///   - closing: the rule that finds the gaps of each app that is not retired
  package func undoAheadClock(
    _ now: Date, isRehearsed: Bool, run: Int, undoing: @escaping UndoingRule,
    expecting: @escaping ExpectingRule, closing: @escaping ClosingRule
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
        guard let known = try Self.knowledge(db, of: key)[key] else { continue }
        let zone = try app[2] as BucketZone? ?? .utc
        var held = try HeldAtUndoing(
          isRetired: app[1], ahead: Set(ahead), trusted: trusted.map { zone.day(holding: $0) },
          today: zone.day(holding: now))
        try held.readBuckets(db, key)
        try held.readCohorts(db, key)
        let undone = undoing(known, held)
        try Self.apply(db, undone, run: run, at: now)
        try Self.undoOutcome(db, of: key, after: limit.iso8601)
        guard !held.isRetired else { continue }
        let expected = expecting(undone.known, held.today)
        let closed = closing(
          undone.known, try Self.heldAtClose(db, key, of: expected), held.today)
        try Self.apply(db, closed, run: run, at: now)
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

  /// Sets what an app's row says of its runs back to the last right one.
  ///
  /// - Parameter limit: the latest moment that is not ahead, as the archive writes instants
  private static func undoOutcome(_ db: Database, of app: Int, after limit: String) throws {
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
