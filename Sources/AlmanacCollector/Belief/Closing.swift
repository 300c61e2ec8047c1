import AlmanacCore
import AlmanacStore

/// The end of one app's reading in a run. It deals with open buckets that have ended since, and
/// with gaps: buckets that should be known and are not.
struct Closing {
  let known: AppKnowledge
  let held: HeldAtClose
  /// The grains that are collected.
  let grains: [Grain]
  /// The day that has not ended.
  let today: Day
  /// Days that a failed read should have brought, by grain.
  var failed: [Grain: [Range<Day>]] = [:]

  /// The changes that end the reading.
  ///
  /// - Parameter isWhole: whether everything that was due was read. The app's past then no longer
  ///   counts as cut in another zone.
  func changes(isWhole: Bool) -> Changes {
    var changes = Changes(of: known)
    if isWhole { changes.known.isRecut = false }
    for open in held.open where open.bucket.start < open.bucket.grain.start(of: today) {
      if known.memory.hasForgotten(open.bucket), open.hasUsers {
        // Its start is forgotten, so that it will never be whole.
        changes.states.append(StateChange(open.bucket, from: .open, to: .partial))
      } else {
        // A bucket that was read only while it was open is not known once it has ended.
        changes.dropped.append(open.bucket)
      }
    }
    changes.gaps = gaps(without: Set(changes.dropped))
    return changes
  }
}
