import AlmanacCore
import AlmanacStore

/// The effect of an answered figure on the stored one.
enum OverwriteRule {
  /// The answer is whole: its value wins, up or down.
  case replace
  /// Neither side is whole: only a larger value wins.
  case raise
  /// Only the stored figures are whole: they stay.
  case keep
}

/// The rule for one bucket after an answer: its state, and the effect of the answered figures.
struct BucketRule {
  let overwrite: OverwriteRule
  /// Whether the stored figures were read before the bucket ended. If so, a figure that the final
  /// answer lacks is dropped: half a day's value must not become the day's.
  let wasOpen: Bool
  /// The run that first stored the bucket after its end; `nil` while it was open.
  let completeRun: Int?
  /// The bucket's row if it is new or differs from the held one; `nil` otherwise.
  let row: BucketRow?
  /// Whether the held figures by source are dropped, since they were read before the bucket ended.
  let dropsSources: Bool

  init(
    overwrite: OverwriteRule, wasOpen: Bool, completeRun: Int?, row: BucketRow? = nil,
    dropsSources: Bool = false
  ) {
    self.overwrite = overwrite
    self.wasOpen = wasOpen
    self.completeRun = completeRun
    self.row = row
    self.dropsSources = dropsSources
  }

  /// - Parameter isAll: whether the answer is about all sources; no other answer tells of a state
  init(
    _ reading: BucketReading, held: Held, at place: Int, memory: ServerMemory, isAll: Bool
  ) {
    let isLeftOpen = held.isLeftOpen[place]
    let old = held.states[place] ?? (isLeftOpen ? Held.State(.open) : nil)
    var overwrite = OverwriteRule.replace
    var state = reading.state
    let isForgotten = memory.hasForgotten(reading.bucket)
    if isForgotten {
      let isWhole = old?.state.isWhole == true
      overwrite = isWhole ? .keep : .raise
      // Neither an earlier clock opens a bucket again that was read after its end.
      state = isWhole ? .expired : state == .open && old?.completeRun == nil ? .open : .partial
      // An open bucket in which nothing was seen has no lower bound to keep.
      if old?.state == .open, state == .partial, !reading.figures.isActive, !held.hasUsers[place] {
        self.init(overwrite: .keep, wasOpen: false, completeRun: nil)
        return
      }
    } else if let old,
      state == .open && old.completeRun != nil || state == .settling && old.state == .settled
    {
      // Neither an earlier clock nor a longer look-back takes back a state that was reached.
      state = old.state
    }
    // An app that was retired before the bucket ended has left it partial.
    let wasOpen = old.map { $0.completeRun == nil } ?? false
    // A forgotten bucket keeps its start in the zone in which it was cut.
    let time = isForgotten ? old?.time ?? reading.time : reading.time
    let isClosed = wasOpen && state != .open && overwrite == .replace
    let isBySource = reading.usersBySource != nil || (old?.isBySource == true && !isClosed)
    let differs =
      old == nil || isLeftOpen || old?.state != state || old?.isBySource != isBySource
      || old?.time.map { $0 != time } ?? false
    let tells = old != nil || overwrite == .replace || !reading.figures.isEmpty
    let isWritten = isAll && differs && tells
    self.init(
      overwrite: overwrite, wasOpen: wasOpen, completeRun: old?.completeRun,
      row: isWritten
        ? BucketRow(
          bucket: reading.bucket, time: time, old: held.states[place]?.state,
          state: state, isBySource: isBySource) : nil,
      dropsSources: isWritten && isClosed)
  }
}
