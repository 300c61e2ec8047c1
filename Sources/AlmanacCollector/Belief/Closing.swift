import AlmanacCore
import AlmanacStore

/// The end of one app's reading in a run. It deals with open buckets that have ended since, and
/// with gaps: buckets that should be known and are not.
struct Closing {
  let known: AppKnowledge
  let held: HeldAtClose
  /// The day that has not ended.
  let today: Day
  /// Days that a failed read should have brought, by grain.
  var failed: [Grain: [Range<Day>]] = [:]

  /// The changes that end the reading.
  ///
  /// - Parameter isWhole: whether everything that was due was read. The app's past then no longer
  ///   counts as cut in another zone.
  func changes(isWhole: Bool) -> Changes {
    var changes = Changes(of: known)
    if isWhole { changes.known.isRecut = false }
    for open in held.open where open.bucket.start < open.bucket.grain.start(of: today) {
      if known.memory.hasForgotten(open.bucket), open.hasUsers {
        // Its start is forgotten, so that it will never be whole.
        changes.states.append(StateChange(open.bucket, from: .open, to: .partial))
      } else {
        // A bucket that was read only while it was open is not known once it has ended.
        changes.dropped.append(open.bucket)
      }
    }
    changes.gaps = gaps(with: changes.dropped)
    return changes
  }
}

extension Closing {
  /// The buckets that should be known: those of the collected grains that have ended, from the
  /// app's first activity or the first day that is wanted.
  static func expected(of known: AppKnowledge, _ grains: [Grain], before today: Day) -> [Window] {
    guard let first = known.first.map({ max($0, known.since ?? $0) }) else { return [] }
    return grains.sorted().filter { $0.start(of: first) < $0.start(of: today) }
      .map { Window($0, holding: first..<$0.start(of: today)) }
  }

  /// The stretches of buckets that should be known and are not, each with its reason.
  ///
  /// - Parameter dropped: buckets that are no longer held
  private func gaps(with dropped: [Bucket]) -> [Gap] {
    let lost = dropped.filter { bucket in held.expected.contains { $0.keeps(bucket) } }
    var gaps: [Gap] = []
    for bucket in (held.missing + lost).sorted(by: { ($0.grain, $0.start) < ($1.grain, $1.start) })
    {
      let reason = reason(of: bucket)
      if let last = gaps.last, last.grain == bucket.grain, last.reason == reason,
        Bucket(last.grain, holding: last.last).end == bucket.start
      {
        gaps[gaps.count - 1].last = bucket.start
      } else {
        gaps.append(
          Gap(grain: bucket.grain, first: bucket.start, last: bucket.start, reason: reason))
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
