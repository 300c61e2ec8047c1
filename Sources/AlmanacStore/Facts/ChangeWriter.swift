import AlmanacCore
import Foundation
import GRDB

/// Writes the parts of one app's changes. Each value is decided before; see ``Changes``.
struct ChangeWriter {
  let db: Database
  let app: Int
  let run: Int
  let now: Date

  func write(_ facts: FactRows) throws {
    guard !facts.rows.isEmpty else { return }
    let source = try Archive.makeKey(db, of: facts.source)
    for series in Figure.Series.allCases {
      let isWritten = { (row: FactRows.Row) in series == .user || row.changed.contains(series) }
      let count = facts.rows.count(where: isWritten)
      guard count > 0 else { continue }
      let figures = series.figures
      var rows = try RowBatch(
        db, series.upsert, shared: [app, source, facts.grain.rawValue, run], count: count)
      for row in facts.rows where isWritten(row) {
        rows.bind(row.day.number)
        for figure in figures {
          if figure.isCount {
            try rows.bind(count: row.figures[figure])
          } else {
            rows.bind(row.figures[figure])
          }
        }
        try rows.endRow()
      }
    }
  }

  func write(_ users: UserRows) throws {
    guard !users.days.isEmpty else { return }
    let source = try Archive.makeKey(db, of: .named(users.source))
    var rows = try RowBatch(
      db, Self.usersUpsert, shared: [app, source, users.grain.rawValue, run],
      count: users.days.count)
    for (day, count) in zip(users.days, users.counts) {
      rows.bind(day.number)
      rows.bind(count)
      try rows.endRow()
    }
  }

  private static let usersUpsert = Upsert(
    into: "user_fact", key: ["app", "source", "grain"], run: "run_id", ["user_count"])

  func write(_ further: FurtherRows) throws {
    let source = try Archive.makeKey(db, of: further.source)
    for row in further.rows {
      try db.cachedStatement(
        sql: """
          INSERT INTO figure (app, source, grain, day, series, name, value, changed_run_id)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT DO UPDATE SET value = excluded.value,
            changed_run_id = excluded.changed_run_id
          """
      ).execute(arguments: [
        app, source, row.bucket.grain.rawValue, row.bucket.start.number, row.figure.series.field,
        row.figure.name, row.figure.value, run,
      ])
    }
  }

  func delete(_ withdrawn: WithdrawnRevisions) throws {
    let runs = "[" + withdrawn.runs.map(String.init).joined(separator: ",") + "]"
    try db.execute(
      sql: """
        DELETE FROM revision
        WHERE app = ?1 AND grain = ?2 AND run_id IN (SELECT value FROM json_each(?3))
          AND (?4 IS NULL OR date >= ?4)
        """,
      arguments: [app, withdrawn.grain.rawValue, runs, withdrawn.first?.description])
  }

  func write(revisions: [Revision]) throws {
    guard !revisions.isEmpty else { return }
    var statement = try BoundStatement(
      db,
      """
      INSERT INTO revision (app, source, grain, date, figure, old_value, new_value, revised_at,
        run_id, reason)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    let revisedAt = now.iso8601
    for revision in revisions {
      statement.bind(app)
      statement.bind(try Archive.makeKey(db, of: revision.source))
      statement.bind(revision.bucket.grain.rawValue)
      statement.bind(revision.bucket.start.description)
      statement.bind(revision.figure)
      statement.bind(revision.old)
      statement.bind(revision.new)
      statement.bind(revisedAt)
      statement.bind(run)
      statement.bind(revision.reason.rawValue)
      try statement.run()
    }
  }
}
