import AlmanacCore
import Foundation
import GRDB

/// Writes figures of one app, source and grain where they differ from what is held, and keeps
/// both values of a complete bucket that changed.
///
/// Every fact goes through here, so no writer can forget a revision.
struct FactWriter {
  let db: Database
  let app: Int
  let source: Int
  let grain: Grain
  let offset: Int
  let run: Int
  let revisedAt: String
  /// Buckets before this day were read complete by an earlier run.
  let completeTo: Day?

  /// What is held, by day number.
  private(set) var held: [Int: Figures] = [:]
  private var cohorts: [Int: Cohort] = [:]

  private struct Cohort: Equatable {
    var base: String
    var users: Int?
    var retained: Int?
    var isMature: Bool
  }

  init(
    _ db: Database, app: Int, source: Int, grain: Grain, offset: Int, run: Int, revisedAt: String,
    completeTo: Day?, holding days: ClosedRange<Int>
  ) throws {
    self.db = db
    self.app = app
    self.source = source
    self.grain = grain
    self.offset = offset
    self.run = run
    self.revisedAt = revisedAt
    self.completeTo = completeTo
    let arguments: StatementArguments = [
      app, source, grain.rawValue, days.lowerBound, days.upperBound,
    ]
    for table in FactTable.allCases {
      let rows = try Row.fetchCursor(db.cachedStatement(sql: table.select), arguments: arguments)
      while let row = try rows.next() {
        let day: Int = row[0]
        for (index, figure) in table.figures.enumerated() {
          if let value = row[index + 1] as Double? {
            held[day, default: Figures()][figure] = value
          }
        }
        if held[day] == nil { held[day] = Figures() }
      }
    }
    guard offset > 0 else { return }
    let rows = try Row.fetchCursor(
      db.cachedStatement(
        sql: """
          SELECT day, base, cohort_users, retention_user_count, mature FROM retention_fact
          WHERE app = ? AND source = ? AND grain = ? AND day BETWEEN ? AND ? AND "offset" = ?
          """),
      arguments: arguments + [offset])
    while let row = try rows.next() {
      cohorts[row[0]] = Cohort(base: row[1], users: row[2], retained: row[3], isMature: row[4])
      if let retained = row[3] as Double? {
        held[row[0], default: Figures()][.retentionUserCount] = retained
      }
    }
  }

  /// How the figures of one bucket compare with those that were held.
  enum Change {
    case new, revised, none
  }

  /// Figures that are unknown leave those that are held. Retention is written by
  /// ``writeRetention(_:day:base:isMature:)``.
  mutating func write(_ figures: Figures, day: Day) throws -> Change {
    let old = held[day.number]
    var new = old.map { figures.filled(from: $0) } ?? figures
    new[.retentionUserCount] = old?[.retentionUserCount]
    guard new != old else { return .none }
    held[day.number] = new
    for table in FactTable.allCases {
      let changed = table.figures.contains { new[$0] != old?[$0] }
      // The user's row carries the run, and is what the views begin with.
      guard changed || table == .user else { continue }
      var statement = try BoundStatement(db, table.upsert)
      statement.bind(app)
      statement.bind(source)
      statement.bind(grain.rawValue)
      statement.bind(day.number)
      for figure in table.figures {
        if figure.isCount {
          statement.bind(new[figure].map { Int($0) })
        } else {
          statement.bind(new[figure])
        }
      }
      if table == .user { statement.bind(run) }
      try statement.run()
    }
    guard let old else { return .new }
    return try revise(old, new, day) ? .revised : .new
  }

  /// Keeps both values of each figure that changed in a complete bucket.
  private func revise(_ old: Figures, _ new: Figures, _ day: Day) throws -> Bool {
    guard let completeTo, day < completeTo else { return false }
    for figure in Figure.allCases where old[figure] != new[figure] {
      try record(figure.name, old[figure], new[figure], day)
    }
    return true
  }

  private func record(_ figure: String, _ old: Double?, _ new: Double?, _ day: Day) throws {
    var statement = try BoundStatement(
      db,
      """
      INSERT INTO revision (app, source, grain, date, figure, old_value, new_value, revised_at,
        run_id, reason)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    statement.bind(app)
    statement.bind(source)
    statement.bind(grain.rawValue)
    statement.bind(day.description)
    statement.bind(figure)
    statement.bind(old)
    statement.bind(new)
    statement.bind(revisedAt)
    statement.bind(run)
    statement.bind((new ?? 0) < (old ?? 0) ? "fell" : "grew")
    try statement.run()
  }

  /// The retention of a cohort at the writer's offset; unknown until it is mature.
  mutating func writeRetention(
    _ figures: Figures, day: Day, base: RetentionBase, isMature: Bool
  ) throws -> Change {
    let old = cohorts[day.number]
    let counted: Figure = base == .activeUsers ? .userCount : .newUserCount
    let retained = isMature ? figures[.retentionUserCount].map { Int($0) } : nil
    let new = Cohort(
      base: base.rawValue, users: figures[counted].map { Int($0) } ?? old?.users,
      retained: retained ?? old?.retained, isMature: isMature || old?.isMature == true)
    guard new != old else { return .none }
    cohorts[day.number] = new
    var statement = try BoundStatement(
      db,
      """
      INSERT INTO retention_fact (app, source, grain, day, "offset", base, cohort_users,
        retention_user_count, mature)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (app, source, grain, day, "offset") DO UPDATE SET base = excluded.base,
        cohort_users = excluded.cohort_users,
        retention_user_count = excluded.retention_user_count, mature = excluded.mature
      """)
    statement.bind(app)
    statement.bind(source)
    statement.bind(grain.rawValue)
    statement.bind(day.number)
    statement.bind(offset)
    statement.bind(new.base)
    statement.bind(new.users)
    statement.bind(new.retained)
    statement.bind(new.isMature ? 1 : 0)
    try statement.run()
    guard new.retained != old?.retained else { return .none }
    held[day.number, default: Figures()][.retentionUserCount] = new.retained.map { Double($0) }
    if offset == 1 { try touch(day) }
    guard let old, let before = old.retained else { return .new }
    let name = Figure.retentionUserCount.name + (offset == 1 ? "" : "_t\(offset)")
    try record(name, Double(before), new.retained.map { Double($0) }, day)
    return .revised
  }

  /// The row of the views has a new figure from this run.
  private func touch(_ day: Day) throws {
    var statement = try BoundStatement(
      db, "UPDATE user_fact SET run_id = ? WHERE app = ? AND source = ? AND grain = ? AND day = ?")
    statement.bind(run)
    statement.bind(app)
    statement.bind(source)
    statement.bind(grain.rawValue)
    statement.bind(day.number)
    try statement.run()
  }
}
