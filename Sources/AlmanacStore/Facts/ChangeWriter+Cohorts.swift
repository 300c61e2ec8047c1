import AlmanacCore
import GRDB

extension ChangeWriter {
  func write(_ cohorts: CohortRows) throws {
    let source = try Archive.makeKey(db, of: cohorts.source)
    guard !cohorts.rows.isEmpty else { return }
    var rows = try RowBatch(
      db, Self.cohortUpsert,
      shared: [app, source, cohorts.grain.rawValue, cohorts.offset, run],
      count: cohorts.rows.count)
    for row in cohorts.rows {
      rows.bind(row.day.number)
      rows.bind(row.cohort.base?.rawValue)
      rows.bind(row.cohort.users)
      rows.bind(row.cohort.retained)
      rows.bind(row.cohort.answered)
      rows.bind(row.cohort.isMature ? 1 : 0)
      rows.bind(row.cohort.answered.map { _ in run })
      try rows.endRow()
    }
    // Another app of the server may have shown meanwhile that its zeros are measured.
    let isLate = cohorts.rows.contains { $0.cohort.retained == nil && $0.cohort.answered != nil }
    if isLate, try Archive.measuresRetention(db, app: app, grain: cohorts.grain) {
      try unhideZeros(cohorts.grain, ofApps: "= ?2")
    }
  }

  private static let cohortUpsert = Upsert(
    into: "retention_fact", key: ["app", "source", "grain", "\"offset\""], run: "changed_run_id",
    ["base", "cohort_users", "retention_user_count", "answered_count", "mature", "run_id"],
    setting: [
      "base = excluded.base", "cohort_users = excluded.cohort_users",
      "retention_user_count = excluded.retention_user_count",
      "answered_count = excluded.answered_count", "mature = excluded.mature",
      // Only an answer has a run: a cohort that is mature no more loses both.
      "run_id = CASE WHEN excluded.run_id IS NOT NULL THEN ifnull(run_id, excluded.run_id) END",
      "changed_run_id = excluded.changed_run_id",
    ])

  /// Notes that the app's server measures retention at a grain, so that earlier zeros of all of its
  /// apps become known. Does nothing if that was noted before.
  func measure(_ grain: Grain) throws {
    try db.cachedStatement(
      sql: """
        INSERT OR IGNORE INTO server_retention (server, grain, run_id)
        SELECT server, ?, ? FROM app WHERE id = ?
        """
    ).execute(arguments: [grain.rawValue, run, app])
    guard db.changesCount > 0 else { return }
    try unhideZeros(
      grain,
      ofApps: "IN (SELECT id FROM app WHERE server = (SELECT server FROM app WHERE id = ?2))")
  }

  private func unhideZeros(_ grain: Grain, ofApps which: String) throws {
    try db.execute(
      sql: """
        UPDATE retention_fact SET retention_user_count = answered_count, changed_run_id = ?3
        WHERE grain = ?1 AND retention_user_count IS NOT answered_count AND app \(which)
        """, arguments: [grain.rawValue, app, run])
  }
}
