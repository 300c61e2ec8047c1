import AlmanacCore
import AlmanacStore

/// The buckets that lie far from what their past suggests.
///
/// A bucket is judged by earlier ones alone: at day grain by the last eight same weekdays, else by
/// the last eight buckets. The usual value is their median. The scale is the greatest of three:
/// 1.4826 times their median absolute deviation, the root of the median, and 1.
package struct Anomalies: Sendable {
  /// A stretch of buckets that are far off to one side.
  package struct Episode: Sendable {
    package let metric: Metric
    package let subject: Subject
    /// The first bucket that is far off.
    package let first: Day
    package let last: Day
    /// The number of buckets from the first to the last.
    package let count: Int
    /// The bucket that is farthest off.
    package let peak: Day
    package let value: Double
    /// The value that the past suggests for the peak.
    package let usual: Double
    /// The distance of the peak from the usual value in scales; negative for below.
    package let score: Double
    /// The bucket after the last, if that one is as usual again.
    package let recovered: Day?
    /// The sum of the scores of all its buckets, by which episodes are put in order.
    package let weight: Double
  }

  /// The least distance, in scales, at which a bucket is far off.
  package static let farScore = 3.5
  /// The least difference that is worth a word, whatever the scale.
  package static let leastDifference = 20.0
  /// The least difference that is worth a word, as a share of the usual value.
  package static let leastShare = 0.3
  private static let pastCount = 8
  private static let leastPast = 5
  /// The number of buckets before the range in which an episode may have begun.
  private static let leadCount = 28

  package let query: Query
  package let span: Span?
  /// The episodes, the weightiest first.
  package private(set) var episodes: [Episode] = []
  /// The number of buckets expected in the range, and the number that could be judged.
  package private(set) var judged = Coverage()
  package private(set) var notes: Notes

  package init(_ query: Query, from reader: FactReader) throws {
    try query.validate()
    for metric in query.metrics where metric.measure.divisor != .none {
      throw query.refusal(
        "\(metric.name) is a ratio, which swings where little is counted; only counts are judged",
        hint: "ask for what it is made of: "
          + query.variation {
            $0.metrics = metric.measure.figures.compactMap { Metric(name: $0.name) }
          })
    }
    let resolved = try ResolvedQuery(query, from: reader)
    self.query = resolved.query
    span = resolved.span
    notes = resolved.notes
    for metric in query.metrics { try query.checkSums(of: metric, in: resolved.selection) }
    guard let span else { return }
    let step = query.grain == .day ? 7 : 1
    let extended = span.extended(by: Self.leadCount + Self.pastCount * step)
    var coverages = query.metrics.map { Notes.MetricCoverage($0) }
    for group in resolved.selection.groups {
      let tallies = try resolved.tallies(of: group, for: query.metrics, over: extended)
      for (index, tallies) in tallies.enumerated() {
        judge(query.metrics[index], of: group, by: tallies, over: extended, step: step)
        coverages[index].add(tallies.suffix(span.count))
      }
    }
    try notes.noteLacking(in: coverages, of: resolved, over: span)
    episodes.sort { ($0.weight, $1.first) > ($1.weight, $0.first) }
    if judged.held == 0, notes.noDataReason == nil {
      notes.noDataReason =
        judged.expected == 0
        ? "none of it is held"
        : "none of it can be judged: at least \(Self.leastPast) earlier \(query.grain)s"
          + "\(query.grain == .day ? " of the same weekday" : "") must be held"
    }
  }

  /// One bucket beside its past.
  private struct Judgement {
    let value: Double
    let usual: Double
    let score: Double

    /// -1 for far below, 1 for far above, 0 for as usual.
    var side: Int {
      let difference = abs(value - usual)
      guard abs(score) >= farScore, difference >= leastDifference,
        difference >= leastShare * abs(usual)
      else { return 0 }
      return score < 0 ? -1 : 1
    }
  }

  private mutating func judge(
    _ metric: Metric, of group: Selection.Group, by tallies: [Tally], over extended: Span,
    step: Int
  ) {
    let begin = Self.pastCount * step
    let range = begin + Self.leadCount
    let judgements = tallies.indices.map { place in
      place < begin
        ? nil
        : Self.judgement(
          metric, of: group, by: tallies, over: extended, at: place, step: step)
    }
    judged.expected += tallies[range...].count { $0.coverage.expected > 0 }
    judged.held += judgements[range...].count { $0 != nil }
    var place = begin
    while place < judgements.count {
      let side = judgements[place]?.side ?? 0
      guard side != 0 else {
        place += 1
        continue
      }
      var end = place
      while end < judgements.count, judgements[end]?.side == side { end += 1 }
      if end > range {
        let next = end < judgements.count ? judgements[end] : nil
        add(
          metric, of: group.subject,
          zip(extended.starts[place..<end], judgements[place..<end].compactMap(\.self)),
          recovered: next.map { $0.side == 0 } ?? false ? extended.starts[end] : nil)
      }
      place = end
    }
  }

  private mutating func add(
    _ metric: Metric, of subject: Subject,
    _ stretch: Zip2Sequence<ArraySlice<Day>, [Judgement]>, recovered: Day?
  ) {
    let stretch = Array(stretch)
    guard let first = stretch.first, let last = stretch.last,
      let peak = stretch.max(by: { abs($0.1.score) < abs($1.1.score) })
    else { return }
    episodes.append(
      Episode(
        metric: metric, subject: subject, first: first.0, last: last.0, count: stretch.count,
        peak: peak.0, value: peak.1.value, usual: peak.1.usual, score: peak.1.score,
        recovered: recovered, weight: stretch.reduce(0) { $0 + abs($1.1.score) }))
  }

  /// Compares a bucket with its past. `nil` where the bucket, or too much of its past, is not held
  /// whole or is of other apps.
  private static func judgement(
    _ metric: Metric, of group: Selection.Group, by tallies: [Tally], over extended: Span,
    at place: Int, step: Int
  ) -> Judgement? {
    let days = { (place: Int) in
      extended.starts[place]..<extended.grain.start(of: extended.starts[place], advancedBy: 1)
    }
    guard tallies[place].isWhole, let value = tallies[place].value(of: metric) else { return nil }
    let past = (1...pastCount).compactMap { back -> Double? in
      let tally = tallies[place - back * step]
      let isLike = tally.isWhole && group.isAlike(in: days(place), and: days(place - back * step))
      return isLike ? tally.value(of: metric) : nil
    }
    guard past.count >= leastPast else { return nil }
    let usual = median(past)
    let deviation = 1.4826 * median(past.map { abs($0 - usual) })
    let scale = max(deviation, abs(usual).squareRoot(), 1)
    let score = (value - usual) / scale
    return score.isFinite ? Judgement(value: value, usual: usual, score: score) : nil
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1
      ? sorted[middle] : sorted[middle - 1] / 2 + sorted[middle] / 2
  }
}
