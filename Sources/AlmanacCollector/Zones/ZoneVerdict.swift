import AlmanacCore
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

  init(
    outcome: Outcome, proof: ZoneProof?, labels: Set<BucketLabel>, requests: Int
  ) {
    self.outcome = outcome
    self.proof = proof
    self.labels = labels
    self.requests = requests
  }

  /// The verdict after an answer in which a figure of the day itself cannot be right.
  init(sayingNothingAfter requests: Int) {
    self.init(outcome: .saysNothing, proof: nil, labels: [], requests: requests)
  }

  /// Whether what was said cannot come from a server that cuts in the zone and has given earlier
  /// proofs.
  func refutes(_ zone: BucketZone, beside proofs: [ZoneProof]) -> Bool {
    proof.map { !(proofs + [$0]).agree(with: zone) } ?? false
  }

  /// Whether the day was labelled with its own midnight in the zone, and that is not UTC's.
  func isOwnMidnight(in zone: BucketZone) -> Bool {
    proof.map { [$0].labelling(in: zone) == .ownMidnight } ?? false
  }
}
