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
    /// The run that first stored the bucket after its end; `nil` while it is open.
    var completeRun: Int?
  }

  /// Brings the states of the buckets up to date, if the answer is about all sources.
  static func writeStates(
    _ db: Database, _ belief: Belief, run: Int
  ) throws -> [Int: Hold] {
    guard let first = belief.buckets.first, let last = belief.buckets.last else { return [:] }
    var held: [Int: (state: BucketState, bySource: Bool, completeRun: Int?)] = [:]
    let rows = try Row.fetchCursor(
      db.cachedStatement(
        sql: """
          SELECT day, state, by_source, complete_run_id FROM bucket
          WHERE app = ? AND grain = ? AND date BETWEEN ? AND ?
          """),
      arguments: [
        belief.app, belief.grain.rawValue, first.bucket.start.description,
        last.bucket.start.description,
      ])
    while let row = try rows.next() {
      held[row[0]] = (BucketState(rawValue: row[1]) ?? .open, row[2], row[3])
    }
    var holds: [Int: Hold] = [:]
    for believed in belief.buckets {
      let day = believed.bucket.start
      let old = held[day.number]
      var hold = Hold(completeRun: old?.completeRun)
      var state = believed.state
      if belief.memory.hasForgotten(believed.bucket) {
        let isWhole = old?.state.isWhole == true
        hold.trust = isWhole ? .nothing : .raises
        state = isWhole ? .expired : state == .open ? .open : .partial
        // What was seen of an open bucket is a lower bound only if anything was seen.
        if old?.state == .open, state == .partial, !believed.figures.isActive,
          try !isActive(db, belief, day)
        {
          holds[day.number] = Hold(trust: .nothing)
          continue
        }
      } else if let old,
        state == .open && old.state.isWhole || state == .settling && old.state == .settled
      {
        // Neither an earlier clock nor a longer look-back takes back what was reached.
        state = old.state
      }
      holds[day.number] = hold
      let bySource = believed.usersBySource != nil || old?.bySource == true
      guard belief.source == .all, old?.state != state || old?.bySource != bySource,
        old != nil || hold.trust == .whole || !believed.figures.isEmpty
      else { continue }
      var statement = try BoundStatement(
        db,
        """
        INSERT INTO bucket (app, grain, date, day, time, state, by_source, complete_run_id,
          settled_run_id)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, CASE WHEN ?6 <> 'open' THEN ?8 END,
          CASE WHEN ?6 = 'settled' THEN ?8 END)
        ON CONFLICT (app, grain, date) DO UPDATE SET state = excluded.state,
          by_source = excluded.by_source,
          complete_run_id = ifnull(complete_run_id, excluded.complete_run_id),
          settled_run_id = ifnull(settled_run_id, excluded.settled_run_id)
        """)
      statement.bind(belief.app)
      statement.bind(belief.grain.rawValue)
      statement.bind(day.description)
      statement.bind(day.number)
      statement.bind(believed.time)
      statement.bind(state.rawValue)
      statement.bind(bySource ? 1 : 0)
      statement.bind(run)
      try statement.run()
      if old?.state == .open, state != .open, hold.trust == .whole {
        try dropSources(db, belief, day)
      }
    }
    return holds
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
