import AlmanacCore

/// The zone in which a server cuts its days, as far as asking could tell.
package struct ZoneFinding: Sendable {
  package let zone: BucketZone
  /// Whether every other zone was refuted, or cuts every day seen at the same instants. If not,
  /// the zone is an assumption that no answer disproved.
  package let isProved: Bool
  /// Every answer that told something.
  package let proofs: [ZoneProof]
  /// Requests made.
  package let requests: Int

  /// The likeliest zone that agrees with every proof, where `zone` does not: one with daylight
  /// saving for a fixed offset whose season is over. `nil` if `zone` agrees, or no zone does.
  ///
  /// - Parameter now: Unix seconds.
  package static func replacement(
    for zone: BucketZone, proofs: [ZoneProof], now: Int
  ) -> BucketZone? {
    guard !proofs.agree(with: zone) else { return nil }
    let oldest = proofs.map(\.instants.lowerBound).min() ?? now * 1000
    let since = min(now - ZoneSearch.threeYears, floorDivide(oldest, 1000))
    return ZoneCatalog.hypotheses(now: now, since: since).first { hypothesis in
      hypothesis.zone != zone && proofs.allSatisfy(hypothesis.allows)
    }?.zone
  }
}

/// No zone agrees with all that a server has answered: it names its days by something else than
/// where they begin, or what it answers is spoilt.
package struct ZoneContradiction: Error {}
