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

  init(_ reader: FactReader, _ span: Span, _ query: Query, today: Day) {
    self.reader = reader
    self.span = span
    self.query = query
    self.today = today
  }

  /// A tally for each metric.
  func totals(_ metrics: [Metric], _ member: Selection.Member) throws -> [Tally] {
    let canCover = metrics.allSatisfy { $0.isAdditive && $0.measure.basis == .bucket }
    // Weeks lie across months.
    guard canCover, span.grain != .week, let first = member.first else {
      return try plain(metrics, member, span)
    }
    var totals = metrics.map { _ in Tally() }
    let from = max(span.days.lowerBound, span.grain.start(of: first))
    guard from < span.days.upperBound else { return totals }
    var rest = [from..<span.days.upperBound]
    for grain in [Grain.quarter, .month] where grain > span.grain {
      rest = try rest.flatMap { days -> [Range<Day>] in
        days.isEmpty ? [] : try cover(days, grain, metrics, member, &totals)
      }
    }
    for days in rest where !days.isEmpty {
      let parts = try plain(metrics, member, Span(span.grain, inside: days))
      for index in totals.indices { totals[index].add(parts[index]) }
    }
    return totals
  }

  private func plain(
    _ metrics: [Metric], _ member: Selection.Member, _ span: Span
  ) throws -> [Tally] {
    try TallyReader(reader, span, query, today: today).tallies(metrics, member)
      .map { $0.reduce(Tally(), +) }
  }

  /// Takes the buckets of a grain that are held whole; returns the days of the others.
  private func cover(
    _ days: Range<Day>, _ grain: Grain, _ metrics: [Metric], _ member: Selection.Member,
    _ totals: inout [Tally]
  ) throws -> [Range<Day>] {
    let coarse = Span(grain, inside: days)
    guard coarse.count > 0 else { return [days] }
    let rows = try reader.buckets(
      FactReader.Scope(
        app: member.app.key, source: member.source, grain: grain, days: coarse.days),
      metrics.flatMap(\.measure.reads))
    var rest: [Range<Day>] = []
    var next = days.lowerBound
    for row in rows where row.state.isWhole && coarse.starts.contains(row.day) {
      let parts = metrics.compactMap { $0.measure.parts(of: row.figures) }
      guard parts.count == metrics.count else { continue }
      let end = grain.start(of: row.day, advancedBy: 1)
      let count = Span(span.grain, inside: row.day..<end).count
      for index in totals.indices {
        totals[index].add(
          Tally(
            top: parts[index].top, bottom: parts[index].bottom,
            coverage: Coverage(expected: count, held: count), state: row.state))
      }
      rest.append(next..<row.day)
      next = end
    }
    return rest + [next..<days.upperBound]
  }
}
