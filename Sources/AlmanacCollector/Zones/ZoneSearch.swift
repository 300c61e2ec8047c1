import AlmanacCore
import AlmanacStore

/// Finds the zone in which a server cuts its days by asking, not by trusting a label.
///
/// A server filters by the instants asked, then cuts. So a narrow range at day grain answers with
/// the label of the day that its activity lies in, and tells on which side of a day's edge it is.
package struct ZoneSearch: Sendable {
  /// The activity of one app in a range of Unix milliseconds, both ends inclusive.
  package typealias Ask = @Sendable (AppID, ClosedRange<Int>) async throws -> ZoneAnswer

  /// The limit on the requests of one search.
  package static let mostRequests = 64
  /// The number of days that the first look goes back, and the second.
  private static let reaches = [21, 183]
  /// The limit on the requests of the first look.
  private static let mostRecent = 36

  let ask: Ask
  /// Unix seconds.
  let now: Int

  package init(now: Int, ask: @escaping Ask) {
    self.now = now
    self.ask = ask
  }

  /// Asks until one zone is left, or until no request within reason could tell more.
  ///
  /// Throws what `ask` throws, and a ``ZoneContradiction`` if no zone agrees with the answers.
  /// Returns `nil` if there is no zone to name: no activity, no label and no configured zone.
  ///
  /// - Parameters:
  ///   - apps: the busiest, busiest first; three are enough.
  ///   - labels: the labels known already. Those of quarters decide the date if a label could be
  ///     midnight of either of two days.
  ///   - configured: the zone that goes before all others. If it is refuted, the finding names the
  ///     one found instead.
  package func find(
    apps: [AppID], labels: Set<BucketLabel>, configured: BucketZone?
  ) async throws -> ZoneFinding? {
    // A label that is not UTC midnight depends on the clocks of its time, so the hypotheses have to
    // be told apart back to then.
    let honest = labels.map(\.timestamp).filter { $0 % 86_400_000 != 0 }.min()
    let hypotheses = ZoneCatalog.hypotheses(now: now, seenSince: honest, configured: configured)
    var inquiry = ZoneInquiry(
      search: self,
      evidence: ZoneEvidence(now: now * 1000, hypotheses: hypotheses, labels: labels))
    try await inquiry.look(back: Self.reaches[0], at: apps, most: Self.mostRecent)
    if inquiry.needsOlder(than: Self.reaches[0], within: Self.reaches[1]) {
      try await inquiry.look(back: Self.reaches[1], at: apps, most: Self.mostRequests - 3)
    }
    let isProved = try await inquiry.close()
    let evidence = inquiry.evidence
    if evidence.isContradicted { throw ZoneContradiction() }
    guard !evidence.days.isEmpty || !labels.isEmpty else {
      return configured.map {
        ZoneFinding(zone: $0, isProved: false, proofs: [], requests: inquiry.requests)
      }
    }
    return evidence.likeliest(preferring: configured).map {
      ZoneFinding(
        zone: $0, isProved: isProved, proofs: evidence.proofs, requests: inquiry.requests)
    }
  }
}

/// The activity of one app in a range of time.
package struct ZoneAnswer: Sendable, ExpressibleByDictionaryLiteral {
  /// Messages, or any volume that adds up over time, by the label of its day in Unix milliseconds.
  package let volumes: [Int: Double]
  /// The labels of days with a figure that cannot be right. Nobody knows their volumes.
  package let refused: Set<Int>

  package init(_ volumes: [Int: Double], refused: Set<Int> = []) {
    self.volumes = volumes
    self.refused = refused
  }

  package init(dictionaryLiteral elements: (Int, Double)...) {
    self.init(Dictionary(uniqueKeysWithValues: elements))
  }
}
