import AlmanacCore
import Foundation
import GRDB

extension Archive {
  /// The knowledge of each app. An app that the archive has never heard of is absent.
  package func knowledge() async throws -> [AppID: AppKnowledge] {
    try await read("reading what is known of the apps") { db in
      let all = try Self.knowledge(db)
      return try CheckedRow.fetchAll(db, sql: "SELECT id, app_id FROM app").reduce(into: [:]) {
        try $0[$1[1]] = all[$1[0]]
      }
    }
  }

  /// The knowledge of each app by its key, or of the one that is named.
  static func knowledge(_ db: Database, of app: Int? = nil) throws -> [Int: AppKnowledge] {
    var known: [Int: AppKnowledge] = [:]
    var sent: [Int: Set<Figure>] = [:]
    for row in try CheckedRow.fetchAll(db, sql: "SELECT server, figure FROM server_figure") {
      let name: String = try row[1]
      guard let figure = Figure.allCases.first(where: { $0.name == name }) else { continue }
      sent[try row[0], default: []].insert(figure)
    }
    for row in try CheckedRow.fetchAll(
      db,
      sql: """
        SELECT id, origin_date, since_date, first_date, forgotten_date, unproven_date,
          remembered_date, deep_date, remembers_days, recut, server
        FROM app WHERE ?1 IS NULL OR id = ?1
        """, arguments: [app])
    {
      var knowledge = try AppKnowledge(
        key: row[0], origin: row[1], since: row[2], first: row[3])
      knowledge.memory = try ServerMemory(
        forgottenThrough: row[4], remembers: row[8, in: 0...ClosedRange.days.upperBound],
        possiblyTruncatedDay: row[5], remembered: row[6])
      knowledge.deep = try row[7]
      knowledge.isRecut = try row[9]
      knowledge.figuresSent = sent[try row[10]] ?? []
      known[knowledge.key] = knowledge
    }
    for row in try CheckedRow.fetchAll(
      db,
      sql: """
        SELECT app, source.name, first_date, rejected_at IS NOT NULL FROM app_source
        JOIN source ON source.id = app_source.source WHERE ?1 IS NULL OR app = ?1
        """, arguments: [app])
    {
      try known[row[0]]?.sources[row[1]] = AppKnowledge.KnownSource(
        first: row[2], isRejected: row[3])
    }
    for row in try CheckedRow.fetchAll(
      db,
      sql: """
        SELECT app, source, source.name, grain, "offset", backfilled_from, watermark, high_water_mark
        FROM read_progress JOIN source ON source.id = read_progress.source WHERE ?1 IS NULL OR app = ?1
        """, arguments: [app])
    {
      let source: Source = try row[1] == 0 ? .all : .named(row[2])
      try known[row[0]]?.progress[ReadSeries(source, row[3], offset: row[4])] = ReadProgress(
        backfilledFrom: row[5], watermark: row[6], highWaterMark: row[7])
    }
    return known
  }

  /// Writes the parts of the knowledge that have changed.
  static func writeKnowledge(_ db: Database, _ changes: Changes, at now: Date) throws {
    let (old, new) = (changes.before, changes.known)
    guard new != old else { return }
    try writeApp(db, new, instead: old)
    for figure in new.figuresSent.subtracting(old.figuresSent).map(\.name).sorted() {
      try db.cachedStatement(
        sql: """
          INSERT OR IGNORE INTO server_figure (server, figure)
          SELECT server, ? FROM app WHERE id = ?
          """
      ).execute(arguments: [figure, new.key])
    }
    for (name, source) in new.sources.sorted(by: { $0.key < $1.key })
    where source != old.sources[name] {
      try db.cachedStatement(
        sql: """
          INSERT INTO app_source (app, source, first_date, rejected_at) VALUES (?, ?, ?, ?)
          ON CONFLICT (app, source) DO UPDATE SET first_date = excluded.first_date,
            rejected_at = CASE WHEN excluded.rejected_at IS NOT NULL
              THEN ifnull(rejected_at, excluded.rejected_at) END
          """
      ).execute(arguments: [
        new.key, try makeKey(db, of: .named(name)), source.first.description,
        source.isRejected ? now.iso8601 : nil,
      ])
    }
    try write(db, new.progress, of: new.key, instead: old.progress)
  }

  private static func writeApp(
    _ db: Database, _ new: AppKnowledge, instead old: AppKnowledge
  ) throws {
    let values = { (known: AppKnowledge) -> [DatabaseValue] in
      let memory = known.memory
      return [
        known.origin, known.since, known.first, memory.forgottenThrough,
        memory.possiblyTruncatedDay, memory.remembered, known.deep,
      ].map { ($0?.databaseValue) ?? .null }
        + [memory.remembers.databaseValue, known.isRecut.databaseValue]
    }
    guard values(new) != values(old) else { return }
    try db.cachedStatement(
      sql: """
        UPDATE app SET origin_date = ?, since_date = ?, first_date = ?, forgotten_date = ?,
          unproven_date = ?, remembered_date = ?, deep_date = ?, remembers_days = ?, recut = ?
        WHERE id = ?
        """
    ).execute(arguments: StatementArguments(values(new)) + [new.key])
  }

  private static func write(
    _ db: Database, _ progress: [ReadSeries: ReadProgress], of app: Int,
    instead old: [ReadSeries: ReadProgress]
  ) throws {
    for (series, mark) in progress where mark != old[series] {
      try db.cachedStatement(
        sql: """
          INSERT INTO read_progress (app, source, grain, "offset", backfilled_from, watermark, high_water_mark)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT DO UPDATE SET backfilled_from = excluded.backfilled_from,
            watermark = excluded.watermark, high_water_mark = excluded.high_water_mark
          """
      ).execute(arguments: [
        app, try makeKey(db, of: series.source), series.grain.rawValue, series.offset,
        mark.backfilledFrom.number, mark.watermark.number, mark.highWaterMark.number,
      ])
    }
    for series in old.keys where progress[series] == nil {
      try db.execute(
        sql: """
          DELETE FROM read_progress WHERE app = ? AND source = ? AND grain = ? AND "offset" = ?
          """,
        arguments: [
          app, try makeKey(db, of: series.source), series.grain.rawValue, series.offset,
        ])
    }
  }
}
