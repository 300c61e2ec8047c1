import AlmanacCore
import GRDB

extension FactReader {
  /// A further figure that an app has.
  package struct HeldFigure: Hashable {
    package let app: AppID
    package let key: FurtherFigure.Key
  }

  /// Every further figure of every app.
  package func furtherFigures() throws -> Set<HeldFigure> {
    var rows = try BoundStatement(
      db,
      """
      SELECT DISTINCT app.app_id, figure.series, figure.name
      FROM figure JOIN app ON app.id = figure.app
      """)
    var held: Set<HeldFigure> = []
    while try rows.step() {
      held.insert(
        HeldFigure(
          app: try rows.value(0), key: FurtherFigure.Key(try rows.value(1), try rows.value(2))))
    }
    return held
  }

  /// The figures with a column that a server has sent at least once.
  package func figuresSent(by server: String) throws -> Set<Figure> {
    let names = Set(
      try String.fetchAll(
        db,
        sql: """
          SELECT figure FROM server_figure
          WHERE server = (SELECT id FROM server WHERE name = ?)
          """, arguments: [server]))
    var sent = Set(Figure.allCases.filter { names.contains($0.name) })
    // Where the chat series has no tokens, those of the user series are shown.
    if sent.contains(.userInputTokens) { sent.insert(.inputTokens) }
    if sent.contains(.userOutputTokens) { sent.insert(.outputTokens) }
    return sent
  }

  /// Whether any app of a server has a further figure.
  package func hasSent(_ figure: FurtherFigure.Key, server: String) throws -> Bool {
    try Bool.fetchOne(
      db,
      sql: """
        SELECT EXISTS (SELECT 1 FROM server JOIN app ON app.server = server.id
          JOIN figure ON figure.app = app.id
          WHERE server.name = ? AND figure.series = ? AND figure.name = ?)
        """, arguments: [server, figure.series, figure.name]) ?? false
  }

  /// The values of the further figures of one name, by day and series.
  func values(of name: Name, _ query: FactQuery) throws -> [Int: [Figure.Series: Double]] {
    var rows = try BoundStatement(
      db,
      """
      SELECT day, series, value FROM figure
      WHERE app = ? AND source = ? AND grain = ? AND day >= ? AND day < ? AND name = ?
      """)
    for value in [
      query.app, query.source, query.grain.rawValue, query.days.lowerBound.number,
      query.days.upperBound.number,
    ] {
      rows.bind(value)
    }
    rows.bind(name.text)
    var values: [Int: [Figure.Series: Double]] = [:]
    while try rows.step() {
      try values[rows.integer(0), default: [:]][rows.value(1)] = rows.real(orNull: 2)
    }
    return values
  }

  /// The figures of some names as they were after a run, for each day on which one was revised
  /// since.
  func past(
    of names: Set<Name>, _ query: FactQuery, after run: Int
  ) throws -> [Day: [Name: RevisionOwners]] {
    var past: [Day: [Name: RevisionOwners]] = [:]
    var present: [Name: [Day: [(owner: RevisionOwners.Owner, value: Double?)]]] = [:]
    try takeBack(query, after: run) { day, revision in
      let name = revision.figure
      guard names.contains(name) else { return }
      if past[day]?[name] == nil {
        if present[name] == nil { present[name] = try owners(of: name, query) }
        past[day, default: [:]][name] = RevisionOwners(present[name]?[day] ?? [])
      }
      past[day]?[name]?.takeBack(revision)
    }
    return past
  }

  /// The figures that share a name, with their present values, by day.
  private func owners(
    of name: Name, _ query: FactQuery
  ) throws -> [Day: [(owner: RevisionOwners.Owner, value: Double?)]] {
    var owners: [Day: [(owner: RevisionOwners.Owner, value: Double?)]] = [:]
    if let figure = Figure.allCases.first(where: { Name($0.name) == name }) {
      let now = FactReader(db: db, moment: Moment(now: nil, newestRun: nil, knowsStates: true))
      for bucket in try now.buckets(query, [figure]) {
        owners[bucket.day] = [(.column, bucket.figures[figure])]
      }
    }
    for (day, values) in try values(of: name, query) {
      for series in Figure.Series.allCases {
        guard let value = values[series] else { continue }
        owners[Day(number: day), default: []].append((.further(series), value))
      }
    }
    return owners
  }
}

/// A series is stored as the field of the answer that carries it.
extension Figure.Series: DatabaseValueConvertible {
  package var databaseValue: DatabaseValue { field.databaseValue }

  package static func fromDatabaseValue(_ value: DatabaseValue) -> Figure.Series? {
    guard let field = String.fromDatabaseValue(value) else { return nil }
    return allCases.first { $0.field == field }
  }
}
