import AlmanacCore
import FastGPTSimulator
import Foundation

/// One run of a collection whose server forgets.
package struct PastRun: Sendable {
  package let now: Date
  /// Apps of which everything was read.
  package let whole: Set<String>

  package init(now: Date, whole: Set<String>) {
    self.now = now
    self.whole = whole
  }
}

/// Holds an archive against what each of its runs could see: what the server still knew at the
/// last run, and of what it had forgotten by then the last whole figures.
package struct PastComparison {
  private let collection: SimulatedCollection
  private let app: SimulatedApp
  /// Oldest first; the last one read everything.
  private let runs: [PastRun]
  private let keepsDays: Int?
  private let base: String
  /// Sources that the server did not accept at the end.
  private let rejected: Set<String>
  private let offset: @Sendable (Int) -> Int
  private var recounts: [Int: Recount] = [:]
  private var buckets: [String: [String: Recount.Bucket]] = [:]

  package init(
    _ collection: SimulatedCollection, _ app: SimulatedApp, runs: [PastRun], keepsDays: Int?,
    base: String = "users", rejected: Set<String> = [], zone: TimeZone
  ) {
    self.collection = collection
    self.app = app
    self.runs = runs
    self.keepsDays = keepsDays
    self.base = base
    self.rejected = rejected
    offset = { zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval($0))) }
  }

  private static let views = [
    "day": "daily", "week": "weekly", "month": "monthly", "quarter": "quarterly",
  ]

  /// The differences, a line each; empty if the archive is right.
  package mutating func differences() throws -> [String] {
    var differences: [String] = []
    let all = Recount(app, now: runs[runs.count - 1].now, offset: offset)
    for grain in Recount.grains {
      differences += try figures(grain, nil)
      for source in all.sources.sorted() where source.count <= 300 {
        differences += try figures(grain, source)
      }
      differences += try retention(grain)
    }
    return differences
  }

  /// The first instant of a civil day.
  private func instant(_ day: String) -> Int {
    let guess = (Day(day)?.number ?? 0) * 86_400
    let first = guess - offset(guess)
    return guess - offset(first)
  }

  private mutating func recount(_ run: Int) -> Recount {
    let recount =
      recounts[run] ?? Recount(app, now: runs[run].now, keepsDays: keepsDays, offset: offset)
    recounts[run] = recount
    return recount
  }

  /// The buckets of a grain as a run could count them.
  private mutating func counted(_ run: Int, _ grain: String, _ source: String?)
    -> [String: Recount.Bucket]
  {
    let key = "\(run) \(grain) \(source ?? "")"
    if let known = buckets[key] { return known }
    let counted = recount(run).buckets(grain, source: source, now: runs[run].now)
    buckets[key] = counted
    return counted
  }

  private func today(_ run: Int) -> String {
    let now = Int(runs[run].now.timeIntervalSince1970)
    return Recount.start("day", now + offset(now))
  }

  /// Runs in which the server still knew everything of a bucket that begins on a day, and it had
  /// ended: from the newest that read everything on. One that was broken off may have read it.
  private mutating func candidates(
    _ start: String, end: String
  ) -> (runs: [Int], isRead: Bool) {
    let able = ableRuns(start, end: end)
    guard let newest = able.last(where: { runs[$0].whole.contains(app.id) }) else {
      return (able, false)
    }
    return (able.filter { $0 >= newest }, true)
  }

  /// All of them.
  private mutating func ableRuns(_ start: String, end: String) -> [Int] {
    let first = instant(start)
    var able: [Int] = []
    for run in runs.indices where end <= today(run) {
      let lost = recount(run).newestLost.map { Int($0.timeIntervalSince1970) } ?? .min
      if lost < first { able.append(run) }
    }
    return able
  }

  private mutating func figures(_ grain: String, _ source: String?) throws -> [String] {
    let view = (Self.views[grain] ?? "") + (source == nil ? "" : "_by_source")
    let named = source.map { "AND source = '\($0.replacing("'", with: "''"))'" } ?? ""
    let rows = try collection.rows(
      """
      SELECT date, users, new_users, messages, chats, errors, good_feedback, bad_feedback, points,
        response_seconds, state FROM \(view)
      WHERE app_id = '\(app.id)' \(named) ORDER BY date
      """)
    var differences: [String] = []
    let place = "\(app.name) \(grain) \(source?.prefix(12) ?? "all")"
    let last = runs.count - 1
    for row in rows {
      let date = row[0] ?? ""
      let end = Recount.later(grain, date, by: 1)
      let state = row[10] ?? ""
      if end > today(last) {
        if state != "open" { differences.append("\(place) \(date): ended too soon, \(state)") }
        continue
      }
      let (able, isRead) = candidates(date, end: end)
      if !isRead, isLowerBound(row, grain, source) { continue }
      let matches = able.contains { run in
        Self.matches(
          row, counted(run, grain, source)[date] ?? Recount.Bucket(), source, grain,
          usersAlone: source.map(rejected.contains) ?? false)
      }
      if !matches {
        let expected = able.first.flatMap { counted($0, grain, source)[date] }
        differences.append(
          "\(place) \(date): held \(row.map { $0 ?? "-" }), whole in \(able.count) runs as "
            + "\(expected.map(Self.words) ?? "nothing")")
      }
      let isKnown = able.contains(last)
      if isKnown, state == "expired" {
        differences.append("\(place) \(date): expired, and the server knows it")
      }
    }
    let held = Set(rows.compactMap { $0[0] })
    for (date, bucket) in counted(last, grain, source)
    where !held.contains(date) && bucket.chats > 0 {
      differences.append("\(place) \(date): missing")
    }
    return differences
  }

  /// Whether a bucket says that it is not whole, or knows nothing but users, and claims no more
  /// than there was.
  private func isLowerBound(_ row: [String?], _ grain: String, _ source: String?) -> Bool {
    let last = runs[runs.count - 1].now
    let all = Recount(app, now: last, offset: offset).buckets(grain, source: source, now: last)
    let isUnread = source != nil && row[3] == nil
    return (row[10] == "partial" || isUnread)
      && Int(row[3] ?? "0") ?? 0 <= all[row[0] ?? ""]?.messages ?? 0
  }

  private static func matches(
    _ row: [String?], _ bucket: Recount.Bucket, _ source: String?, _ grain: String,
    usersAlone: Bool
  ) -> Bool {
    if usersAlone { return row[1] == "\(bucket.users.count)" }
    let newUsers: String? = source != nil && grain != "day" ? nil : "\(bucket.newUsers)"
    let counts: [String?] = [
      "\(bucket.users.count)", newUsers, "\(bucket.messages)", "\(bucket.chats)",
      "\(bucket.errors)", "\(bucket.good)", "\(bucket.bad)",
    ]
    guard Array(row[1...7]) == counts else { return false }
    return zip([row[8], row[9]], [bucket.points, bucket.responseSeconds]).allSatisfy {
      abs((Double($0 ?? "") ?? -1) - $1) < 1e-6
    }
  }

  private static func words(_ bucket: Recount.Bucket) -> String {
    "\(bucket.users.count) \(bucket.newUsers) \(bucket.messages) \(bucket.chats) "
      + "\(bucket.errors) \(bucket.good) \(bucket.bad) \(bucket.points) \(bucket.responseSeconds)"
  }

  private mutating func retention(_ grain: String) throws -> [String] {
    let rows = try collection.rows(
      """
      SELECT date, offset, cohort_users, retention.retained_users, mature, base, state
      FROM retention JOIN \(Self.views[grain] ?? "") USING (app_id, date)
      WHERE app_id = '\(app.id)' AND grain = '\(grain)' AND mature = 1
      """)
    var differences: [String] = []
    for row in rows {
      let date = row[0] ?? ""
      let later = Recount.later(grain, date, by: Int(row[1] ?? "") ?? 1)
      // A settled cohort is read again only with the whole past, and new users of a server that
      // forgets become more with time.
      var able = ableRuns(date, end: Recount.later(grain, later, by: 1))
      if able.last == runs.count - 1 { able = [runs.count - 1] }
      if row[6] == "partial" { continue }
      let place = "\(app.name) \(grain) \(date) T+\(row[1] ?? "")"
      let matches = able.contains { run in
        let buckets = counted(run, grain, nil)
        // Of an upgraded server, what it had forgotten by then keeps the base of before.
        let base = able.last == runs.count - 1 ? base : row[5]
        let cohort = base == "users" ? buckets[date]?.users : buckets[date]?.newcomers
        let again = (cohort ?? []).intersection(buckets[later]?.users ?? [])
        let isUnmeasured = row[3] == nil && again.isEmpty
        return row[2] == "\(cohort?.count ?? 0)" && (row[3] == "\(again.count)" || isUnmeasured)
          && row[5] == base
      }
      if !matches { differences.append("\(place): held \(row)") }
    }
    return differences
  }
}
