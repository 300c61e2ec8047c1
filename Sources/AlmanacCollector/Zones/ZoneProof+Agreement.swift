import AlmanacCore
import AlmanacStore

extension ZoneProof {
  /// Whether a server that cuts in the zone can have given this answer, with either labelling: days
  /// named by their own midnight, or by UTC midnight.
  package func agrees(with zone: BucketZone) -> Bool {
    [self].agree(with: zone)
  }
}

extension Collection<ZoneProof> {
  /// Whether a server that cuts in the zone, and keeps to one way of labelling its days, can have
  /// answered all of this, and have named buckets by all the labels.
  package func agree(with zone: BucketZone, naming labels: Set<BucketLabel> = []) -> Bool {
    ZoneHypothesis.both(of: zone).contains { hypothesis in
      allSatisfy(hypothesis.allows) && labels.allSatisfy(hypothesis.names)
    }
  }

  /// The labels that a server which cuts in the zone has given its days; `nil` where the proofs fit
  /// both or neither.
  func labelling(in zone: BucketZone) -> ZoneHypothesis.Labelling? {
    let fitting = ZoneHypothesis.both(of: zone).filter { allSatisfy($0.allows) }
    return fitting.count == 1 ? fitting[0].labelling : nil
  }

  /// The likeliest zone that agrees with every proof and explains more than `zone` does: `zone`
  /// disagrees with a proof, or names fewer of the labels. It replaces, for example, a fixed offset
  /// by a zone with daylight saving once the clocks have changed.
  ///
  /// `nil` if none explains more than `zone` does.
  ///
  /// - Parameters:
  ///   - labels: the labels of any answers. A label that no zone explains is stray and does not
  ///     count.
  ///   - starts: the starts of the active days that are held, in Unix seconds. A server that labels
  ///     days with their own midnight has sent them as labels. For any other server they are only
  ///     computed.
  ///   - now: Unix seconds.
  package func replacement(
    for zone: BucketZone, naming labels: Set<BucketLabel> = [], starts: Set<Int> = [], now: Int
  ) -> BucketZone? {
    let seen = [
      map(\.instants.lowerBound).min(), labels.map(\.timestamp).min(),
      starts.min().map { $0 * 1000 },
    ]
    let catalog = ZoneCatalog.hypotheses(now: now, seenSince: seen.compactMap(\.self).min())
    let known = (ZoneHypothesis.both(of: zone) + catalog).filter { hypothesis in
      allSatisfy(hypothesis.allows)
        && (hypothesis.labelling == .utcMidnight
          || starts.allSatisfy { hypothesis.day(labelled: $0 * 1000) != nil })
    }
    let named = known.map { labels.count(where: $0.names) }
    let best = zip(known, named).first { $1 == named.max() }?.0.zone
    return best == zone ? nil : best
  }
}
