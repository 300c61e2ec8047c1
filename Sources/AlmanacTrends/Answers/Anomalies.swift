import AlmanacCore
import AlmanacStore

/// Buckets that are far from what their past would have them be.
///
/// Each is judged only by earlier ones: at day grain by the last eight same weekdays, else by the
/// last eight buckets. The middle is their median, and the scale the greatest of their median
/// absolute deviation as a standard deviation, the root of the median, and 1.
package struct Anomalies: Sendable {
  /// A stretch of buckets that are far off to one side.
  package struct Episode: Sendable {
    package let metric: Metric
    package let subject: Subject
    /// Since when.
    package let first: Day
    package let last: Day
    package let count: Int
    /// The bucket that is farthest off.
    package let peak: Day
    package let value: Double
    /// What the past would have it be.
    package let usual: Double
    /// How many scales it is off; negative for below.
    package let score: Double
    /// The next bucket, if it is as usual again.
    package let recovered: Day?
    /// By which episodes are put in order: the scores of all its buckets.
    package let weight: Double
  }

  /// How many scales off is far.
  package static let farScore = 3.5
  /// Less than this off is not worth a word, whatever the scale.
  package static let leastDifference = 20.0
  package static let leastShare = 0.3
  private static let pastCount = 8
  private static let leastPast = 5
  /// How many buckets before the range an episode may have begun.
  private static let leadCount = 28

  package let query: Query
  package let span: Span?
  /// The weightiest first.
  package private(set) var episodes: [Episode] = []
  /// How many buckets could be judged, of how many.
  package private(set) var judged = Coverage()
  package private(set) var notes: Notes

  package init(_ query: Query, _ reader: FactReader) throws {
    try query.validate()
    for metric in query.metrics where metric.measure.divisor != .none {
      throw query.refusal(
        "\(metric.name) is a ratio, which swings where little is counted; counts are judged",
        hint: "ask for what it is made of: "
          + query.paste {
            $0.metrics = metric.measure.figures.compactMap { Metric(name: $0.name) }
          })
    }
    let question = try Question(query, reader)
    self.query = question.query
    span = question.span
    notes = question.notes
    for metric in query.metrics { try query.checkSums(metric, question.selection) }
    guard let span else { return }
    let step = query.grain == .day ? 7 : 1
    let extended = span.extended(by: Self.leadCount + Self.pastCount * step)
    for group in question.selection.groups {
      let tallies = try question.tallies(group, query.metrics, extended)
      for (metric, tallies) in zip(query.metrics, tallies) {
        judge(metric, group, tallies, extended, step)
      }
    }
    episodes.sort { ($0.weight, $1.first) > ($1.weight, $0.first) }
    if judged.held == 0, notes.nothing == nil {
      notes.nothing =
        judged.expected == 0
        ? "none of it is held"
        : "none of it can be judged: a \(query.grain) needs \(Self.leastPast) "
          + "\(query.grain == .day ? "of its weekday" : "earlier ones") that are held"
    }
  }

  /// What one bucket is, beside its past.
  private struct Judgement {
    let value: Double
    let usual: Double
    let score: Double

    /// -1 far below, 1 far above, 0 as usual.
    var side: Int {
      let difference = abs(value - usual)
      guard abs(score) >= farScore, difference >= leastDifference,
        difference >= leastShare * abs(usual)
      else { return 0 }
      return score < 0 ? -1 : 1
    }
  }

  private mutating func judge(
    _ metric: Metric, _ group: Selection.Group, _ tallies: [Tally], _ extended: Span, _ step: Int
  ) {
    let begin = Self.pastCount * step
    let range = begin + Self.leadCount
    let judgements = tallies.indices.map { place in
      place < begin ? nil : Self.judgement(metric, group, tallies, extended, place, step)
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
          metric, group.subject,
          zip(extended.starts[place..<end], judgements[place..<end].compactMap(\.self)),
          recovered: next.map { $0.side == 0 } ?? false ? extended.starts[end] : nil)
      }
      place = end
    }
  }

  private mutating func add(
    _ metric: Metric, _ subject: Subject,
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

  /// `nil` where it, or too much of its past, is not wholly held, or is not of the same apps.
  private static func judgement(
    _ metric: Metric, _ group: Selection.Group, _ tallies: [Tally], _ extended: Span, _ place: Int,
    _ step: Int
  ) -> Judgement? {
    let days = { (place: Int) in
      extended.starts[place]..<extended.grain.start(of: extended.starts[place], advancedBy: 1)
    }
    guard tallies[place].isWhole, let value = tallies[place].value(metric) else { return nil }
    let past = (1...pastCount).compactMap { back -> Double? in
      let tally = tallies[place - back * step]
      let isLike = tally.isWhole && group.isAlike(days(place), days(place - back * step))
      return isLike ? tally.value(metric) : nil
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
