import AlmanacCore

/// An answer at day grain that tells something about the zone in which a server cuts its days.
///
/// Labels that no day of the server can have are left out when a proof is made, so that they do not
/// count.
package struct ZoneProof: Hashable, Sendable {
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
}

/// The timestamp with which a server has named a bucket.
package struct BucketLabel: Hashable, Sendable {
  package let grain: Grain
  /// Unix milliseconds.
  package let timestamp: Int

  package init(_ grain: Grain, _ timestamp: Int) {
    self.grain = grain
    self.timestamp = timestamp
  }
}
