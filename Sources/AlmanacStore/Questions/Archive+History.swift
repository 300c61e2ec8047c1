import AlmanacCore
import GRDB

/// One value that a figure has had.
package struct PastValue: Sendable {
  /// The figure's column in the views, or the server's own name for a figure without a column.
  /// Retention beyond T+1 has `_t` and the offset behind its name.
  package let figure: String
  /// The series of the answer that the figure is of. `nil` for a change that can be of several
  /// figures of this name.
  package let series: Figure.Series?
  /// `nil` for unknown.
  package let value: Double?
  /// The moment when the value was first seen, ISO 8601 in UTC.
  package let seenAt: String
  package let run: Int
  /// `first`, or why it replaced the value before it: `grew`, `fell`, `recut`.
  package let reason: String
}

/// One change of the state of a bucket.
package struct PastState: Sendable {
  package let old: String
  /// `nil` where the bucket was held no more.
  package let new: String?
  /// The start of the run that changed it, ISO 8601 in UTC.
  package let changedAt: String
  package let run: Int
}

/// Every value that the figures of one bucket have had, oldest first, figure by figure.
package struct BucketHistory: Sendable {
  /// `nil` where the bucket is not held.
  package var state: String?
  /// The reason why the bucket is not held; `nil` if it is held, or need not be.
  package var gap: String?
  package var values: [PastValue] = []
  /// The changes of its state, oldest first.
  package var states: [PastState] = []
  /// The first run whose changes of states are recorded.
  package let firstRecordedRun: Int
}

extension Archive {
  /// Every app that the archive has heard of, by name.
  package func knownApps() async throws -> [(id: AppID, name: String)] {
    try await read("reading the apps") { db in
      try CheckedRow.fetchAll(db, sql: "SELECT app_id, name FROM app ORDER BY name, app_id")
        .map { row in try (row[0], row[1]) }
    }
  }

  /// The sources through which an app was used, by name.
  package func knownSources(of app: AppID) async throws -> [Name] {
    try await read("reading the sources") { db in
      try Name.fetchAll(
        db,
        sql: """
          SELECT source.name FROM app_source JOIN source ON source.id = app_source.source
          WHERE app = (SELECT id FROM app WHERE app_id = ?) ORDER BY source.name
          """, arguments: [app.text])
    }
  }

  /// The values that one bucket has had since it was first stored complete. An open bucket has its
  /// newest values only.
  package func history(
    of bucket: Bucket, app: AppID, source: Source
  ) async throws -> BucketHistory {
    try await read("reading the history") { db in
      let firstRecorded = try CheckedRow.fetchOne(db, sql: "SELECT first_recorded_run FROM archive")
      var history = BucketHistory(firstRecordedRun: try firstRecorded.map { try $0[0] } ?? 1)
      guard
        let app = try Int.fetchOne(
          db, sql: "SELECT id FROM app WHERE app_id = ?", arguments: [app.text])
      else { return history }
      history.states = try Self.pastStates(db, app, bucket)
      let place: StatementArguments = [app, bucket.grain.rawValue, bucket.start.number]
      let held = try CheckedRow.fetchOne(
        db,
        sql: """
          SELECT state, complete_run_id FROM bucket WHERE app = ? AND grain = ? AND day = ?
          """, arguments: place)
      guard let held else {
        history.gap = try String.fetchOne(
          db,
          sql: """
            SELECT reason FROM gap WHERE app = ? AND grain = ? AND first_date <= ?3
              AND last_date >= ?3
            """, arguments: [app, bucket.grain.rawValue, bucket.start])
        return history
      }
      history.state = try held[0]
      let key = try Int.fetchOne(
        db, sql: "SELECT id FROM source WHERE name = ?", arguments: [source.description])
      guard let key else { return history }
      let values = try Self.currentValues(db, app, key, bucket, completeRun: held[1])
      for (place, value) in values.enumerated()
      where !values[..<place].contains(where: { $0.figure == value.figure }) {
        history.values += try Self.pastValues(
          db, values.filter { $0.figure == value.figure }, app, key, bucket)
      }
      return history
    }
  }

  private static func pastStates(
    _ db: Database, _ app: Int, _ bucket: Bucket
  ) throws -> [PastState] {
    try CheckedRow.fetchAll(
      db,
      sql: """
        SELECT old_state, new_state, run.started_at, run_id FROM state_change
        JOIN run ON run.id = run_id
        WHERE app = ? AND grain = ? AND day = ? ORDER BY run_id, step
        """, arguments: [app, bucket.grain.rawValue, bucket.start.number]
    ).map { row in
      try PastState(old: row[0], new: row[1], changedAt: row[2], run: row[3])
    }
  }

