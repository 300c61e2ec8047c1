import AlmanacCore
import GRDB

extension Archive {
  /// How a bucket stood before an answer, which decides what becomes of the answer's figures.
  struct Hold {
    enum Trust {
      /// They replace those that are held.
      case whole
      /// They raise them: the server has forgotten a part of what was never held whole.
      case raises
      /// They are left: the server has forgotten a part of what is held whole.
      case nothing
    }

    var trust = Trust.whole
    /// Whether what is held was seen before the bucket ended, so that it is no figure of the bucket
    /// where the answer has none.
    var isOpen = false
    /// The run that first stored the bucket after its end; `nil` while it is open.
    var completeRun: Int?
  }

  /// Brings the states of the buckets up to date, if the answer is about all sources. Returns how
  /// each stood.
  static func writeStates(
    _ db: Database, _ belief: Belief, run: Int
  ) throws -> [Hold] {
    var held = try heldStates(db, belief)
    if held.contains(where: { $0 == nil }) {
      try enterDates(db, belief)
      try findLeftOpen(db, belief, &held)
    }
    var rows = try RowBatch(db, bucketUpsert)
    var holds: [Hold] = []
    holds.reserveCapacity(belief.buckets.count)
    for (place, believed) in belief.buckets.enumerated() {
      let day = believed.bucket.start
      let old = held[place]
      var hold = Hold(isOpen: old?.state == .open, completeRun: old?.completeRun)
      var state = believed.state
      if belief.memory.hasForgotten(believed.bucket) {
        let isWhole = old?.state.isWhole == true
        hold.trust = isWhole ? .nothing : .raises
        state = isWhole ? .expired : state == .open ? .open : .partial
        // What was seen of an open bucket is a lower bound only if anything was seen.
        if old?.state == .open, state == .partial, !believed.figures.isActive,
          try !isActive(db, belief, day)
        {
          holds.append(Hold(trust: .nothing))
          continue
        }
      } else if let old,
        state == .open && old.state.isWhole || state == .settling && old.state == .settled
      {
        // Neither an earlier clock nor a longer look-back takes back what was reached.
        state = old.state
      }
      holds.append(hold)
      let bySource = believed.usersBySource != nil || old?.bySource == true
      guard belief.source == .all,
        old?.hasRow != true || old?.state != state || old?.bySource != bySource,
        old != nil || hold.trust == .whole || !believed.figures.isEmpty
      else { continue }
      rows.bind(belief.app)
      rows.bind(belief.grain.rawValue)
      rows.bind(day.number)
      rows.bind(believed.time)
      rows.bind(state.rawValue)
      rows.bind(bySource ? 1 : 0)
      rows.bind(state == .open ? nil : run)
      rows.bind(state == .settled ? run : nil)
      try rows.endRow()
      if old?.state == .open, state != .open, hold.trust == .whole {
        try dropSources(db, belief, day)
      }
    }
    try rows.flush()
    return holds
  }

  private static let bucketUpsert = Upsert(
    into: "bucket", key: ["app", "grain", "day"],
    ["time", "state", "by_source", "complete_run_id", "settled_run_id"],
    setting: [
      "state = excluded.state", "by_source = excluded.by_source",
      "complete_run_id = ifnull(complete_run_id, excluded.complete_run_id)",
      "settled_run_id = ifnull(settled_run_id, excluded.settled_run_id)",
    ])

  private struct HeldState {
    let state: BucketState
    let bySource: Bool
    let completeRun: Int?
    var hasRow = true
  }

  /// A bucket that was read while it was open, and not since, has lost its row when it ended; its
  /// figures are still those of an open bucket.
  private static func findLeftOpen(
    _ db: Database, _ belief: Belief, _ held: inout [HeldState?]
  ) throws {
    var rows = try BoundStatement(
      db,
      """
      SELECT day FROM user_fact
      WHERE app = ? AND source = 0 AND grain = ? AND day BETWEEN ? AND ?
      """)
    rows.bind(belief.app)
    rows.bind(belief.grain.rawValue)
    rows.bind(belief.days.first)
    rows.bind(belief.days.last)
    try rows.forEach(of: belief.days) { place, _ in
      if held[place] == nil {
        held[place] = HeldState(state: .open, bySource: false, completeRun: nil, hasRow: false)
      }
    }
  }

  private static func heldStates(_ db: Database, _ belief: Belief) throws -> [HeldState?] {
    var held: [HeldState?] = Array(repeating: nil, count: belief.buckets.count)
    guard let first = belief.buckets.first, let last = belief.buckets.last else { return held }
    var rows = try BoundStatement(
      db,
      """
      SELECT day, state, by_source, complete_run_id FROM bucket
      WHERE app = ? AND grain = ? AND day BETWEEN ? AND ?
      """)
    rows.bind(belief.app)
    rows.bind(belief.grain.rawValue)
    rows.bind(first.bucket.start.number)
    rows.bind(last.bucket.start.number)
    try rows.forEach(of: belief.days) { place, row in
      held[place] = HeldState(
        state: try row.value(1), bySource: row.integer(2) != 0,
        completeRun: row.integer(orNull: 3))
    }
    return held
  }

  /// Takes the first days of the buckets into the calendar.
  private static func enterDates(_ db: Database, _ belief: Belief) throws {
    let days = belief.days
    guard let first = days.first, let last = days.last else { return }
    var rows = try BoundStatement(
      db, "SELECT day FROM calendar WHERE grain = ? AND day BETWEEN ? AND ? ORDER BY day")
    rows.bind(belief.grain.rawValue)
    rows.bind(first)
    rows.bind(last)
    var isNew = days.map { _ in true }
    try rows.forEach(of: days) { place, _ in isNew[place] = false }
    var insert = try BoundStatement(
      db, "INSERT INTO calendar (grain, date, day) VALUES (?, ?, ?)")
    for (place, day) in days.enumerated() where isNew[place] {
      insert.bind(belief.grain.rawValue)
      insert.bind(Day(number: day).description)
      insert.bind(day)
      try insert.run()
    }
  }

  private static func isActive(_ db: Database, _ belief: Belief, _ day: Day) throws -> Bool {
    try Bool.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT EXISTS (SELECT 1 FROM user_fact WHERE app = ? AND source = 0 AND grain = ?
            AND day = ? AND user_count > 0)
          """), arguments: [belief.app, belief.grain.rawValue, day.number]) ?? false
  }

  /// What sources had while a bucket was open is not what they have at its end; each is unknown
  /// until it is read.
  private static func dropSources(_ db: Database, _ belief: Belief, _ day: Day) throws {
    for table in FactTable.allCases {
      try db.cachedStatement(sql: table.deleteSources)
        .execute(arguments: [belief.app, belief.app, belief.grain.rawValue, day.number])
    }
  }
}
