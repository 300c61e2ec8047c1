import AlmanacCore
import AlmanacStore

extension Judge {
  private func isSettled(_ bucket: Bucket, offset: Int) -> Bool {
    bucket.advanced(by: offset).end.advanced(by: settings.lookBack) <= today
  }

  /// How far the read moves what is over, for figures and for its retention.
  func watermarks(_ read: PlannedRead, _ standing: Standing) -> [Scope: Watermark] {
    var moved: [Scope: Watermark] = [:]
    for offset in [0, read.offset] {
      let scope = Scope(read.source, read.grain, offset: offset)
      let settled = boundary(read.window) { isSettled($0, offset: offset) }
      let complete = boundary(read.window) { $0.advanced(by: offset).end <= today }
      let kept = read.window.kept
      let old = standing.watermarks[scope]
      var new = Watermark(readFrom: kept.lowerBound, settledTo: settled, completeTo: complete)
      if let old {
        new.completeTo = max(complete, old.completeTo)
        if kept.lowerBound < old.readFrom {
          guard read.settles, read.begins else { continue }
          if kept.upperBound >= old.readFrom { new.settledTo = max(settled, old.settledTo) }
        } else {
          // What lies between must have been read before.
          new.readFrom = old.readFrom
          new.settledTo =
            kept.lowerBound <= old.settledTo ? max(settled, old.settledTo) : old.settledTo
          if kept.lowerBound > old.completeTo { new.completeTo = old.completeTo }
        }
      } else {
        guard read.settles, read.begins else { continue }
      }
      if new != old { moved[scope] = new }
    }
    return moved
  }

  /// The end of the oldest buckets of a window that all fulfil a condition which only newer ones
  /// fail.
  private func boundary(_ window: Window, _ holds: (Bucket) -> Bool) -> Day {
    var end = window.kept.upperBound
    while end > window.kept.lowerBound {
      let last = Bucket(window.grain, holding: end.advanced(by: -1))
      if holds(last) { break }
      end = last.start
    }
    return end
  }
}
