/// How final the figures of a bucket are.
package enum BucketState: String, Sendable, CaseIterable {
  /// Has not ended.
  case open
  /// Ended, and read again until the look-back after its end is over.
  case settling
  case settled
  /// The server had forgotten a part before it was first read; figures are lower bounds.
  case partial
  /// Whole, and the server has since forgotten it.
  case expired

  /// That of a bucket of which nothing is forgotten: its age decides.
  package init(_ bucket: Bucket, today: Day, lookBack: Int) {
    if bucket.end > today {
      self = .open
    } else {
      self = bucket.end.advanced(by: lookBack) <= today ? .settled : .settling
    }
  }

  /// Whether the figures are those of the whole bucket, for good or for now.
  package var isWhole: Bool { self == .settling || self == .settled || self == .expired }
}
