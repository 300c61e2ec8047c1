import AlmanacCore
import AlmanacStore

/// Reads what is held of a member, and sums it up bucket by bucket for some metrics.
struct TallyReader {
  let reader: FactReader
  let span: Span
  let includesOpen: Bool
  let offset: Int
  /// The civil day that now is in; nothing is expected from it on, unless open buckets are.
  let today: Day

  init(_ reader: FactReader, _ span: Span, _ query: Query, today: Day) {
    self.reader = reader
    self.span = span
    includesOpen = query.includesOpen
    offset = query.offset
    self.today = today
  }

  /// A tally for each metric and bucket.
  func tallies(_ metrics: [Metric], _ member: Selection.Member) throws -> [[Tally]] {
    var tallies = metrics.map { _ in [Tally](repeating: Tally(), count: span.count) }
    guard span.count > 0, let first = member.first else { return tallies }
    for (basis, read) in [
      (Measure.Basis.bucket, readBuckets), (.days, readDays), (.cohorts, readCohorts),
    ] {
      let chosen = metrics.indices.filter { metrics[$0].measure.basis == basis }
      if !chosen.isEmpty { try read(chosen.map { (metrics[$0], $0) }, member, first, &tallies) }
    }
    return tallies
  }

  private func scope(_ member: Selection.Member, _ grain: Grain) -> FactReader.Scope {
    FactReader.Scope(
      app: member.app.key, source: member.source, grain: grain, days: span.days)
  }

  private func readBuckets(
    _ metrics: [(Metric, Int)], _ member: Selection.Member, _ first: Day,
    _ tallies: inout [[Tally]]
  ) throws {
    let first = span.grain.start(of: first)
    let rows = try held(member, span.grain, metrics.flatMap(\.0.measure.neededFigures), from: first)
    for (metric, index) in metrics {
      for (place, start) in span.starts.enumerated()
      where start >= first && next(start) <= member.app.end ?? next(start) {
        tallies[index][place].coverage.expected = 1
      }
      var place = 0
      for row in rows {
        while place < span.count, span.starts[place] < row.day { place += 1 }
        guard place < span.count, span.starts[place] == row.day,
          let parts = metric.measure.parts(of: row.figures)
        else { continue }
        tallies[index][place].hold((parts.numerator, parts.denominator), row.state)
      }
    }
  }

  private func readDays(
    _ metrics: [(Metric, Int)], _ member: Selection.Member, _ first: Day,
    _ tallies: inout [[Tally]]
  ) throws {
    let end = includesOpen ? today.advanced(by: 1) : today
    let rows = try held(member, .day, metrics.flatMap(\.0.measure.neededFigures), from: first)
    for (metric, index) in metrics {
      let divisor = metric.measure.divisor
      // A share of a month's days needs all of them, the mean of some those that can be held.
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
        guard let parts = metric.measure.parts(of: row.figures) else { continue }
        tallies[index][place].hold((parts.numerator, parts.denominator), row.state)
      }
      if divisor == .daysAndUsers { try divideByUsers(member, &tallies[index]) }
    }
  }

  private func next(_ start: Day) -> Day { span.grain.start(of: start, advancedBy: 1) }

  /// By the bucket's own users, once for each of its days.
  private func divideByUsers(_ member: Selection.Member, _ tallies: inout [Tally]) throws {
    let users = try held(member, span.grain, [.userCount], from: span.days.lowerBound).reduce(
      into: [Day: Double]()
    ) {
      $0[$1.day] = $1.figures[.userCount]
    }
    for place in tallies.indices {
      guard let users = users[span.starts[place]] else {
        tallies[place].coverage.held = 0
        continue
      }
      tallies[place].bottom *= users
    }
  }

  private func readCohorts(
    _ metrics: [(Metric, Int)], _ member: Selection.Member, _ first: Day,
    _ tallies: inout [[Tally]]
  ) throws {
    let first = span.grain.start(of: first)
    let open = span.grain.start(of: today)
    for (place, start) in span.starts.enumerated() where start >= first {
      // Until bucket T+offset has ended nothing is expected.
      let end = span.grain.start(of: start, advancedBy: offset + 1)
      guard end <= min(open, member.app.end ?? open) else { continue }
      for (_, index) in metrics { tallies[index][place].coverage.expected = 1 }
    }
    var place = 0
    for cohort in try reader.cohorts(scope(member, span.grain), offset: offset)
    where cohort.day >= first {
      while place < span.count, span.starts[place] < cohort.day { place += 1 }
      guard place < span.count, span.starts[place] == cohort.day, cohort.isMature,
        let retained = cohort.retained, let users = cohort.users
      else { continue }
      for (metric, index) in metrics where tallies[index][place].coverage.expected > 0 {
        let bottom = metric.measure.divisor == .cohort ? users : 1
        tallies[index][place].hold((retained, bottom), cohort.state)
        tallies[index][place].bases = [cohort.base]
      }
    }
  }

  /// What is older than an app's first day is not wanted any more, though it may be held; what was
  /// open when it was read last will never be whole.
  private func held(
    _ member: Selection.Member, _ grain: Grain, _ figures: [Figure], from first: Day
  ) throws -> [FactReader.HeldBucket] {
    try reader.buckets(scope(member, grain), figures)
      .filter { $0.day >= first && ($0.state != .open || includesOpen && !member.app.isRetired) }
  }
}
