/// What a day asked alone said about the zone that is believed.
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
  /// Requests made, 1 to 3.
  package let requests: Int
}
