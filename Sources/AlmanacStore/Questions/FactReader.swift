import AlmanacCore
import Foundation
import GRDB

/// The source of an answer: the archive as of one moment, read in one transaction.
///
/// It gives what is held, row by row, and knows nothing of metrics.
package struct FactReader {
  let db: Database
  package let moment: Moment

  /// The moment that a question is about.
  package struct Moment: Sendable {
    /// Now, for a question: the start of the newest finished run. `nil` before the first.
    package let now: Date?
    /// The newest run whose changes are seen; `nil` for all runs.
    let newestRun: Int?
    /// Whether every change of a state since then is recorded. The states of older moments are
    /// derived from the runs that completed, settled and lost each bucket.
    package let knowsStates: Bool
  }

  /// The rows of one app and source at one grain, within some days.
  package struct FactQuery {
    package let app: Int
    package let source: Int
    package let grain: Grain
    package let days: Range<Day>

    package init(app: Int, source: Int, grain: Grain, days: Range<Day>) {
      self.app = app
      self.source = source
      self.grain = grain
      self.days = days
    }
  }

  /// A bucket that is held, with what is known of a source in it.
  package struct HeldBucket {
    package let day: Day
    package let state: BucketState
    package internal(set) var figures: Figures
    /// The value of the further figure that was asked for.
    package internal(set) var further: Double?
  }

  /// The buckets in a query in their order, with some of their figures, and with a further figure
  /// if one is named.
  package func buckets(
    _ query: FactQuery, _ figures: [Figure], further: FurtherFigure.Key? = nil
  ) throws -> [HeldBucket] {
    var held = try moment.newestRun.map { try states(query, asOf: $0) } ?? states(query)
    guard let first = held.first?.day.number, let last = held.last?.day.number else { return [] }
    let days = held.map(\.day.number)
    for series in Figure.Series.allCases where !Set(series.figures).isDisjoint(with: figures) {
      var rows = try BoundStatement(db, series.select)
      for value in [query.app, query.source, query.grain.rawValue, first, last] { rows.bind(value) }
      let wanted = series.figures.enumerated().filter { figures.contains($0.element) }
      try rows.forEach(of: days) { place, row in
        for (column, figure) in wanted {
          held[place].figures[figure] = row.real(orNull: Int32(column + 1))
        }
      }
    }
    if let further {
      for (day, values) in try values(of: further.name, query) {
        if let place = days.firstIndex(of: day) { held[place].further = values[further.series] }
      }
    }
    if let run = moment.newestRun {
      let names = figures.map { Name($0.name) } + (further.map { [$0.name] } ?? [])
      for (day, past) in try past(of: Set(names), query, after: run) {
        guard let place = days.firstIndex(of: day.number) else { continue }
        for figure in figures {
          guard let owners = past[Name(figure.name)] else { continue }
          held[place].figures[figure] = owners.value(of: .column)
        }
        if let further, let owners = past[further.name] {
          held[place].further = owners.value(of: .further(further.series))
        }
      }
    }
    return held
  }

  private static let stateNumber =
    "CASE state "
    + BucketState.allCases.enumerated().map { "WHEN '\($1.rawValue)' THEN \($0)" }
    .joined(separator: " ") + " END"

  private func states(_ query: FactQuery) throws -> [HeldBucket] {
    var rows = try BoundStatement(
      db,
      """
      SELECT day, \(Self.stateNumber) FROM bucket
      WHERE app = ? AND grain = ? AND day >= ? AND day < ? ORDER BY day
      """)
    rows.bind(query)
    var held: [HeldBucket] = []
    while try rows.step() {
      guard let number = rows.integer(orNull: 1) else {
        throw DatabaseError.unusable(.null, column: "state")
      }
      held.append(
        HeldBucket(
          day: Day(number: rows.integer(0)), state: BucketState.allCases[number],
          figures: Figures()))
    }
    return held
  }

  /// The buckets that were complete after a run, with the states that they had then.
  private func states(_ query: FactQuery, asOf run: Int) throws -> [HeldBucket] {
    let changed = try firstChanges(query, after: run)
    var rows = try BoundStatement(
      db,
      """
      SELECT day, state, settled_run_id, expired_run_id FROM bucket
      WHERE app = ? AND grain = ? AND day >= ? AND day < ? AND complete_run_id <= ? ORDER BY day
      """)
    rows.bind(query)
    rows.bind(run)
    var held: [HeldBucket] = []
    while try rows.step() {
      let day = Day(number: rows.integer(0))
      var state: BucketState = try changed[day] ?? rows.value(1)
      if !moment.knowsStates, state != .partial {
        let was = { (column: Int32) in rows.integer(orNull: column).map { $0 <= run } ?? false }
        state = was(3) ? .expired : was(2) ? .settled : .settling
      }
      held.append(HeldBucket(day: day, state: state, figures: Figures()))
    }
    return held
  }

  /// The states of buckets before the first change that a run later than one made of each.
  private func firstChanges(_ query: FactQuery, after run: Int) throws -> [Day: BucketState] {
    var rows = try BoundStatement(
      db,
      """
      SELECT day, old_state FROM state_change
      WHERE app = ? AND grain = ? AND day >= ? AND day < ? AND run_id > ?
      ORDER BY day, run_id DESC, step DESC
      """)
    rows.bind(query)
    rows.bind(run)
    var states: [Day: BucketState] = [:]
    while try rows.step() { try states[rows.value(0)] = rows.value(1) }
    return states
  }

  /// Gives each revision that was made after a run, the newest first.
  func takeBack(
    _ query: FactQuery, after run: Int,
    _ body: (_ day: Day, _ revision: NamedRevision) throws -> Void
  ) throws {
    var rows = try BoundStatement(
      db,
      """
      SELECT date, figure, old_value, new_value, run_id FROM revision
      WHERE app = ? AND source = ? AND grain = ? AND date >= ? AND date < ? AND run_id > ?
      ORDER BY id DESC
      """)
    for value in [query.app, query.source, query.grain.rawValue] { rows.bind(value) }
    rows.bind(query.days.lowerBound.description)
    rows.bind(query.days.upperBound.description)
    rows.bind(run)
    while try rows.step() {
      try body(
        rows.value(0),
        NamedRevision(
          figure: rows.value(1), old: rows.real(orNull: 2), new: rows.real(orNull: 3),
          run: rows.integer(4)))
    }
  }
}

