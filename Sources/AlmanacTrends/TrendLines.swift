import AlmanacCore
import AlmanacStore

/// Makes the series of a trend: reads tallies, smooths, adds up, compares.
struct TrendLines {
  /// A series, and the sum of its buckets for putting several in order.
  struct Line {
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

  func lines() throws -> [Line] {
    var byMetric = query.metrics.map { _ in [Line]() }
    for group in question.selection.groups {
      for (metric, tallies) in zip(
        query.metrics.indices, try question.tallies(group, query.metrics, extended))
      {
        byMetric[metric].append(line(query.metrics[metric], group.subject, tallies))
      }
    }
    for metric in byMetric.indices {
      byMetric[metric] = try topped(byMetric[metric], query.metrics[metric])
    }
    return byMetric.flatMap { $0 }
  }

  private func line(_ metric: Metric, _ subject: Subject, _ tallies: [Tally]) -> Line {
    let smoothed = query.smooth.map { Self.smoothed(tallies, over: $0) } ?? tallies
    let values = smoothed.map { tally in
      // The mean of sums is their sum by their number.
      tally.value(metric).map {
        metric.measure.divisor == .none ? $0 / Double(query.smooth ?? 1) : $0
      }
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
      if query.showsGrowth {
        point.growth = Self.change(
          metric, (values[place], smoothed[place]), (values[place - 1], smoothed[place - 1]))
      }
      if let shift {
        let then = place - shift
        point.compared = Series.Compared(
          date: span.grain.start(of: span.starts[index], advancedBy: -shift),
          value: values[then], coverage: smoothed[then].coverage,
          change: Self.change(
            metric, (values[place], smoothed[place]), (values[then], smoothed[then])))
      }
      return point
    }
    return Line(series: Series(metric, subject, points: points), total: total)
  }

  /// Sums of so many buckets; nothing where one of them is not wholly held.
  private static func smoothed(_ tallies: [Tally], over count: Int) -> [Tally] {
    tallies.indices.map { place in
      guard place >= count - 1 else { return Tally() }
      let window = tallies[place - count + 1...place]
      var sum = window.reduce(Tally(), +)
      if !window.allSatisfy(\.coverage.isWhole) {
        sum = Tally(coverage: Coverage(expected: sum.coverage.expected, held: 0))
      }
      return sum
    }
  }

  /// A share of the old value; of shares, the difference. Only where both are wholly held and have
  /// ended.
  static func change(
    _ metric: Metric, _ new: (value: Double?, tally: Tally), _ old: (value: Double?, tally: Tally)
  ) -> Double? {
    guard new.tally.isWhole, old.tally.isWhole, let value = new.value, let before = old.value
    else { return nil }
    if metric.isShare { return value - before }
    return before == 0 ? nil : (value - before) / abs(before)
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
    return kept + [line(metric, other.subject, try question.tallies(other, [metric], extended)[0])]
  }
}
