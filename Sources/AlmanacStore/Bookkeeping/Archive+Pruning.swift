import AlmanacCore
import Foundation
import GRDB

/// The deletion of old bookkeeping, so that the file grows with the facts and not with the runs. It
/// changes no answer.
///
/// - Requests are deleted after 90 days, with two exceptions. A refusal that still stands keeps its
///   request: its bucket is not held, or no later answer has told of the bucket. The failed
///   requests behind an app's `last_error` stay, too.
/// - Captures are deleted after a configured number of days; those of refused answers after 90.
/// - The last reading of the totals stays for each day; after 400 days, for each month.
/// - Runs, revisions and states are never deleted.
extension Archive {
  private static let requestDays = 90
  private static let totalsDays = 400

  /// Deletes what is too old at a moment. The requests of each run go in a transaction of their
  /// own.
  func prune(at now: Date, keepCaptures: Int) async throws {
    let line = Self.line(max(Self.requestDays, keepCaptures), before: now)
    let runs = try await read("reading the runs") { db in
      try Int.fetchAll(
        db,
        sql: """
          SELECT id FROM run
          WHERE (ifnull(finished_at, started_at) < ?1
              -- Its clock was ahead: a run after it is old already.
              OR (started_at > ?2 AND EXISTS (SELECT 1 FROM run AS later
                WHERE later.id > run.id AND later.started_at < ?1)))
            AND EXISTS (SELECT 1 FROM request WHERE request.run_id = run.id)
          ORDER BY id
          """, arguments: [line, now.iso8601])
    }
    for run in runs {
      try await write("pruning the ledger") { db in try Self.pruneRequests(db, of: run) }
    }
    try await pruneCaptures(at: now, keep: keepCaptures)
    try await pruneTotals(before: Self.line(Self.totalsDays, before: now))
  }

  private static func line(_ days: Int, before now: Date) -> String {
    now.addingTimeInterval(-86_400 * Double(days)).iso8601
  }

  /// The moment from which a run counts what is old: its own end, as a rule. If the clock leapt
  /// ahead by more than half a year within the newest seven runs, it is the start of the run before
  /// the leap. The clock may be wrong then, and nothing may be deleted that is still needed by the
  /// true one.
  func pruningMoment(of run: Int, endingAt now: Date) async throws -> Date {
    let starts = try await read("reading the runs") { db in
      try String.fetchAll(
        db, sql: "SELECT started_at FROM run WHERE id <= ? ORDER BY id DESC LIMIT 7",
        arguments: [run])
    }.reversed().compactMap { Date(iso8601: $0) }
    let halfYear = 180.0 * 86_400
    return zip(starts, starts.dropFirst()).first { start, next in
      min(next, now).timeIntervalSince(start) > halfYear
    }?.0 ?? now
  }

  private static func pruneRequests(_ db: Database, of run: Int) throws {
    try db.cachedStatement(
      sql: """
        DELETE FROM refusal WHERE id IN (
          SELECT old.id FROM request
          CROSS JOIN refusal AS old ON old.request = request.id
          CROSS JOIN app ON app.id = old.app
          WHERE request.run_id = ? AND NOT (\(standsForItsBucket)) AND NOT (\(standsForAnAnswer)))
        """
    ).execute(arguments: [run])
    try db.cachedStatement(
      sql: """
        DELETE FROM request WHERE id IN (
          SELECT request.id FROM request CROSS JOIN app ON app.id = request.app
          WHERE request.run_id = ?
            AND NOT EXISTS (SELECT 1 FROM refusal WHERE refusal.request = request.id)
            AND (request.outcome = 'ok' OR NOT EXISTS (
              SELECT max(run.id) AS newest FROM run WHERE run.started_at <= app.last_error_at
                AND ifnull(run.finished_at, app.last_error_at) >= app.last_error_at
              HAVING newest = request.run_id)))
        """
    ).execute(arguments: [run])
  }

  /// A refusal of one bucket stands if no newer one says the same, and if the bucket is not held or
  /// no later answer has told of it. A later answer would have settled the bucket, or the whole
  /// past would have been read again.
  private static let standsForItsBucket = """
    old.date IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM refusal AS newer
        WHERE newer.app = old.app AND newer.grain = old.grain AND newer.date = old.date
          AND newer.source = old.source AND newer.id > old.id)
      AND NOT EXISTS (SELECT 1 FROM calendar
        CROSS JOIN bucket ON bucket.app = old.app AND bucket.grain = old.grain
          AND bucket.day = calendar.day
        WHERE calendar.grain = old.grain AND calendar.date = old.date
          AND (ifnull(bucket.settled_run_id, 0) > request.run_id
            OR (app.deep_date > substr(request.answered_at, 1, 10)
              AND app.last_success_at > app.deep_date)))
    """

  /// A refusal of a bucket that could not be placed stands if it is the reason of a gap in the
  /// range asked: a bucket missing from that answer may have been active. A newer refusal for all
  /// of the range takes its place.
  private static let standsForAnAnswer = """
    old.is_unplaceable = 1 AND old.source = 0
      AND (app.retired = 1 OR EXISTS (SELECT 1 FROM gap
        WHERE gap.app = old.app AND gap.grain = old.grain
          AND gap.first_date <= request.last_date AND gap.last_date >= request.first_date))
      AND NOT EXISTS (SELECT 1 FROM refusal AS newer
        CROSS JOIN request AS other ON other.id = newer.request
        WHERE newer.app = old.app AND newer.grain = old.grain AND newer.source = 0
          AND newer.is_unplaceable = 1 AND newer.id > old.id
          AND other.first_date <= request.first_date AND other.last_date >= request.last_date)
    """

  private func pruneCaptures(at now: Date, keep days: Int) async throws {
    let keepFrom = Self.line(days, before: now)
    let keepRefusedFrom = Self.line(Self.requestDays, before: now)
    try await write("dropping captures") { db in
      try db.execute(
        sql: """
          DELETE FROM capture WHERE id NOT IN (
            SELECT capture FROM request WHERE capture IS NOT NULL AND (answered_at >= ?
              OR (answered_at >= ? AND (outcome <> 'ok' OR buckets_refused > 0))))
          """, arguments: [keepFrom, keepRefusedFrom])
      try db.execute(
        sql: """
          UPDATE request SET capture = NULL
          WHERE capture IS NOT NULL AND capture NOT IN (SELECT id FROM capture)
          """)
    }
  }

  private func pruneTotals(before line: String) async throws {
    let old = try await read("reading the totals") { db in
      try Int.fetchAll(
        db,
        sql: """
          SELECT id FROM (
            SELECT id, read_at, lead(read_at) OVER (PARTITION BY app ORDER BY id) AS next
            FROM total_reading)
          WHERE substr(next, 1, 10) = substr(read_at, 1, 10)
            OR (read_at < ? AND substr(next, 1, 7) = substr(read_at, 1, 7))
          """, arguments: [line])
    }
    for start in stride(from: 0, to: old.count, by: 10_000) {
      try await write("thinning the totals") { db in
        for id in old[start..<min(start + 10_000, old.count)] {
          try db.cachedStatement(sql: "DELETE FROM total_reading WHERE id = ?")
            .execute(arguments: [id])
        }
      }
    }
  }
}
