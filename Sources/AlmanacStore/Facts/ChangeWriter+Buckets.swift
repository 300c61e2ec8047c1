import AlmanacCore
import GRDB

extension ChangeWriter {
  func write(buckets: [BucketRow]) throws {
    guard let grain = buckets.first?.bucket.grain else { return }
    try enterDates(of: buckets.filter { $0.old == nil })
    var rows = try RowBatch(
      db, Self.bucketUpsert, shared: [app, grain.rawValue, run], count: buckets.count)
    for row in buckets {
      rows.bind(row.bucket.start.number)
      rows.bind(row.time)
      rows.bind(row.state.rawValue)
      rows.bind(row.isBySource ? 1 : 0)
      rows.bind(row.state == .open ? nil : run)
      rows.bind(row.state == .settled ? run : nil)
      try rows.endRow()
    }
    for row in buckets {
      if let old = row.old, old != row.state { try record(row.bucket, from: old, to: row.state) }
    }
  }

  private static let bucketUpsert = Upsert(
    into: "bucket", key: ["app", "grain"], run: "changed_run_id",
    ["time", "state", "by_source", "complete_run_id", "settled_run_id"],
    setting: [
      "time = excluded.time", "state = excluded.state", "by_source = excluded.by_source",
      "complete_run_id = ifnull(complete_run_id, excluded.complete_run_id)",
      "settled_run_id = ifnull(settled_run_id, excluded.settled_run_id)",
      "changed_run_id = excluded.changed_run_id",
    ])

  /// Takes the first days of new buckets into the calendar. All are of one grain, oldest first.
  private func enterDates(of buckets: [BucketRow]) throws {
    guard let first = buckets.first?.bucket, let last = buckets.last?.bucket else { return }
    let days = buckets.map(\.bucket.start.number)
    var rows = try BoundStatement(
      db, "SELECT day FROM calendar WHERE grain = ? AND day BETWEEN ? AND ? ORDER BY day")
    rows.bind(first.grain.rawValue)
    rows.bind(first.start.number)
    rows.bind(last.start.number)
    var isNew = days.map { _ in true }
    try rows.forEach(of: days) { place, _ in isNew[place] = false }
    var insert = try BoundStatement(
      db, "INSERT INTO calendar (grain, date, day) VALUES (?, ?, ?)")
    for (place, row) in buckets.enumerated() where isNew[place] {
      insert.bind(row.bucket.grain.rawValue)
      insert.bind(row.bucket.start.description)
      insert.bind(row.bucket.start.number)
      try insert.run()
    }
  }

  /// Gives held buckets other states. The runs that first stored, settled and lost each bucket
  /// change accordingly.
  func write(states: [StateChange]) throws {
    for change in states {
      try db.cachedStatement(
        sql: """
          UPDATE bucket SET state = ?1,
            complete_run_id = CASE WHEN ?1 <> 'open'
              THEN ifnull(complete_run_id, CASE WHEN ?7 THEN ?2 END) END,
            settled_run_id = CASE ?1 WHEN 'settled' THEN ifnull(settled_run_id, complete_run_id)
              WHEN 'expired' THEN settled_run_id END,
            expired_run_id = CASE WHEN ?1 = 'expired' THEN ?2 END, changed_run_id = ?2
          WHERE app = ?3 AND grain = ?4 AND day = ?5 AND state = ?6
          """
      ).execute(arguments: [
        change.new.rawValue, run, app, change.bucket.grain.rawValue, change.bucket.start.number,
        change.old.rawValue, change.isComplete,
      ])
      if db.changesCount > 0 { try record(change.bucket, from: change.old, to: change.new) }
    }
  }

  func drop(_ buckets: [Bucket]) throws {
    for bucket in buckets {
      let dropped = try CheckedRow.fetchOne(
        db, sql: "DELETE FROM bucket WHERE app = ? AND grain = ? AND day = ? RETURNING state",
        arguments: [app, bucket.grain.rawValue, bucket.start.number])
      if let dropped { try record(bucket, from: dropped[0], to: nil) }
    }
  }

