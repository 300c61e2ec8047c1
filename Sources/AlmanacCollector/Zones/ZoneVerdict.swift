import AlmanacStore

/// The verdict on the zone that is believed, after a day was asked for alone.
package struct ZoneVerdict: Sendable {
  package enum Outcome: Sendable {
    /// The day answered as exactly one bucket, whole.
    case agrees
    /// It did not: the server cuts its days elsewhere.
    case contradicts
    /// There was no activity to answer with.
    case saysNothing
  }

  package let outcome: Outcome
  /// `nil` if nothing was said.
  package let proof: ZoneProof?
  /// The labels of all active days in the answers, stray ones too.
  package let labels: Set<BucketLabel>
  /// The number of requests made, 1 to 3.
  package let requests: Int
}
