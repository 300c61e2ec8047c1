import AlmanacCore
import GRDB

extension Archive {
  /// One series that a read is about, with what is wanted of it.
  package struct HeldQuery: Sendable {
    package let source: Source
    package let window: Window
    /// The offset of the retention that is wanted, with users by source and figures that have no
    /// column; `nil` for none of these. At a further offset than 1, states and retention are all
    /// that is read.
    package let offset: Int?

    package init(_ source: Source, _ window: Window, offset: Int? = nil) {
      self.source = source
      self.window = window
      self.offset = offset
    }
  }

  /// The held buckets of some series of an app, at one moment, in the order of the queries.
  package func held(_ app: Int, _ queries: [HeldQuery]) async throws -> [Held] {
    try await read("reading what is held") { db in
      try Stage.lookingUp.measured { try queries.map { try HeldReader(db, app: app, $0).held } }
    }
  }

  /// The newest active day before another that is held of all sources.
  package func newestActiveDay(_ app: Int, before day: Day) async throws -> Day? {
    try await read("reading the days that are held") { db in
      try CheckedRow.fetchOne(
        db,
        sql: """
          SELECT day FROM user_fact
          WHERE app = ? AND source = 0 AND grain = 0 AND day < ? AND user_count > 0
          ORDER BY day DESC LIMIT 1
          """, arguments: [app, day.number]
      ).map { try $0[0] }
    }
  }

  /// The buckets of an app that were read after their end, with their states.
  ///
  /// - Parameter state: the only state that is looked for; `nil` for all of them
  package func states(
    _ app: Int, only state: BucketState? = nil
  ) async throws -> [Bucket: BucketState] {
    try await read("reading the states of buckets") { db in
      try CheckedRow.fetchAll(
        db,
        sql: """
          SELECT grain, day, state FROM bucket
          WHERE app = ?1 AND complete_run_id IS NOT NULL AND (?2 IS NULL OR state = ?2)
          """, arguments: [app, state?.rawValue]
      ).reduce(into: [:]) { states, row in
        try states[Bucket(row[0], holding: row[1])] = row[2]
      }
    }
  }
}

/// Reads what is held of one series.
private struct HeldReader {
  private let db: Database
  private let app: Int
  private let source: Int
  private let window: Window
  private let days: [Int]
  private(set) var held: Held

  init(_ db: Database, app: Int, _ query: Archive.HeldQuery) throws {
    self.db = db
    self.app = app
    window = query.window
    held = Held(query.window)
    days = held.buckets.map(\.start.number)
    // A source that has no key yet has no rows either.
    source = try Archive.key(db, of: query.source) ?? -1
    try readStates()
    if let offset = query.offset { try readCohorts(offset) }
    guard query.offset ?? 1 == 1 else { return }
    try readFigures()
    try readLeftOpen(isAll: query.source == .all)
    guard query.offset != nil else { return }
    try readFurther()
    if query.source == .all { try readUsers() }
  }

  /// Rows of the window: the app, then the keys that are given, then the first and last day.
  private func rows(_ sql: String, _ keys: Int...) throws -> BoundStatement {
    var rows = try BoundStatement(db, sql)
    rows.bind(app)
    for key in keys { rows.bind(key) }
    rows.bind(window.kept.lowerBound.number)
    rows.bind(window.kept.upperBound.number - 1)
    return rows
  }

  private mutating func readStates() throws {
    var rows = try rows(
      """
      SELECT day, state, by_source, complete_run_id, time FROM bucket
      WHERE app = ? AND grain = ? AND day BETWEEN ? AND ?
      """, window.grain.rawValue)
    try rows.forEach(of: days) { place, row in
      held.states[place] = Held.State(
        try row.value(1), isBySource: row.integer(2) != 0, completeRun: row.integer(orNull: 3),
        time: row.integer(4))
    }
  }

  private mutating func readFigures() throws {
    for series in Figure.Series.allCases {
      var rows = try rows(series.select, source, window.grain.rawValue)
      let figures = series.figures
      try rows.forEach(of: days) { place, row in
        if held.figures[place] == nil { held.figures[place] = Figures() }
        for index in figures.indices {
          guard let value = row.real(orNull: Int32(index + 1)) else { continue }
          held.figures[place]?[figures[index]] = value
        }
      }
    }
  }

  private mutating func readLeftOpen(isAll: Bool) throws {
    if isAll {
      for place in days.indices {
        held.isLeftOpen[place] = held.states[place] == nil && held.figures[place] != nil
        held.hasUsers[place] = (held.figures[place]?[.userCount] ?? 0) > 0
      }
      return
    }
    guard held.states.contains(where: { $0 == nil || $0?.state == .open }) else { return }
    var rows = try rows(
      """
      SELECT day, user_count FROM user_fact
      WHERE app = ? AND source = 0 AND grain = ? AND day BETWEEN ? AND ?
      """, window.grain.rawValue)
    try rows.forEach(of: days) { place, row in
      held.isLeftOpen[place] = held.states[place] == nil
      held.hasUsers[place] = (row.integer(orNull: 1) ?? 0) > 0
    }
  }

  private mutating func readFurther() throws {
    var rows = try rows(
      """
      SELECT day, series, name, value FROM figure
      WHERE app = ? AND source = ? AND grain = ? AND day BETWEEN ? AND ?
      """, source, window.grain.rawValue)
    try rows.forEach(of: days) { place, row in
      let field: String = try row.value(1)
      guard let series = Figure.Series.allCases.first(where: { $0.field == field }) else { return }
      held.further[place, default: []].append(
        FurtherFigure(series: series, name: try row.value(2), value: try row.value(3)))
    }
  }

  private mutating func readCohorts(_ offset: Int) throws {
    held.isRetentionMeasured = try Archive.measuresRetention(db, app: app, grain: window.grain)
    var rows = try BoundStatement(
      db,
      """
      SELECT day, base, cohort_users, retention_user_count, answered_count, mature
      FROM retention_fact
      WHERE app = ? AND source = ? AND grain = ? AND day BETWEEN ? AND ? AND "offset" = ?
      """)
    for value in [
      app, source, window.grain.rawValue, window.kept.lowerBound.number,
      window.kept.upperBound.number - 1, offset,
    ] { rows.bind(value) }
    try rows.forEach(of: days) { place, row in
      held.cohorts[place] = Cohort(
        base: try row.value(orNull: 1), users: row.integer(orNull: 2),
        retained: row.integer(orNull: 3), answered: row.integer(orNull: 4),
        isMature: row.integer(5) != 0)
    }
  }

  private mutating func readUsers() throws {
    let sources = try CheckedRow.fetchAll(
      db,
      sql: """
        SELECT source.id, source.name FROM app_source
        JOIN source ON source.id = app_source.source WHERE app_source.app = ?
        """,
      arguments: [app])
    for source in sources {
      var users = [Int?](repeating: nil, count: days.count)
      var rows = try rows(
        """
        SELECT day, user_count FROM user_fact
        WHERE app = ? AND source = ? AND grain = ? AND day BETWEEN ? AND ?
        """, try source[0], window.grain.rawValue)
      try rows.forEach(of: days) { place, row in users[place] = row.integer(orNull: 1) }
      try held.users[source[1]] = users
    }
  }
}
