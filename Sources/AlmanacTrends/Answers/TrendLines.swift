import AlmanacCore
import AlmanacStore

/// Makes the series of a trend: reads tallies, smooths, adds up, compares.
struct TrendLines {
  /// A series, and the sum of its buckets for putting several in order.
  private struct Line {
    let series: Series
    let total: Tally
  }

  private let question: Question
  private let query: Query
  private let span: Span
  /// How many buckets are read before the first.
  private let lead: Int
  private let extended: Span
  private let shift: Int?

  init(_ question: Question, _ span: Span) {
    self.question = question
    query = question.query
    self.span = span
    shift = query.shift(span.count)
    lead = (shift ?? 0) + (query.smooth ?? 1) - 1 + (query.showsGrowth ? 1 : 0)
    extended = span.extended(by: lead)
  }

  /// How much there is of each metric, besides.
  func series() throws -> ([Series], [Notes.Holding]) {
    var byMetric = query.metrics.map { _ in [Line]() }
    var holdings = query.metrics.map { Notes.Holding($0) }
    for group in question.selection.groups {
      for (metric, tallies) in zip(
        query.metrics.indices, try question.tallies(group, query.metrics, extended))
      {
        byMetric[metric].append(try line(query.metrics[metric], group, tallies))
        holdings[metric].add(tallies[lead...])
      }
    }
    for metric in byMetric.indices {
      byMetric[metric] = try topped(byMetric[metric], query.metrics[metric])
    }
    return (byMetric.joined().map(\.series), holdings)
  }

  private func line(
    _ metric: Metric, _ group: Selection.Group, _ tallies: [Tally]
  ) throws -> Line {
    let smoothed = query.smooth.map { Self.smoothed(tallies, over: $0) } ?? tallies
    try question.checkBase(metric, smoothed)
    let values = smoothed.map { tally -> Double? in
      guard query.smooth == nil || tally.coverage.isWhole else { return nil }
      // The mean of sums is their sum by their number.
      return tally.value(metric).map {
        metric.measure.divisor == .none ? $0 / Double(query.smooth ?? 1) : $0
      }
    }
    let change = { (place: Int, then: Int) in
      group.change(
        metric, (smoothed[place], days(upTo: place)), from: (smoothed[then], days(upTo: then)))
    }
    var total = Tally()
    let points = span.starts.indices.map { index -> Series.Point in
      let place = index + lead
      total.add(tallies[place])
      var value = values[place]
      if query.isCumulative, tallies[place].coverage.held > 0 { value = total.value(metric) }
      let shown = query.isCumulative ? total : smoothed[place]
      var point = Series.Point(
        date: span.starts[index], value: value, state: shown.state, coverage: shown.coverage)
      if query.showsGrowth { point.growth = change(place, place - 1) }
      if let shift {
        let then = place - shift
        point.compared = Series.Compared(
          date: span.grain.start(of: span.starts[index], advancedBy: -shift),
          value: values[then], coverage: smoothed[then].coverage, change: change(place, then))
      }
      return point
    }
    return Line(series: Series(metric, of: group.subject, points: points), total: total)
  }

  /// What the value of a bucket is of.
  private func days(upTo place: Int) -> Range<Day> {
    extended.starts[
      max(0, place + 1 - (query.smooth ?? 1))]..<span.grain.start(
        of: extended.starts[place], advancedBy: 1)
  }

  /// Sums of so many buckets; nothing is expected of one that begins before the first.
  private static func smoothed(_ tallies: [Tally], over count: Int) -> [Tally] {
    tallies.indices.map { place in
      guard place >= count - 1 else { return Tally() }
      let window = tallies[place - count + 1...place]
      let sum = window.reduce(Tally(), +)
      return sum.coverage.isWhole && !window.allSatisfy(\.coverage.isWhole) ? Tally() : sum
    }
  }

  /// The first few by their sums, and the rest as one where that is a true figure.
  private func topped(_ lines: [Line], _ metric: Metric) throws -> [Line] {
    guard let top = query.top, lines.count > top else {
      return lines
    }
    let ordered = lines.sorted {
      ($0.total.value(metric) ?? -.infinity) > ($1.total.value(metric) ?? -.infinity)
    }
    let kept = Array(ordered.prefix(top))
    let names = kept.map(\.series.subject)
    guard
      let other = question.other(
        than: names, of: lines.map(\.series.subject).filter { !names.contains($0) }, metric)
    else { return kept }
    return kept + [try line(metric, other, try question.tallies(other, [metric], extended)[0])]
  }
}
