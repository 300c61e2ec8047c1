import AlmanacStore

/// The answer of a day asked alone to whether the zone that is believed is the server's.
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
  /// `nil` where nothing was said.
  package let proof: ZoneProof?
  /// The labels of all active days in the answers, stray ones too.
  package let labels: Set<BucketLabel>
  /// The number of requests made, 1 to 3.
  package let requests: Int
}
