import AlmanacCore
import AlmanacStore

/// Reads the rows of a member, and sums them up bucket by bucket for some metrics.
struct TallyReader {
  let reader: FactReader
  let span: Span
  let includesOpen: Bool
  let offset: Int
  /// The day that has not ended. Nothing is expected from this day on, unless open buckets are
  /// asked for.
  let today: Day

  init(_ reader: FactReader, over span: Span, for query: Query, today: Day) {
    self.reader = reader
    self.span = span
    includesOpen = query.includesOpen
    offset = query.offset
    self.today = today
  }

  /// A tally for each metric and bucket.
  func tallies(of member: Selection.Member, for metrics: [Metric]) throws -> [[Tally]] {
    var tallies = metrics.map { _ in [Tally](repeating: Tally(), count: span.count) }
    guard span.count > 0, let first = member.first else { return tallies }
    for (basis, read) in [
      (Measure.Basis.bucket, readBuckets), (.days, readDays), (.cohorts, readCohorts),
    ] {
      let chosen = metrics.indices.filter { metrics[$0].measure.basis == basis }
      if !chosen.isEmpty { try read(chosen.map { (metrics[$0], $0) }, member, first, &tallies) }
    }
    for (index, metric) in metrics.enumerated() where metric.further != nil {
      try readBuckets([(metric, index)], member, first, &tallies)
    }
    return tallies
  }

  private func scope(of member: Selection.Member, at grain: Grain) -> FactReader.FactQuery {
    FactReader.FactQuery(
      app: member.app.key, source: member.source, grain: grain, days: span.days)
  }

  /// Reads the metrics of one basis, or one further figure.
  private func readBuckets(
    _ metrics: [(Metric, Int)], _ member: Selection.Member, _ first: Day,
    _ tallies: inout [[Tally]]
  ) throws {
    let first = span.grain.start(of: first)
    let rows = try heldRows(
      of: member, at: span.grain, metrics.flatMap(\.0.measure.neededFigures),
      further: metrics.first?.0.further, from: first)
    for (metric, index) in metrics {
      for (place, start) in span.starts.enumerated()
      where start >= first && next(start) <= member.app.end ?? next(start) {
        tallies[index][place].coverage.expected = 1
      }
      var place = 0
      for row in rows {
        while place < span.count, span.starts[place] < row.day { place += 1 }
        guard place < span.count, span.starts[place] == row.day else { continue }
        let parts =
          metric.further == nil
          ? metric.measure.parts(of: row.figures) : row.further.map { ($0, 1) }
        tallies[index][place].add(parts, in: row.state)
      }
    }
  }

  private func readDays(
    _ metrics: [(Metric, Int)], _ member: Selection.Member, _ first: Day,
    _ tallies: inout [[Tally]]
  ) throws {
    let end = includesOpen ? today.advanced(by: 1) : today
    let rows = try heldRows(
      of: member, at: .day, metrics.flatMap(\.0.measure.neededFigures), from: first)
    for (metric, index) in metrics {
      let divisor = metric.measure.divisor
      // Stickiness needs every day of the month. Other metrics need the days that can be held.
      let isOfAll = divisor == .daysAndUsers
      let first = isOfAll ? span.days.lowerBound : first
      for (place, start) in span.starts.enumerated() {
        let last = member.app.end.map { isOfAll && start < $0 ? next(start) : $0 } ?? end
        let days = max(start, first)..<max(start, first, min(next(start), end, last))
        tallies[index][place].coverage.expected = days.count
      }
      var place = 0
      for row in rows {
        while next(span.starts[place]) <= row.day { place += 1 }
        tallies[index][place].add(metric.measure.parts(of: row.figures), in: row.state)
      }
      if divisor == .daysAndUsers { try multiplyDays(in: &tallies[index], byUsersOf: member) }
    }
  }

  private func next(_ start: Day) -> Day { span.grain.start(of: start, advancedBy: 1) }

  /// Multiplies each denominator, which is a number of days, by the bucket's own users.
  private func multiplyDays(
    in tallies: inout [Tally], byUsersOf member: Selection.Member
  ) throws {
    let rows = try heldRows(
      of: member, at: span.grain, [.userCount], from: span.days.lowerBound)
    let users = rows.reduce(into: [Day: Double]()) { $0[$1.day] = $1.figures[.userCount] }
    for place in tallies.indices {
      guard let users = users[span.starts[place]] else {
        tallies[place].coverage.held = 0
        continue
      }
      tallies[place].denominator *= users
    }
  }

  private func readCohorts(
    _ metrics: [(Metric, Int)], _ member: Selection.Member, _ first: Day,
    _ tallies: inout [[Tally]]
  ) throws {
    let first = span.grain.start(of: first)
    let open = span.grain.start(of: today)
    for (place, start) in span.starts.enumerated() where start >= first {
      // Nothing is expected until bucket T+offset has ended.
      let end = span.grain.start(of: start, advancedBy: offset + 1)
      guard end <= min(open, member.app.end ?? open) else { continue }
      for (_, index) in metrics { tallies[index][place].coverage.expected = 1 }
    }
    var place = 0
    for cohort in try reader.cohorts(scope(of: member, at: span.grain), offset: offset)
    where cohort.day >= first {
      while place < span.count, span.starts[place] < cohort.day { place += 1 }
      guard place < span.count, span.starts[place] == cohort.day, cohort.isMature,
        let base = cohort.base, let retained = cohort.retained, let users = cohort.users
      else { continue }
      for (metric, index) in metrics where tallies[index][place].coverage.expected > 0 {
        let denominator = metric.measure.divisor == .cohort ? users : 1
        tallies[index][place].add((retained, denominator), in: cohort.state)
        tallies[index][place].bases = [base]
      }
    }
  }

  /// The rows that count. Rows from before the app's first day may be held, but they are not
  /// wanted. A row of a retired app that was still open when it was last read will never be whole.
  private func heldRows(
    of member: Selection.Member, at grain: Grain, _ figures: [Figure],
    further: FurtherFigure.Key? = nil, from first: Day
  ) throws -> [FactReader.HeldBucket] {
    try reader.buckets(scope(of: member, at: grain), figures, further: further)
      .filter { $0.day >= first && ($0.state != .open || includesOpen && !member.app.isRetired) }
  }
}
