import AlmanacCore
import AlmanacStore

/// Sums a member up over a span from as few buckets as possible.
///
/// A quarter or month that is held whole stands for the buckets in it: it is one row instead of
/// ninety, and it is there even where one of its days was never read.
struct Cover {
  private let reader: FactReader
  private let span: Span
  private let query: Query
  private let today: Day
  /// Those of which there is one in the span, the coarsest first.
  private let coarser: [Grain]

  init(_ reader: FactReader, _ span: Span, _ query: Query, today: Day) {
    self.reader = reader
    self.span = span
    self.query = query
    self.today = today
    // Weeks lie across months.
    coarser = [.quarter, .month].filter {
      span.grain != .week && $0 > span.grain && Span($0, inside: span.days).count > 0
    }
  }

  /// A tally for each metric.
  func totals(_ metrics: [Metric], _ member: Selection.Member) throws -> [Tally] {
    guard !coarser.isEmpty, let first = member.first else {
      return try plain(metrics, member, span)
    }
    // A coarse bucket may hold one figure and not another.
    return try metrics.map { metric in
      metric.isAdditive && metric.measure.basis == .bucket
        ? try total(metric, member, from: first) : try plain([metric], member, span)[0]
    }
  }

  private func total(
    _ metric: Metric, _ member: Selection.Member, from first: Day
  ) throws -> Tally {
    var total = Tally()
    let from = max(span.days.lowerBound, span.grain.start(of: first))
    guard from < span.days.upperBound else { return total }
    var rest = [from..<span.days.upperBound]
    for grain in coarser {
      rest = try rest.flatMap { days -> [Range<Day>] in
        days.isEmpty ? [] : try cover(days, grain, metric, member, &total)
      }
    }
    for days in rest where !days.isEmpty {
      total.add(try plain([metric], member, Span(span.grain, inside: days))[0])
    }
    return total
  }

  private func plain(
    _ metrics: [Metric], _ member: Selection.Member, _ span: Span
  ) throws -> [Tally] {
    try TallyReader(reader, span, query, today: today).tallies(metrics, member)
      .map { $0.reduce(Tally(), +) }
  }

  /// Takes the buckets of a grain that are held whole; returns the days of the others.
  private func cover(
    _ days: Range<Day>, _ grain: Grain, _ metric: Metric, _ member: Selection.Member,
    _ total: inout Tally
  ) throws -> [Range<Day>] {
    let coarse = Span(grain, inside: days)
    guard coarse.count > 0 else { return [days] }
    let rows = try reader.buckets(
      FactReader.Scope(
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
          top: parts.numerator, bottom: parts.denominator,
          coverage: Coverage(expected: count, held: count), state: row.state))
      rest.append(next..<row.day)
      next = end
    }
    return rest + [next..<days.upperBound]
  }
}
