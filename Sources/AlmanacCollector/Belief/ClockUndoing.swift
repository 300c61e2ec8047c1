import AlmanacCore
import AlmanacStore

/// The undoing of what runs whose clock was ahead have left of one app. What the last right run
/// knew stays; all else is unknown until it is read under the right clock.
struct ClockUndoing {
  let known: AppKnowledge
  let held: HeldAtUndoing

  /// The changes that undo it.
  func changes() -> Changes {
    var changes = Changes(of: known)
    for grain in Grain.allCases {
      let undone = UndoneGrain(grain, of: held)
      changes.erased += undone.erased
      changes.states += undone.states
      changes.cohorts += undone.cohorts
      changes.withdrawn.append(
        WithdrawnRevisions(grain: grain, runs: held.ahead, from: held.trustedStart(of: grain)))
      if grain == .day, undone.remembersAgain {
        changes.known.memory.forgottenThrough = undone.forgottenThrough
        changes.known.memory.remembers = ServerMemory().remembers
      }
      for (series, mark) in known.progress where series.grain == grain {
        // Everything is read again that had not ended when the last right run began.
        let end = held.trustedStart(of: grain, before: series.offset)
          .map { min($0, undone.first ?? $0) }
        changes.known.progress[series] = mark.lowered(to: end)
      }
    }
    return changes
  }
}

/// The undoing at one grain.
private struct UndoneGrain {
  /// Buckets that have not begun, or may not have begun when they were read.
  private(set) var erased: [Bucket] = []
  private(set) var states: [StateChange] = []
  /// Cohorts that are mature no more.
  private(set) var cohorts: [CohortRows] = []
  /// Whether a bucket is no longer taken for forgotten.
  private(set) var remembersAgain = false
  /// The newest bucket that is forgotten all the same.
  private(set) var forgottenThrough: Day?
  /// The first day of the states and cohorts that change; `nil` if none does.
  private(set) var first: Day?

  private let grain: Grain
  private let held: HeldAtUndoing

  init(_ grain: Grain, of held: HeldAtUndoing) {
    self.grain = grain
    self.held = held
    for bucket in held.buckets[grain] ?? [] {
      if isComing(bucket) { erased.append(bucket.bucket) } else { undoStates(of: bucket) }
    }
    undoRetention()
    first = (states.map(\.bucket.start) + cohorts.flatMap { $0.rows.map(\.day) }).min()
  }

  /// Whether a bucket has not begun, or may not have begun when it was read: it holds zeros that
  /// were never measured.
  private func isComing(_ bucket: HeldAtUndoing.HeldBucket) -> Bool {
    let start = bucket.bucket.start
    if start > grain.start(of: held.today) { return true }
    return held.trustedStart(of: grain).map { start > $0 } ?? true
      && held.isAhead(bucket.completeRun) && !bucket.isActive
  }

  /// Gives a bucket that has begun the states, one after another, that lead it back.
  private mutating func undoStates(of held: HeldAtUndoing.HeldBucket) {
    var state = held.state
    func change(to new: BucketState, isComplete: Bool = true) -> StateChange {
      defer { state = new }
      return StateChange(held.bucket, from: state, to: new, isComplete: isComplete)
    }
    if state == .expired, self.held.isAhead(held.expiredRun) {
      // It is asked for again.
      remembersAgain = true
      states.append(change(to: .settling))
    } else if state == .expired {
      forgottenThrough = held.bucket.start
    }
    if wasClosedEarly(held) {
      states.append(change(to: .open))
      // Nobody reads a retired app any more: what was seen of it is a lower bound.
      if self.held.isRetired { states.append(change(to: .partial, isComplete: false)) }
    } else if state == .settled, self.held.isAhead(held.settledRun) {
      states.append(change(to: .settling))
    }
  }

  /// Whether a bucket may have been stored as complete before it had ended. Those that had ended
  /// when the last right run began are closed for good.
  private func wasClosedEarly(_ bucket: HeldAtUndoing.HeldBucket) -> Bool {
    guard let run = bucket.completeRun, !held.trusts(bucket.bucket.start, grain) else {
      return false
    }
    return bucket.bucket.start >= grain.start(of: held.today) || held.isAhead(run)
  }

  /// A cohort whose later bucket has not ended, or had not when it was read, is not mature.
  private mutating func undoRetention() {
    let gone = Set(erased.map(\.start))
    for (series, mature) in held.cohorts where series.grain == grain {
      let today = grain.start(of: held.today, advancedBy: -series.offset)
      let young = mature.filter { cohort in
        !gone.contains(cohort.day) && !held.trusts(cohort.day, grain, before: series.offset)
          && (cohort.day >= today || held.isAhead(cohort.run))
      }
      guard !young.isEmpty else { continue }
      cohorts.append(
        CohortRows(
          source: series.source, grain: grain, offset: series.offset,
          rows: young.map { cohort in
            CohortRows.Row(
              day: cohort.day,
              cohort: Cohort(
                base: cohort.base, users: cohort.users, retained: nil, answered: nil,
                isMature: false))
          }))
    }
  }
}

extension HeldAtUndoing {
  fileprivate func isAhead(_ run: Int?) -> Bool { run.map(ahead.contains) ?? false }

  /// The first bucket that had not ended when the last right run began, or, for retention, the
  /// first one whose later bucket had not. `nil` if there was no right run.
  fileprivate func trustedStart(of grain: Grain, before offset: Int = 0) -> Day? {
    trusted.map { grain.start(of: $0, advancedBy: -offset) }
  }

  /// Whether a bucket, or its later one, had ended when the last right run began.
  fileprivate func trusts(_ day: Day, _ grain: Grain, before offset: Int = 0) -> Bool {
    trustedStart(of: grain, before: offset).map { day < $0 } ?? false
  }
}
