import AlmanacCore
import AlmanacStore

extension Closing {
  /// The stretches of buckets that should be known and are not, each with its reason.
  ///
  /// - Parameter dropped: buckets that are no longer held
  func gaps(without dropped: Set<Bucket>) -> [Gap] {
    guard let first = known.first.map({ max($0, known.since ?? $0) }) else { return [] }
    var gaps: [Gap] = []
    for grain in grains.sorted() where grain.start(of: first) < grain.start(of: today) {
      let expected = Window(grain, holding: first..<grain.start(of: today))
      var days = (held.days[grain] ?? [])[...]
      for bucket in expected.buckets {
        days = days.drop { $0 < bucket.start }
        if days.first == bucket.start, !dropped.contains(bucket) { continue }
        let reason = reason(of: bucket)
        if let last = gaps.last, last.grain == grain, last.reason == reason,
          Bucket(grain, holding: last.last).end == bucket.start
        {
          gaps[gaps.count - 1].last = bucket.start
        } else {
          gaps.append(
            Gap(grain: grain, first: bucket.start, last: bucket.start, reason: reason))
        }
      }
    }
    return gaps
  }

  private func reason(of bucket: Bucket) -> Gap.Reason {
    if failed[bucket.grain, default: []].contains(where: { $0.contains(bucket.start) }) {
      return .failed
    }
    // Absence proves nothing beside a bucket that could not be placed.
    let isRefused =
      held.refused.contains(bucket)
      || held.unplaced[bucket.grain, default: []].contains { $0.contains(bucket.start) }
    return isRefused ? .refused : .neverRead
  }
}