  /// Drops buckets with all of their facts.
  func erase(_ buckets: [Bucket]) throws {
    try drop(buckets)
    for (grain, buckets) in Dictionary(grouping: buckets, by: \.grain) {
      let days = "[" + buckets.map { String($0.start.number) }.joined(separator: ",") + "]"
      for table in Figure.Series.allCases.map(\.table) + ["retention_fact", "figure"] {
        try db.execute(
          sql: """
            DELETE FROM \(table)
            WHERE app = ? AND grain = ? AND day IN (SELECT value FROM json_each(?))
            """, arguments: [app, grain.rawValue, days])
      }
    }
  }

  /// Adds a change of a held bucket's state, behind those that the run has made of it before.
  ///
  /// - Parameter new: `nil` where the bucket is held no more
  func record(_ bucket: Bucket, from old: BucketState, to new: BucketState?) throws {
    var statement = try BoundStatement(
      db,
      """
      INSERT INTO state_change (app, grain, day, run_id, step, old_state, new_state)
      VALUES (?1, ?2, ?3, ?4, (SELECT count(*) FROM state_change
        WHERE app = ?1 AND grain = ?2 AND day = ?3 AND run_id = ?4), ?5, ?6)
      """)
    statement.bind(app)
    statement.bind(bucket.grain.rawValue)
    statement.bind(bucket.start.number)
    statement.bind(run)
    statement.bind(old.rawValue)
    statement.bind(new?.rawValue)
    try statement.run()
  }

  func dropSources(of buckets: [Bucket]) throws {
    for bucket in buckets {
      let key: StatementArguments = [app, bucket.grain.rawValue, bucket.start.number]
      for table in Figure.Series.allCases.map(\.table) {
        try db.cachedStatement(
          sql: """
            DELETE FROM \(table)
            WHERE app = ?1 AND source IN (SELECT source FROM app_source WHERE app = ?1)
              AND grain = ?2 AND day = ?3
            """
        ).execute(arguments: key)
      }
      // The answer that is written with this has all further figures of the bucket.
      try db.cachedStatement(
        sql: """
          DELETE FROM figure
          WHERE app = ?1 AND source IN (SELECT 0 UNION SELECT source FROM app_source WHERE app = ?1)
            AND grain = ?2 AND day = ?3
          """
      ).execute(arguments: key)
    }
  }

  /// Writes all gaps anew if they are known. If not, takes out what is no gap any more: buckets
  /// that are stored now, and those that nobody wants.
  func write(gaps changes: Changes) throws {
    let held = try CheckedRow.fetchAll(
      db,
      sql: """
        SELECT grain, first_date, last_date, reason FROM gap WHERE app = ?
        ORDER BY grain, first_date
        """,
      arguments: [app]
    ).map { row in try Gap(grain: row[0], first: row[1], last: row[2], reason: row[3]) }
    guard !held.isEmpty || changes.gaps?.isEmpty == false else { return }
    let stored = Set(changes.buckets.lazy.filter { $0.old == nil }.map(\.bucket))
    let wanted =
      changes.gaps
      ?? held.flatMap { gap in
        gap.leaving { bucket in
          stored.contains(bucket)
            || changes.gapsBegin.map { bucket.start < bucket.grain.start(of: $0) } ?? false
        }
      }
    guard wanted != held else { return }
    try db.execute(sql: "DELETE FROM gap WHERE app = ?", arguments: [app])
    for gap in wanted {
      try db.execute(
        sql: "INSERT INTO gap (app, grain, first_date, last_date, reason) VALUES (?, ?, ?, ?, ?)",
        arguments: [
          app, gap.grain.rawValue, gap.first.description, gap.last.description,
          gap.reason.rawValue,
        ])
    }
  }
}
