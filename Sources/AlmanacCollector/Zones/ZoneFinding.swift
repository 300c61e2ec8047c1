import AlmanacCore
import AlmanacStore

/// The zone in which a server cuts its days, as far as asking could tell.
package struct ZoneFinding: Sendable {
  package let zone: BucketZone
  /// Whether every other zone was refuted, or cuts every day seen at the same instants. If not,
  /// the zone is an assumption that no answer disproved.
  package let isProved: Bool
  /// Every answer that told something.
  package let proofs: [ZoneProof]
  /// The number of requests made.
  package let requests: Int
}

/// The error that no zone agrees with all of a server's answers. Either the server does not name
/// its days by where they begin, or its answers were spoilt.
package struct ZoneContradiction: Error {}
