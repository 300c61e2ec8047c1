import AlmanacCore

/// What one request at day grain told about the zone in which a server cuts its days.
///
/// Labels that are no day of the server's at all are left out when a proof is made: they do not
/// vote.
package struct ZoneProof: Hashable, Sendable, Codable {
  /// The range asked, in Unix milliseconds, both ends inclusive.
  package let instants: ClosedRange<Int>
  /// The labels of the buckets that were active in it, in Unix milliseconds, oldest first.
  package let labels: [Int]
  /// The labels of buckets for which a wider range answered more: some of their activity lies
  /// outside the range asked.
  package let partial: [Int]

  package init(instants: ClosedRange<Int>, labels: Set<Int>, partial: Set<Int> = []) {
    self.instants = instants
    self.labels = labels.sorted()
    self.partial = partial.sorted()
  }

  /// Whether a server that cuts in the zone can have answered so, be it that it labels days with
  /// their own midnight or with UTC midnight.
  package func agrees(with zone: BucketZone) -> Bool {
    [self].agree(with: zone)
  }
}

extension Collection<ZoneProof> {
  /// Whether a server that cuts in the zone, and keeps to one way of labelling its days, can have
  /// answered all of this.
  package func agree(with zone: BucketZone) -> Bool {
    ZoneHypothesis.Labelling.allCases.contains { labelling in
      let hypothesis = ZoneHypothesis(zone: zone, labelling: labelling, isPlain: false)
      return allSatisfy(hypothesis.allows)
    }
  }
}
