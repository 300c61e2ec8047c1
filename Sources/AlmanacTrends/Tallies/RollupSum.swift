import AlmanacCore
import AlmanacStore

/// Sums a member up over a span from as few buckets as possible.
///
/// A quarter or month that is held whole stands for the buckets in it. It is one row instead of
/// ninety, and it may be held even if one of its days was never read.
struct RollupSum {
  private let reader: FactReader
  private let span: Span
  private let query: Query
  private let today: Day
  /// The grains of which a bucket lies in the span, the coarsest first.
  private let coarser: [Grain]

  init(_ reader: FactReader, over span: Span, for query: Query, today: Day) {
    self.reader = reader
    self.span = span
    self.query = query
    self.today = today
    // A week may lie in two months.
    coarser = [.quarter, .month].filter {
      span.grain != .week && $0 > span.grain && Span($0, inside: span.days).count > 0
    }
  }

  /// A tally for each metric.
  func totals(of member: Selection.Member, for metrics: [Metric]) throws -> [Tally] {
    guard !coarser.isEmpty, let first = member.first else {
      return try plainTotals(of: member, for: metrics, over: span)
    }
    // A coarse bucket may hold one figure and not another.
    return try metrics.map { metric in
      metric.isAdditive && metric.measure.basis == .bucket
        ? try total(of: member, for: metric, from: first)
        : try plainTotals(of: member, for: [metric], over: span)[0]
    }
  }

  private func total(
    of member: Selection.Member, for metric: Metric, from first: Day
  ) throws -> Tally {
    var total = Tally()
    let from = max(span.days.lowerBound, span.grain.start(of: first))
    guard from < span.days.upperBound else { return total }
    var rest = [from..<span.days.upperBound]
    for grain in coarser {
      rest = try rest.flatMap { days -> [Range<Day>] in
        days.isEmpty
          ? [] : try add(grain, in: days, of: member, for: metric, to: &total)
      }
    }
    for days in rest where !days.isEmpty {
      let rest = Span(span.grain, inside: days)
      total.add(try plainTotals(of: member, for: [metric], over: rest)[0])
    }
    return total
  }

  /// The sums of the buckets of the span's own grain.
  private func plainTotals(
    of member: Selection.Member, for metrics: [Metric], over span: Span
  ) throws -> [Tally] {
    try TallyReader(reader, over: span, for: query, today: today).tallies(of: member, for: metrics)
      .map { $0.reduce(Tally(), +) }
  }

  /// Adds the buckets of a grain that are held whole, and returns the days that are left.
  private func add(
    _ grain: Grain, in days: Range<Day>, of member: Selection.Member, for metric: Metric,
    to total: inout Tally
  ) throws -> [Range<Day>] {
    let coarse = Span(grain, inside: days)
    guard coarse.count > 0 else { return [days] }
    let rows = try reader.buckets(
      FactReader.FactQuery(
        app: member.app.key, source: member.source, grain: grain, days: coarse.days),
      metric.measure.neededFigures)
    var rest: [Range<Day>] = []
    var next = days.lowerBound
    for row in rows where row.state.isWhole && coarse.starts.contains(row.day) {
      guard let parts = metric.measure.parts(of: row.figures) else { continue }
      let end = grain.start(of: row.day, advancedBy: 1)
      let count = Span(span.grain, inside: row.day..<end).count
      total.add(
        Tally(
          numerator: parts.numerator, denominator: parts.denominator,
          coverage: Coverage(expected: count, held: count), state: row.state))
      rest.append(next..<row.day)
      next = end
    }
    return rest + [next..<days.upperBound]
  }
}
