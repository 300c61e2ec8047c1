import AlmanacCore

/// A stretch of buckets that should be known and are not.
package struct Gap: Sendable, Equatable {
  package enum Reason: String, Sendable {
    case neverRead = "never read"
    case failed
    case refused
  }

  package let grain: Grain
  /// The first days of the first and the last bucket.
  package let first: Day
  package var last: Day
  package let reason: Reason

  package init(grain: Grain, first: Day, last: Day, reason: Reason) {
    self.grain = grain
    self.first = first
    self.last = last
    self.reason = reason
  }

  /// The stretches that are left of the gap without some of its buckets.
  func leaving(out isOut: (Bucket) -> Bool) -> [Gap] {
    let window = Window(grain, holding: first..<last.advanced(by: 1))
    return window.buckets.reduce(into: []) { left, bucket in
      if isOut(bucket) { return }
      if let end = left.last?.last, Bucket(grain, holding: end).end == bucket.start {
        left[left.count - 1].last = bucket.start
      } else {
        left.append(Gap(grain: grain, first: bucket.start, last: bucket.start, reason: reason))
      }
    }
  }
}
