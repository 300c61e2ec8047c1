import AlmanacCore
import AlmanacStore

/// Apps, sources or tags in order of a metric over a range.
package struct Ranking: Sendable {
  package struct Entry: Sendable {
    package let subject: Subject
    package let value: Double?
    package let coverage: Coverage
    /// What a ratio was divided by; `nil` for other metrics.
    package let volume: Double?
    /// Where the true share lies with 95 percent confidence (Wilson), of `error_rate` and
    /// `satisfaction`.
    package let interval: ClosedRange<Double>?
    /// Of the sum of all, where there is a true one.
    package internal(set) var share: Double?
    /// The earlier value and the change, if a comparison was asked for.
    package internal(set) var compared: Series.Compared?
  }

  package let query: Query
  package let metric: Metric
  package let span: Span?
  /// From the first rank on; the last may be the rest.
  package private(set) var entries: [Entry] = []
  /// Those without a rank: below the least volume, or without a value.
  package private(set) var apart: [Entry] = []
  package private(set) var notes: Notes

  /// Throws an ``AlmanacError`` with the code `usage` for a question without a true answer.
  package init(_ query: Query, _ reader: FactReader) throws {
    try query.validate()
    let question = try Question(query, reader)
    let metric = query.metrics[0]
    self.query = question.query
    self.metric = metric
    span = question.span
    notes = question.notes
    try query.checkSums(metric, question.selection)
    guard let span else { return }
    try query.checkTotal(metric, span)
    let counted = try question.selection.groups.map { group in
      try (group: group, tally: question.totals(group, [metric], span)[0])
    }.filter { $0.tally.coverage.expected > 0 }
    notes.take([Notes.Holding(metric, counted.map(\.tally))])
    if metric.measure.basis == .cohorts {
      notes.takeOffsets([query.offset], try question.heldOffsets(), query.grain)
    }
    let then = query.compared(span)
    let all = try counted.map { group, tally in
      try entry(group, tally, question, then)
    }
    rank(all)
    try cut(question, counted, then)
    shareOut(counted.map(\.tally))
  }

  private func entry(
    _ group: Selection.Group, _ tally: Tally, _ question: Question, _ then: Span?
  ) throws -> Entry {
    var entry = Entry(
      subject: group.subject, value: tally.value(metric), coverage: tally.coverage,
      volume: metric.hasVolume ? tally.bottom : nil,
      interval: metric.hasInterval ? Wilson.interval(tally.top, of: tally.bottom) : nil)
    if let then, let date = then.starts.first {
      let old = try question.totals(group, [metric], then)[0]
      entry.compared = Series.Compared(
        date: date, value: old.value(metric), coverage: old.coverage,
        change: group.change(
          metric, (tally, question.span?.days ?? then.days), from: (old, then.days)))
    }
    return entry
  }

  private mutating func rank(_ all: [Entry]) {
    let isRanked = { [query] (entry: Entry) in
      entry.value != nil && (entry.volume ?? .infinity) >= Double(query.minVolume)
    }
    let order = { [query] (entry: Entry) -> Double in
      if query.lowestFirst { return entry.interval?.upperBound ?? entry.value ?? 0 }
      return -(entry.interval?.lowerBound ?? entry.value ?? 0)
    }
    // Sorting is stable: the equal stay in order of their names.
    entries = all.filter(isRanked).sorted { order($0) < order($1) }
    apart = all.filter { !isRanked($0) }
  }

  /// The first few, and the rest as one where that is a true figure.
  private mutating func cut(
    _ question: Question, _ counted: [(group: Selection.Group, tally: Tally)], _ then: Span?
  ) throws {
    guard let top = query.top, entries.count > top, let span else { return }
    let rest = entries.dropFirst(top).map(\.subject)
    entries.removeLast(entries.count - top)
    guard let other = question.other(than: entries.map(\.subject), of: rest, metric) else { return }
    let tally = try question.totals(other, [metric], span)[0]
    entries.append(try entry(other, tally, question, then))
  }

  private mutating func shareOut(_ tallies: [Tally]) {
    let over = query.breakdown == .source ? metric.overSources : metric.overApps
    // The tags of one app would count it several times.
    guard metric.isAdditive, [.sum, .sumAsAppUsers].contains(over), query.breakdown != .tag,
      !metric.measure.mayBeNegative
    else { return }
    let sum = tallies.reduce(0) { $0 + $1.top }
    guard sum > 0, sum.isFinite else { return }
    for index in entries.indices { entries[index].share = entries[index].value.map { $0 / sum } }
  }
}

extension Metric {
  /// Whether it is divided by what was counted: how many days there are says nothing of that.
  var hasVolume: Bool { ![.none, .days, .daysAndUsers].contains(measure.divisor) }

  /// Shares of counted events, of which few say little.
  var hasInterval: Bool { name == "error_rate" || name == "satisfaction" }
}

extension Query {
  /// Throws where a metric has no one figure for several buckets, and says what to ask instead.
  func checkTotal(_ metric: Metric, _ span: Span) throws {
    guard span.count > 1, [.distinct, .none].contains(metric.overTime) else { return }
    let one = paste {
      $0.grain = metric.grains.contains(.month) ? .month : metric.grains[0]
      $0.range = AskedRange(asked: 1, $0.grain)
    }
    var ways = ["ask for one bucket, as in \(one)"]
    for name in ["user_days", "mean_daily_users"] where metric.overTime == .distinct {
      guard let other = Metric(name: name) else { continue }
      ways.append("or for \(paste { $0.metrics = [other] })")
    }
    throw refusal(
      "\(metric.name) of \(span.count) \(grain)s has no true value: only the server could count it, "
        + "bucket by bucket",
      hint: ways.joined(separator: ", "))
  }
}
