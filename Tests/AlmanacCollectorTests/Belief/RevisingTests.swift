import AlmanacCore
import AlmanacStore
import Testing

@testable import AlmanacCollector

@Suite struct `A change of a figure` {
  /// The run that changes it is 7.
  @Test(
    arguments: [
      // The bucket grows while it is open.
      (nil, 3, 5, nil), (nil, nil, 5, nil),
      // A figure that was known is revised, in whatever run the bucket was completed.
      (3, 3, 5, .grew), (7, 3, 5, .grew), (3, 5, 3, .fell), (7, 5, 3, .fell),
      // An unknown figure becomes known late only in a later run.
      (3, nil, 5, .grew), (7, nil, 5, nil),
    ] as [(Int?, Double?, Double?, Revision.Reason?)])
  func `is a revision once its bucket is complete`(
    completeRun: Int?, old: Double?, new: Double?, reason: Revision.Reason?
  ) {
    for isRecut in [false, true] {
      let revising = Revising(
        source: .all, bucket: Bucket(.day, holding: BeliefTable.today), completeRun: completeRun,
        run: 7, isRecut: isRecut)
      let revision = revising.revision(of: "users", from: old, to: new)
      #expect(revision?.reason == (isRecut ? reason.map { _ in .recut } : reason))
    }
  }
}