  private struct CurrentValue {
    let figure: Name
    let series: Figure.Series
    let owner: RevisionOwners.Owner
    let value: Double?
    /// The run that completed the bucket; for an open bucket, the newest run that saw something new
    /// in it; for retention, the run that first had an answer.
    let run: Int
  }

  private static func currentValues(
    _ db: Database, _ app: Int, _ source: Int, _ bucket: Bucket, completeRun: Int?
  ) throws -> [CurrentValue] {
    let fact: StatementArguments = [app, source, bucket.grain.rawValue, bucket.start.number]
    let seen = try Int.fetchOne(
      db,
      sql: "SELECT run_id FROM user_fact WHERE app = ? AND source = ? AND grain = ? AND day = ?",
      arguments: fact)
    guard let seen else { return [] }
    let run = completeRun ?? seen
    // Where the chat series has no tokens, those of the user series are shown.
    let sent = Set(
      try String.fetchAll(
        db,
        sql: """
          SELECT figure FROM server_figure WHERE server = (SELECT server FROM app WHERE id = ?)
          """, arguments: [app]))
    let shown = [Figure.inputTokens, .outputTokens].filter {
      !sent.contains($0.name) && sent.contains("user_" + $0.name)
    }.reduce(into: [:]) { $0[$1] = Figure.Series.user }
    var current: [CurrentValue] = []
    for series in Figure.Series.allCases {
      let row = try CheckedRow.fetchOne(
        db, sql: series.select, arguments: fact + [bucket.start.number])
      for (index, figure) in series.figures.enumerated() {
        current.append(
          CurrentValue(
            figure: Name(figure.name), series: shown[figure] ?? series, owner: .column,
            value: try row?[index + 1], run: run))
      }
    }
    let retention = try CheckedRow.fetchAll(
      db,
      sql: """
        SELECT "offset", retention_user_count, run_id FROM retention_fact
        WHERE app = ? AND source = ? AND grain = ? AND day = ? AND run_id IS NOT NULL
        ORDER BY "offset"
        """, arguments: fact)
    current += try retention.map { row in
      try CurrentValue(
        figure: Name(Figure.retentionUserCount.name(offset: row[0])), series: .user,
        owner: .column, value: row[1], run: row[2])
    }
    let further = try CheckedRow.fetchAll(
      db,
      sql: """
        SELECT name, series, value FROM figure WHERE app = ? AND source = ? AND grain = ? AND day = ?
        ORDER BY name, series
        """, arguments: fact)
    return try current
      + further.map { row in
        let series: Figure.Series = try row[1]
        return CurrentValue(
          figure: try row[0], series: series, owner: .further(series), value: try row[2], run: run)
      }
  }

  /// The values that the figures of one name have had, figure by figure; then the changes of which
  /// it cannot be told whose they are.
  private static func pastValues(
    _ db: Database, _ current: [CurrentValue], _ app: Int, _ source: Int, _ bucket: Bucket
  ) throws -> [PastValue] {
    guard let name = current.first?.figure else { return [] }
    let revisions = try CheckedRow.fetchAll(
      db,
      sql: """
        SELECT old_value, new_value, revised_at, run_id, reason FROM revision
        WHERE app = ? AND source = ? AND grain = ? AND date = ? AND figure = ? ORDER BY id DESC
        """,
      arguments: [app, source, bucket.grain.rawValue, bucket.start.description, name])
    var owners = RevisionOwners(current.map { ($0.owner, $0.value) })
    for row in revisions {
      owners.takeBack(
        try NamedRevision(figure: name, old: row[0], new: row[1], run: row[3]))
    }
    let changes = { (owner: RevisionOwners.Owner?, series: Figure.Series?) in
      try zip(revisions, owners.owners).reversed().filter { $0.1 == owner }.map { row, _ in
        try PastValue(
          figure: name.text, series: series, value: row[1], seenAt: row[2], run: row[3],
          reason: row[4])
      }
    }
    return try current.flatMap { figure in
      let startedAt = try String.fetchOne(
        db, sql: "SELECT started_at FROM run WHERE id = ?", arguments: [figure.run])
      let first = PastValue(
        figure: name.text, series: figure.series, value: owners.value(of: figure.owner),
        seenAt: startedAt ?? "", run: figure.run, reason: "first")
      return try [first] + changes(figure.owner, figure.series)
    } + changes(nil, nil)
  }
}

extension Figure {
  /// The figure's name in the table of revisions. Retention beyond T+1 has its offset in it.
  package func name(offset: Int) -> String {
    self == .retentionUserCount && offset > 1 ? "\(name)_t\(offset)" : name
  }
}
