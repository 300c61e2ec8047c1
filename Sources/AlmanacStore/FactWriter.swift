import AlmanacCore
import Foundation
import GRDB

/// Writes figures of one app, source and grain where they differ from what is held, and keeps
/// both values of a complete bucket that changed.
///
/// Every fact goes through here, so no writer can forget a revision.
struct FactWriter {
  private let db: Database
  private let app: Int
  private let source: Int
  private let grain: Grain
  private let offset: Int
  private let run: Int
  private let revision: Revision
  /// Whether the server has ever answered a retention above zero at the grain.
  private let measuresRetention: Bool

  /// What is held, by day number.
  private(set) var held: [Int: Figures] = [:]
  private var cohorts: [Int: Cohort] = [:]

  private struct Cohort: Equatable {
    var base: String
    var users: Int?
    var retained: Int?
    var answered: Int?
    var isMature: Bool
  }

  /// A writer at the belief's grain, unless another is named.
  init(
    _ db: Database, _ belief: Belief, _ entry: LedgerEntry, source: Int, grain: Grain? = nil,
    offset: Int = 0, holding days: ClosedRange<Int>
  ) throws {
    self.db = db
    self.source = source
    self.offset = offset
    app = belief.app
    run = entry.run
    let grain = grain ?? belief.grain
    self.grain = grain
    revision = Revision(belief, entry, source)
    measuresRetention =
      try offset > 0 && Archive.measuresRetention(db, app: belief.app, grain: grain)
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
          SELECT day, base, cohort_users, retention_user_count, answered_count, mature
          FROM retention_fact
          WHERE app = ? AND source = ? AND grain = ? AND day BETWEEN ? AND ? AND "offset" = ?
          """),
      arguments: arguments + [offset])
    while let row = try rows.next() {
      cohorts[row[0]] = Cohort(
        base: row[1], users: row[2], retained: row[3], answered: row[4], isMature: row[5])
      if let retained = row[3] as Double? {
        held[row[0], default: Figures()][.retentionUserCount] = retained
      }
    }
  }

  /// How the figures of one bucket compare with those that were held.
  enum Change {
    case new, revised, none
  }

  /// Figures that are unknown leave those that are held, and so do smaller ones where they may
  /// only raise. Retention is written by ``writeRetention(_:day:base:isMature:)``.
  mutating func write(_ figures: Figures, day: Day, _ hold: Archive.Hold) throws -> Change {
    let old = held[day.number]
    if old == nil, hold.trust == .raises, figures.isEmpty { return .none }
    var new = old.map { figures.filled(from: $0) } ?? figures
    if hold.trust == .raises, let old {
      for figure in Figure.allCases {
        if let value = old[figure], let other = new[figure] { new[figure] = max(value, other) }
      }
    }
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
    return try revise(old ?? Figures(), new, day, hold) ? .revised : .new
  }

  /// Keeps both values of each figure that changed in a complete bucket.
  private func revise(
    _ old: Figures, _ new: Figures, _ day: Day, _ hold: Archive.Hold
  ) throws -> Bool {
    var isRevised = false
    for figure in Figure.allCases
    where old[figure] != new[figure] && revision.isDue(old[figure], hold) {
      if old[figure] != nil { isRevised = true }
      try revision.record(
        db, figure.name, old[figure], new[figure], Bucket(grain, holding: day))
    }
    return isRevised
  }

  /// The retention of a cohort at the writer's offset; unknown until it is mature.
  mutating func writeRetention(
    _ figures: Figures, day: Day, base: RetentionBase, isMature: Bool
  ) throws -> Change {
    let old = cohorts[day.number]
    let counted: Figure = base == .activeUsers ? .userCount : .newUserCount
    let answered = isMature ? figures[.retentionUserCount].map { Int($0) } : nil
    var new = Cohort(
      base: base.rawValue, users: figures[counted].map { Int($0) } ?? old?.users,
      answered: answered ?? old?.answered, isMature: isMature || old?.isMature == true)
    // A server that only ever answers zero does not measure; of nobody, nobody comes back.
    new.retained = measuresRetention || new.users == 0 ? new.answered : nil
    guard new != old else { return .none }
    cohorts[day.number] = new
    var statement = try BoundStatement(
      db,
      """
      INSERT INTO retention_fact (app, source, grain, day, "offset", base, cohort_users,
        retention_user_count, answered_count, mature, run_id)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (app, source, grain, day, "offset") DO UPDATE SET base = excluded.base,
        cohort_users = excluded.cohort_users,
        retention_user_count = excluded.retention_user_count,
        answered_count = excluded.answered_count, mature = excluded.mature,
        run_id = ifnull(run_id, excluded.run_id)
      """)
    statement.bind(app)
    statement.bind(source)
    statement.bind(grain.rawValue)
    statement.bind(day.number)
    statement.bind(offset)
    statement.bind(new.base)
    statement.bind(new.users)
    statement.bind(new.retained)
    statement.bind(new.answered)
    statement.bind(new.isMature ? 1 : 0)
    statement.bind(new.answered.map { _ in run })
    try statement.run()
    guard new.retained != old?.retained else { return .none }
    held[day.number, default: Figures()][.retentionUserCount] = new.retained.map { Double($0) }
    if offset == 1 { try touch(day) }
    guard let old, let before = old.retained else { return .new }
    let name = Figure.retentionUserCount.name(offset: offset)
    try revision.record(
      db, name, Double(before), new.retained.map { Double($0) }, Bucket(grain, holding: day))
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
