import AlmanacCore

/// The two sums that a value is made of, and how many of its buckets they hold.
///
/// Values are never added. Tallies are, and divided at the end.
struct Tally: Sendable {
  var numerator = 0.0
  var denominator = 0.0
  var coverage = Coverage()
  /// The number of buckets that are held without a figure that the value needs. They are no gaps,
  /// and the value is unknown all the same.
  var lacking = 0
  /// The least final state of the buckets that it holds.
  var state: BucketState?
  /// The kinds of users that its cohorts are of.
  var bases: Set<RetentionBase> = []

  static func + (left: Tally, right: Tally) -> Tally {
    var sum = left
    sum.add(right)
    return sum
  }

  mutating func add(_ other: Tally) {
    numerator += other.numerator
    denominator += other.denominator
    coverage = coverage + other.coverage
    lacking += other.lacking
    bases.formUnion(other.bases)
    note(other.state)
  }

  /// Adds one row that is held; `nil` is a row without a needed figure.
  mutating func add(_ parts: (numerator: Double, denominator: Double)?, in state: BucketState) {
    guard let parts else {
      lacking += 1
      return
    }
    numerator += parts.numerator
    denominator += parts.denominator
    coverage.held += 1
    note(state)
  }

  private mutating func note(_ other: BucketState?) {
    guard let other, rank(other) < state.map(rank) ?? .max else { return }
    state = other
  }

  private func rank(_ state: BucketState) -> Int {
    switch state {
    case .open: 0
    case .partial: 1
    case .settling: 2
    case .expired: 3
    case .settled: 4
    }
  }

  /// Whether nothing is missing, nothing is a lower bound, and every bucket has ended.
  var isWhole: Bool { coverage.isWhole && state?.isWhole ?? false }

  /// The value of a metric. `nil` if nothing is held, if there is nothing to divide by, or if the
  /// sum is beyond every number.
  func value(of metric: Metric) -> Double? {
    quotient(for: metric).flatMap { $0.isFinite ? $0 : nil }
  }

  private func quotient(for metric: Metric) -> Double? {
    guard coverage.held > 0 else { return nil }
    switch metric.measure.divisor {
    case .none: return numerator
    case .daysAndUsers where !coverage.isWhole: return nil
    case .figures(let whole) where metric.isShare && metric.measure.mayBeNegative:
      // Votes may be taken back. A negative number of them is no share of anything.
      let isPart = Set(metric.measure.figures).isSubset(of: whole)
      return numerator < 0 || denominator <= 0 || isPart && numerator > denominator
        ? nil : numerator / denominator
    default: return denominator == 0 ? nil : numerator / denominator
    }
  }
}

extension Selection.Group {
  /// The change of a metric as a share of the old value. If the metric is a share itself, this is
  /// the difference. `nil` unless both sides are whole and of the same members.
  func change(
    of metric: Metric, to new: (tally: Tally, days: Range<Day>),
    from old: (tally: Tally, days: Range<Day>)
  ) -> Double? {
    guard new.tally.isWhole, old.tally.isWhole, isAlike(in: new.days, and: old.days),
      let value = new.tally.value(of: metric), let before = old.tally.value(of: metric)
    else { return nil }
    if metric.isShare { return value - before }
    let change = (value - before) / abs(before)
    // A percentage is a hundred times as large, and must be finite too.
    return (change * 100).isFinite ? change : nil
  }
}
