/// The degree to which the figures of a bucket are final.
package enum BucketState: String, Sendable, CaseIterable {
  /// The bucket has not ended.
  case open
  /// It has ended, and is read again until the look-back after its end is over.
  case settling
  case settled
  /// The server had forgotten a part of it before it was first read; figures are lower bounds.
  case partial
  /// It is held whole, and the server has since forgotten it.
  case expired

  /// The state of a bucket that the server has wholly kept, by its age; the look-back is in days.
  package init(_ bucket: Bucket, today: Day, lookBack: Int) {
    if bucket.end > today {
      self = .open
    } else {
      self = bucket.end.advanced(by: lookBack) <= today ? .settled : .settling
    }
  }

  /// Whether the figures are those of the whole bucket, even if they may still change.
  package var isWhole: Bool { self == .settling || self == .settled || self == .expired }
}
