import AlmanacCore
import AlmanacStore

/// The end of one app's reading in a run: open buckets that have ended since, and what should be
/// known and is not.
struct Closing {
  let known: AppKnowledge
  let held: HeldAtClose
  /// The grains that are collected.
  let grains: [Grain]
  /// The day that has not ended.
  let today: Day
  /// Days that a failed read should have brought, by grain.
  var failed: [Grain: [Range<Day>]] = [:]

  /// Ends with the mark of a recut lifted, where nothing failed.
  func changes(hasSucceeded: Bool) -> Changes {
    var changes = Changes(of: known)
    if hasSucceeded { changes.known.isRecut = false }
    for open in held.open where open.bucket.start < open.bucket.grain.start(of: today) {
      if known.memory.hasForgotten(open.bucket), open.hasUsers {
        // Its start is forgotten, so that it will never be whole.
        changes.states.append(StateChange(open.bucket, from: .open, to: .partial))
      } else {
        // One that was only read while it was open is not known once it has ended.
        changes.dropped.append(open.bucket)
      }
    }
    changes.gaps = gaps(without: Set(changes.dropped))
    return changes
  }
}
