import AlmanacCore

/// The two sums that a value is made of, and of how much of what should be there. Values are never
/// added: tallies are, and divided at the end.
struct Tally: Sendable {
  var top = 0.0
  var bottom = 0.0
  var coverage = Coverage()
  /// The least final state of what it holds.
  var state: BucketState?
  /// Which users its cohorts are of.
  var bases: Set<RetentionBase> = []

  static func + (left: Tally, right: Tally) -> Tally {
    var sum = left
    sum.add(right)
    return sum
  }

  mutating func add(_ other: Tally) {
    top += other.top
    bottom += other.bottom
    coverage = coverage + other.coverage
    bases.formUnion(other.bases)
    note(other.state)
  }

  /// Takes one row in that is held.
  mutating func hold(_ parts: (top: Double, bottom: Double), _ state: BucketState) {
    top += parts.top
    bottom += parts.bottom
    coverage.held += 1
    note(state)
  }

  mutating func note(_ other: BucketState?) {
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

  /// Whether nothing is missing, nothing is a lower bound, and it has ended.
  var isWhole: Bool { coverage.isWhole && state?.isWhole ?? false }

  /// `nil` where nothing is held, there is nothing to divide by, or the sum is beyond every number.
  func value(_ metric: Metric) -> Double? {
    quotient(metric).flatMap { $0.isFinite ? $0 : nil }
  }

  private func quotient(_ metric: Metric) -> Double? {
    guard coverage.held > 0 else { return nil }
    switch metric.measure.divisor {
    case .none: return top
    case .daysAndUsers where !coverage.isWhole: return nil
    case .figures(let whole) where metric.isShare && metric.measure.mayBeNegative:
      // Votes that were taken back: what falls below none is a share of nothing.
      let isPart = Set(metric.measure.figures).isSubset(of: whole)
      return top < 0 || bottom <= 0 || isPart && top > bottom ? nil : top / bottom
    default: return bottom == 0 ? nil : top / bottom
    }
  }
}

extension Selection.Group {
  /// A share of the old value; of shares, the difference. Only where both are wholly held, have
  /// ended, and are of the same.
  func change(
    _ metric: Metric, _ new: (tally: Tally, days: Range<Day>),
    from old: (tally: Tally, days: Range<Day>)
  ) -> Double? {
    guard new.tally.isWhole, old.tally.isWhole, isAlike(new.days, old.days),
      let value = new.tally.value(metric), let before = old.tally.value(metric)
    else { return nil }
    if metric.isShare { return value - before }
    let change = (value - before) / abs(before)
    // People are shown a hundred times as much.
    return (change * 100).isFinite ? change : nil
  }
}