extension BoundStatement {
  /// Binds app, grain, first day, and the day after the last.
  fileprivate mutating func bind(_ query: FactReader.FactQuery) {
    bind(query.app)
    bind(query.grain.rawValue)
    bind(query.days.lowerBound.number)
    bind(query.days.upperBound.number)
  }
}

extension Archive {
  /// Answers a question from one state of the archive: as it is, or as it was at the end of a day
  /// in UTC.
  package func ask<T>(asOf day: Day? = nil, _ body: (FactReader) throws -> T) throws -> T {
    try readHere("answering") { db in
      try body(FactReader(db: db, moment: FactReader.Moment(db, asOf: day)))
    }
  }
}

extension FactReader.Moment {
  init(_ db: Database, asOf day: Day?) throws {
    var newestRun: Int?
    if let day {
      // A run that was killed counts from its beginning.
      newestRun =
        try Int.fetchOne(
          db,
          sql: "SELECT max(id) FROM run WHERE substr(ifnull(finished_at, started_at), 1, 10) <= ?",
          arguments: [day.description]) ?? 0
    }
    let startedAt = try String.fetchOne(
      db,
      sql: """
        SELECT started_at FROM run WHERE finished_at IS NOT NULL AND id <= ?
        ORDER BY id DESC LIMIT 1
        """, arguments: [newestRun ?? .max])
    let knowsStates = try newestRun.map { run in
      try Bool.fetchOne(
        db, sql: "SELECT first_recorded_run <= ? FROM archive", arguments: [run + 1]) ?? false
    }
    self.init(
      now: startedAt.flatMap { Date(iso8601: $0) }, newestRun: newestRun,
      knowsStates: knowsStates ?? true)
  }
}
