import AlmanacCore
import GRDB

/// Everything that may differ in the archive since a run had finished.
package struct ArchiveChanges: Sendable {
  /// The run after which the changes came.
  package let run: Int
  /// Buckets of which any row may differ or be gone, by app: the grain and the dates of their first
  /// days, in order.
  package let buckets: [(app: String, grain: Grain, dates: [String])]
  /// Whether revisions of this run or an earlier one may be gone, so that all are to be compared.
  package let withdrawsRevisions: Bool
  /// Apps that were taken in since, perhaps not for the first time. Nothing else of them is left.
  package let newApps: [String]
}

extension ArchiveMoment {
  /// Finds what may differ since a run had finished.
  ///
  /// A row that changes names the run that changes it. A bucket that is dropped, with or without its
  /// facts, leaves a change of state. Removed apps, new names and the small tables are not in it.
  package func changes(since run: Int) throws -> ArchiveChanges {
    try read("reading what has changed since run \(run)") { db in
      let rows = try CheckedRow.fetchAll(
        db,
        sql: """
          SELECT app.app_id, changed.grain, date(changed.day * 86400, 'unixepoch')
          FROM app
          CROSS JOIN (
            SELECT app, grain, day FROM bucket WHERE changed_run_id > ?1
            UNION SELECT app, grain, day FROM user_fact WHERE run_id > ?1
            UNION SELECT app, grain, day FROM chat_fact WHERE changed_run_id > ?1
            UNION SELECT app, grain, day FROM app_fact WHERE changed_run_id > ?1
            UNION SELECT app, grain, day FROM retention_fact WHERE changed_run_id > ?1
            UNION SELECT app, grain, day FROM figure WHERE changed_run_id > ?1
            UNION SELECT app, grain, day FROM state_change WHERE run_id > ?1
          ) AS changed ON changed.app = app.id
          ORDER BY app.app_id, changed.grain, changed.day
          """, arguments: [run])
      var buckets: [(app: String, grain: Grain, dates: [String])] = []
      for row in rows {
        let (app, grain, date): (String, Grain, String) = try (row[0], row[1], row[2])
        if let last = buckets.last, last.app == app, last.grain == grain {
          buckets[buckets.count - 1].dates.append(date)
        } else {
          buckets.append((app, grain, [date]))
        }
      }
      // Only what ran under a clock that was ahead is withdrawn, by a run that began before it or was
      // no rehearsal (see `undoAheadClock`).
      let withdrawsRevisions = try Bool.fetchOne(
        db,
        sql: """
          SELECT EXISTS (SELECT 1 FROM run AS later WHERE later.id > ?1
            AND later.started_at < (SELECT max(started_at) FROM run WHERE id <= ?1))
          OR (EXISTS (SELECT 1 FROM run WHERE id > ?1 AND NOT \(Archive.isRehearsal))
            AND EXISTS (SELECT 1 FROM run WHERE id <= ?1 AND \(Archive.isRehearsal)))
          """, arguments: [run])
      return ArchiveChanges(
        run: run, buckets: buckets, withdrawsRevisions: withdrawsRevisions ?? true,
        newApps: try String.fetchAll(
          db, sql: "SELECT app_id FROM app WHERE first_run_id > ? ORDER BY app_id",
          arguments: [run]))
    }
  }

  /// Whether a run has finished.
  package func hasFinished(run: Int) throws -> Bool {
    try read("reading the runs") { db in
      try Bool.fetchOne(
        db, sql: "SELECT EXISTS (SELECT 1 FROM run WHERE id = ? AND finished_at IS NOT NULL)",
        arguments: [run]) ?? false
    }
  }
}
