import AlmanacCore
import AlmanacStore

/// Apps, sources or tags in order of a metric over a range.
package struct Ranking: Sendable {
  package struct Entry: Sendable {
    package let subject: Subject
    package let value: Double?
    package let coverage: Coverage
    /// The sum that a ratio was divided by; `nil` for other metrics.
    package let volume: Double?
    /// The interval in which the true share lies with 95 percent confidence (Wilson); only for
    /// `error_rate` and `satisfaction`.
    package let interval: ClosedRange<Double>?
    /// The share of the sum of all; `nil` if there is no true sum.
    package internal(set) var share: Double?
    /// The earlier value and the change, if a comparison was asked for.
    package internal(set) var compared: Series.Compared?
  }

  package let query: Query
  package let metric: Metric
  package let span: Span?
  /// The entries from the first rank on; the last may be the rest.
  package private(set) var entries: [Entry] = []
  /// The entries without a rank: below the least volume, or without a value.
  package private(set) var apart: [Entry] = []
  package private(set) var notes: Notes

  /// Throws an ``AlmanacError`` with the code `usage` for a question without a true answer.
  package init(_ query: Query, from reader: FactReader) throws {
    try query.validate()
    let resolved = try ResolvedQuery(query, from: reader)
    let metric = query.metrics[0]
    self.query = resolved.query
    self.metric = metric
    span = resolved.span
    notes = resolved.notes
    try query.checkSums(of: metric, in: resolved.selection)
    guard let span else { return }
    try query.checkTotal(of: metric, over: span)
    let counted = try resolved.selection.groups.map { group in
      try (group: group, tally: resolved.totals(of: group, for: [metric], over: span)[0])
    }.filter { $0.tally.coverage.expected > 0 }
    let coverage = Notes.MetricCoverage(metric, counted.map(\.tally))
    notes.noteCoverage(of: [coverage])
    try notes.noteLacking(in: [coverage], of: resolved, over: span)
    if metric.measure.basis == .cohorts {
      notes.noteOffsets(wanted: [query.offset], held: try resolved.heldOffsets(), at: query.grain)
    }
    let all = try counted.map { group, tally in
      try entry(of: group, tally, in: resolved, over: span)
    }
    rank(all)
    try keepFirst(of: resolved, over: span)
    addShares(of: counted.map(\.tally))
  }

  private func entry(
    of group: Selection.Group, _ tally: Tally, in resolved: ResolvedQuery, over span: Span
  ) throws -> Entry {
    var entry = Entry(
      subject: group.subject, value: tally.value(of: metric), coverage: tally.coverage,
      volume: metric.hasVolume ? tally.denominator : nil,
      interval: metric.hasInterval
        ? Wilson.interval(tally.numerator, of: tally.denominator) : nil)
    if let then = query.comparedSpan(of: span), let date = then.starts.first {
      let old = try resolved.totals(of: group, for: [metric], over: then)[0]
      entry.compared = Series.Compared(
        date: date, value: old.value(of: metric), coverage: old.coverage,
        change: group.change(of: metric, to: (tally, span.days), from: (old, then.days)))
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
    // Sorting is stable, so that equal entries stay in order of their names.
    entries = all.filter(isRanked).sorted { order($0) < order($1) }
    apart = all.filter { !isRanked($0) }
  }

  /// Keeps the first few, and adds the rest as one entry if that is a true figure.
  private mutating func keepFirst(of resolved: ResolvedQuery, over span: Span) throws {
    guard let top = query.top, entries.count > top else { return }
    let rest = entries.dropFirst(top).map(\.subject)
    entries.removeLast(entries.count - top)
    guard let other = resolved.rest(of: rest, besides: entries.map(\.subject), for: metric) else {
      return
    }
    let tally = try resolved.totals(of: other, for: [metric], over: span)[0]
    entries.append(try entry(of: other, tally, in: resolved, over: span))
  }

  private mutating func addShares(of tallies: [Tally]) {
    let over = query.breakdown == .source ? metric.overSources : metric.overApps
    // An app with several tags would count once for each.
    guard metric.isAdditive, [.sum, .sumAsAppUsers].contains(over), query.breakdown != .tag,
      !metric.measure.mayBeNegative
    else { return }
    let sum = tallies.reduce(0) { $0 + $1.numerator }
    guard sum > 0, sum.isFinite else { return }
    for index in entries.indices { entries[index].share = entries[index].value.map { $0 / sum } }
  }
}

extension Metric {
  /// Whether it is divided by a number of events. A number of days says nothing of how many there
  /// were.
  var hasVolume: Bool { ![.none, .days, .daysAndUsers].contains(measure.divisor) }

  /// Whether it is a share of events, which says little if they are few.
  var hasInterval: Bool { name == "error_rate" || name == "satisfaction" }
}
