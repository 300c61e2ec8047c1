import AlmanacCore
import AlmanacStore

/// Makes the series of a trend: reads, smooths, adds up and compares its tallies.
struct TrendLines {
  /// A series, and the sum of its buckets, by which several are put in order.
  private struct Line {
    let series: Series
    let total: Tally
  }

  private let resolved: ResolvedQuery
  private let query: Query
  private let span: Span
  /// The number of buckets that are read before the first of the range.
  private let lead: Int
  private let extended: Span
  /// The number of buckets between a bucket and the one that it is compared with.
  private let shift: Int?

  init(_ resolved: ResolvedQuery, over span: Span) {
    self.resolved = resolved
    query = resolved.query
    self.span = span
    shift = query.comparisonShift(of: span)
    lead = (shift ?? 0) + (query.smooth ?? 1) - 1 + (query.showsGrowth ? 1 : 0)
    extended = span.extended(by: lead)
  }

  /// The series, and how much is held of each metric.
  func series() throws -> ([Series], [Notes.MetricCoverage]) {
    var byMetric = query.metrics.map { _ in [Line]() }
    var coverages = query.metrics.map { Notes.MetricCoverage($0) }
    for group in resolved.selection.groups {
      for (metric, tallies) in zip(
        query.metrics.indices,
        try resolved.tallies(of: group, for: query.metrics, over: extended))
      {
        byMetric[metric].append(try line(query.metrics[metric], of: group, tallies))
        coverages[metric].add(tallies[lead...])
      }
    }
    for metric in byMetric.indices {
      byMetric[metric] = try firstFew(of: byMetric[metric], by: query.metrics[metric])
    }
    return (byMetric.joined().map(\.series), coverages)
  }

  private func line(
    _ metric: Metric, of group: Selection.Group, _ tallies: [Tally]
  ) throws -> Line {
    let smoothed = query.smooth.map { Self.smoothed(tallies, over: $0) } ?? tallies
    try resolved.checkBase(of: metric, in: smoothed)
    let values = smoothed.map { tally -> Double? in
      guard query.smooth == nil || tally.coverage.isWhole else { return nil }
      // The mean of sums is their sum divided by their number.
      return tally.value(of: metric).map {
        metric.measure.divisor == .none ? $0 / Double(query.smooth ?? 1) : $0
      }
    }
    let change = { (place: Int, then: Int) in
      group.change(
        of: metric, to: (smoothed[place], days(upTo: place)),
        from: (smoothed[then], days(upTo: then)))
    }
    var total = Tally()
    let points = span.starts.indices.map { index -> Series.Point in
      let place = index + lead
      total.add(tallies[place])
      var value = values[place]
      if query.isCumulative, tallies[place].coverage.held > 0 { value = total.value(of: metric) }
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

  /// The days that make the value of a bucket, with those that smoothing adds.
  private func days(upTo place: Int) -> Range<Day> {
    extended.starts[
      max(0, place + 1 - (query.smooth ?? 1))]..<span.grain.start(
        of: extended.starts[place], advancedBy: 1)
  }

  /// The sum of the last `count` buckets up to each bucket. A sum expects nothing if it begins
  /// before the first bucket, or if a part of it was not expected.
  private static func smoothed(_ tallies: [Tally], over count: Int) -> [Tally] {
    tallies.indices.map { place in
      guard place >= count - 1 else { return Tally() }
      let window = tallies[place - count + 1...place]
      let sum = window.reduce(Tally(), +)
      return sum.coverage.isWhole && !window.allSatisfy(\.coverage.isWhole) ? Tally() : sum
    }
  }

  /// The first few by their sums, and the rest as one if that is a true figure.
  private func firstFew(of lines: [Line], by metric: Metric) throws -> [Line] {
    guard let top = query.top, lines.count > top else {
      return lines
    }
    let ordered = lines.sorted {
      ($0.total.value(of: metric) ?? -.infinity) > ($1.total.value(of: metric) ?? -.infinity)
    }
    let kept = Array(ordered.prefix(top))
    let names = kept.map(\.series.subject)
    guard
      let other = resolved.rest(
        of: lines.map(\.series.subject).filter { !names.contains($0) }, besides: names, for: metric)
    else { return kept }
    let tallies = try resolved.tallies(of: other, for: [metric], over: extended)[0]
    return kept + [try line(metric, of: other, tallies)]
  }
}
