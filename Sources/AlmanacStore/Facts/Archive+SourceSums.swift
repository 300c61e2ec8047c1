import AlmanacCore
import GRDB

extension Archive {
  /// The figures of a source in weeks, months and quarters, as sums of its days.
  ///
  /// A figure is known where it is known on every day so far. Before the source's first day it
  /// was absent if the day is held together with the users by source, and unknown otherwise. New
  /// users are left out: a user can be new to a source on a day and not in its week.
  static func sumDaysOfSource(
    _ db: Database, _ belief: Belief, _ entry: LedgerEntry, _ source: Int
  ) throws {
    guard let firstRead = belief.buckets.first?.bucket.start,
      let lastRead = belief.buckets.last?.bucket.start,
      let firsts = try Record.fetchOne(
        db,
        sql: """
          SELECT app.first_date, app_source.first_date FROM app
          JOIN app_source ON app_source.app = app.id AND app_source.source = ?
          WHERE app.id = ?
          """, arguments: [source, belief.app]),
      let appFirst: Day = try firsts[0]
    else { return }
    let sourceFirst: Day = try firsts[1]
    let from = Grain.quarter.start(of: Grain.week.start(of: firstRead))
    // A read may end inside a bucket of which the later days are held already.
    let last = min(
      belief.today,
      max(Bucket(.quarter, holding: lastRead).end, Bucket(.week, holding: lastRead).end))
    let days = try FactWriter(
      db, belief, entry, source: source, days: Array(from.number...last.number)
    ).held
    let known = try Set(
      Int.fetchCursor(
        db,
        sql: """
          SELECT day FROM bucket
          WHERE app = ? AND grain = 0 AND by_source = 1 AND day BETWEEN ? AND ?
          """,
        arguments: [belief.app, from.number, last.number]))

    for grain in Grain.allCases where grain > .day {
      let held = try Record.fetchAll(
        db,
        sql: """
          SELECT day, complete_run_id FROM bucket
          WHERE app = ? AND grain = ? AND day BETWEEN ? AND ? AND state <> 'expired'
          """,
        arguments: [
          belief.app, grain.rawValue, grain.start(of: firstRead).number,
          lastRead.number,
        ]
      ).reduce(into: [Int: Hold]()) {
        let completeRun: Int? = try $1[1]
        try $0[$1[0]] = Hold(isOpen: completeRun == nil, completeRun: completeRun)
      }
      let first = max(grain.start(of: firstRead), grain.start(of: sourceFirst))
      guard first <= lastRead else { continue }
      let buckets = Array(Window(grain, holding: first..<lastRead.advanced(by: 1)).buckets)
      var writer = try FactWriter(
        db, belief, entry, source: source, grain: grain, days: buckets.map(\.start.number))
      for (place, bucket) in buckets.enumerated() {
        guard var hold = held[bucket.start.number] else { continue }
        if belief.memory.hasForgotten(bucket) { hold.trust = .raises }
        var sums = Figures()
        var unknown: Set<Figure> = []
        let end = min(bucket.end, belief.today.advanced(by: 1))
        for day in bucket.start..<end {
          let figures = days[day.number - from.number]
          let isAbsent =
            figures == nil
            && (day < appFirst || (day < sourceFirst && known.contains(day.number)))
          if isAbsent { continue }
          for figure in Figure.allCases where figure.addsUpOverTime && figure != .newUserCount {
            if let value = figures?[figure] {
              sums[figure] = (sums[figure] ?? 0) + value
            } else {
              unknown.insert(figure)
            }
          }
        }
        for figure in unknown { sums[figure] = nil }
        _ = try writer.write(sums, at: place, hold)
      }
      try writer.flush()
    }
  }
}
