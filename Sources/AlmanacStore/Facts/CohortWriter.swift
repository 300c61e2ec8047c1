import AlmanacCore
import GRDB

/// Writes the retention of the cohorts of one app, source and grain at one offset, where it
/// differs from what is held.
///
/// Cohorts are named by their place in the list of days that the writer was made with. Flush it
/// after the last one.
struct CohortWriter {
  private let db: Database
  private let app: Int
  private let source: Int
  private let grain: Grain
  private let offset: Int
  private let run: Int
  private let revision: Revision
  private let base: RetentionBase
  /// Whether the server has ever answered a retention above zero at the grain.
  private let isMeasured: Bool
  private let days: [Int]
  private var rows: RowBatch
  private var touch: BoundStatement
  private var held: [Cohort?]

  private static let upsert = Upsert(
    into: "retention_fact", key: ["app", "source", "grain", "day", "\"offset\""],
    ["base", "cohort_users", "retention_user_count", "answered_count", "mature", "run_id"],
    setting: [
      "base = excluded.base", "cohort_users = excluded.cohort_users",
      "retention_user_count = excluded.retention_user_count",
      "answered_count = excluded.answered_count", "mature = excluded.mature",
      "run_id = ifnull(run_id, excluded.run_id)",
    ])

  private struct Cohort: Equatable {
    var base: RetentionBase
    var users: Int?
    var retained: Int?
    var answered: Int?
    var isMature: Bool
  }

  /// - Parameter days: the first days of the cohorts to come, ascending
  init(
    _ db: Database, _ belief: Belief, _ entry: LedgerEntry, source: Int, days: [Int]
  ) throws {
    self.db = db
    self.source = source
    self.days = days
    app = belief.app
    grain = belief.grain
    offset = belief.offset
    run = entry.run
    base = belief.base
    revision = Revision(belief, entry, source)
    isMeasured = try Archive.measuresRetention(db, app: belief.app, grain: belief.grain)
    held = Array(repeating: nil, count: days.count)
    rows = try RowBatch(db, Self.upsert)
    touch = try BoundStatement(
      db, "UPDATE user_fact SET run_id = ? WHERE app = ? AND source = ? AND grain = ? AND day = ?")
    try readHeld()
  }

  private mutating func readHeld() throws {
    guard let first = days.first, let last = days.last else { return }
    var query = try BoundStatement(
      db,
      """
      SELECT day, base, cohort_users, retention_user_count, answered_count, mature
      FROM retention_fact
      WHERE app = ? AND source = ? AND grain = ? AND day BETWEEN ? AND ? AND "offset" = ?
      """)
    query.bind(app)
    query.bind(source)
    query.bind(grain.rawValue)
    query.bind(first)
    query.bind(last)
    query.bind(offset)
    try query.forEach(of: days) { place, row in
      held[place] = Cohort(
        base: try row.value(1), users: row.integer(orNull: 2),
        retained: row.integer(orNull: 3), answered: row.integer(orNull: 4),
        isMature: row.integer(5) != 0)
    }
  }

  mutating func flush() throws { try rows.flush() }

  /// The retention of a cohort, unknown until it is mature.
  ///
  /// - Parameter isSeen: whether the row that the views begin with is of this run already
  mutating func write(
    _ figures: Figures, at place: Int, isMature: Bool, isSeen: Bool
  ) throws -> FactWriter.Change {
    let old = held[place]
    let counted: Figure = base == .activeUsers ? .userCount : .newUserCount
    let answered = isMature ? figures[.retentionUserCount].map { Int($0) } : nil
    var new = Cohort(
      base: base, users: figures[counted].map { Int($0) } ?? old?.users,
      answered: answered ?? old?.answered, isMature: isMature || old?.isMature == true)
    // A server that only ever answers zero does not measure; of nobody, nobody comes back.
    new.retained = isMeasured || new.users == 0 ? new.answered : nil
    guard new != old else { return .none }
    held[place] = new
    rows.bind(app)
    rows.bind(source)
    rows.bind(grain.rawValue)
    rows.bind(days[place])
    rows.bind(offset)
    rows.bind(new.base.rawValue)
    rows.bind(new.users)
    rows.bind(new.retained)
    rows.bind(new.answered)
    rows.bind(new.isMature ? 1 : 0)
    rows.bind(new.answered.map { _ in run })
    try rows.endRow()
    guard new.retained != old?.retained else { return .none }
    if offset == 1, !isSeen {
      touch.bind(run)
      touch.bind(app)
      touch.bind(source)
      touch.bind(grain.rawValue)
      touch.bind(days[place])
      try touch.run()
    }
    guard let before = old?.retained else { return .new }
    try revision.record(
      db, Figure.retentionUserCount.name(offset: offset), Double(before),
      new.retained.map { Double($0) }, Bucket(grain, holding: Day(number: days[place])))
    return .revised
  }
}
