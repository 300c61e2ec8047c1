import AlmanacCore
import AlmanacStore

/// Users by source that come with the answer for all sources.
struct SourceUsers {
  private let held: Held
  private(set) var rows: [UserRows] = []
  private var places: [Name: Int] = [:]
  /// The sources of the previous bucket, which are mostly the same, and the row of each.
  private var sources: [Name] = []
  private var chosen: [Int] = []
  /// The held users of each row's source.
  private var before: [[Int?]?] = []

  init(over held: Held) { self.held = held }

  /// Takes in the users of one bucket.
  mutating func add(
    _ users: UsersBySource, at place: Int, by rule: BucketRule, run: Int, isRecut: Bool
  ) -> (difference: Difference, revisions: [Revision]) {
    if users.sources != sources {
      sources = users.sources
      chosen = sources.map { index(of: $0) }
    }
    var difference = Difference.none
    var revisions: [Revision] = []
    for (index, count) in zip(chosen, users.counts) {
      let old = rule.dropsSources ? nil : before[index]?[place]
      let new = rule.overwrite == .raise ? max(count, old ?? count) : count
      guard new != old else { continue }
      let bucket = held.buckets[place]
      rows[index].days.append(bucket.start)
      rows[index].counts.append(new)
      let revision = Revising(
        source: .named(rows[index].source), bucket: bucket, completeRun: rule.completeRun,
        run: run, isRecut: isRecut
      ).revision(of: Figure.userCount.name, from: old.map(Double.init), to: Double(new))
      if let revision { revisions.append(revision) }
      difference += revision?.old == nil ? .new : .revised
    }
    return (difference, revisions)
  }

  private mutating func index(of source: Name) -> Int {
    if let known = places[source] { return known }
    rows.append(UserRows(source: source, grain: held.window.grain))
    before.append(held.users[source])
    places[source] = rows.count - 1
    return rows.count - 1
  }
}
