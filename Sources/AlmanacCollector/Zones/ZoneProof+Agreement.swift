import AlmanacCore
import AlmanacStore

extension ZoneProof {
  /// Whether a server that cuts in the zone can have answered so, be it that it labels days with
  /// their own midnight or with UTC midnight.
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

  /// The likeliest zone that agrees with every proof, where `zone` does not, or where it names more
  /// of the labels: one with daylight saving for a fixed offset whose season is over.
  ///
  /// `nil` if none explains more than `zone` does.
  ///
  /// - Parameters:
  ///   - labels: read anywhere. One that no zone explains is stray and does not vote.
  ///   - starts: of the active days that are held, in Unix seconds. A server that labels days with
  ///     their own midnight has named them so. Of the others they are only reckoned.
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
