import AlmanacCore
import AlmanacStore
import Foundation

// Belief decides what the archive believes: here and nowhere else.
//
// It is a pure function. It takes what was answered, what is known of the app and what is held of
// the buckets, and it returns `Changes`. It needs no file, no SQL and no clock.
// `docs/collecting.md` tells the rules with examples; each file of this folder has one of them.

/// The moment and the place of an answer.
struct Moment {
  /// The zone in which the server cuts its days.
  let zone: BucketZone
  /// The labels that the server is known to give its days; `nil` while its answers fit both.
  let labelling: ZoneHypothesis.Labelling?
  /// The instant at which the answer was true.
  let now: Date
  /// Days after a bucket's end during which it is read again.
  let lookBack: Int
  let run: Int
  /// The day that has not ended.
  let today: Day

  init(
    zone: BucketZone, labelling: ZoneHypothesis.Labelling? = nil, now: Date, lookBack: Int, run: Int
  ) {
    self.zone = zone
    self.labelling = labelling
    self.now = now
    self.lookBack = lookBack
    self.run = run
    today = zone.day(holding: now)
  }

  /// The state of a bucket of which nothing is forgotten.
  func age(of bucket: Bucket) -> BucketState {
    BucketState(bucket, today: today, lookBack: lookBack)
  }
}

/// Decides what of one answer to believe.
struct Belief {
  let read: PlannedRead
  let moment: Moment
  let before: AppKnowledge
  /// The app's knowledge once the answer has come.
  private(set) var known: AppKnowledge
  /// The held buckets of the window of the read.
  let held: Held
  /// The held days and coarser buckets around a read of one source; empty for other reads. A source
  /// is read by days alone, and its coarser buckets are summed up.
  let around: [Held]
  /// The users among whom the server looks for those seen again; `nil` where it has not shown them.
  let base: RetentionBase?
  let refusals: [Refusal]
  /// Whether a bucket that the answer leaves out had no activity.
  let absenceProves: Bool
  /// The buckets that can be believed, oldest first.
  let readings: [BucketReading]
  /// A day before the window that the server still remembered: its spare week, month or quarter was
  /// active. Of days, ``FirstActivity`` learns it.
  private(set) var remembered: Day?

  /// - Parameters:
  ///   - base: what the answer's retention is a share of
  ///   - held: the results of ``queries(for:)``, in their order
  ///   - newestOlder: the newest active day that is held from before the read; only needed for a
  ///     day answer for all sources, and only if something is forgotten already
  ///   - seen: the oldest active day that earlier answers of the same run showed
  init(
    of answer: Answer, to read: PlannedRead, at moment: Moment, knowing before: AppKnowledge,
    base: RetentionBase?, held: [Held], newestOlder: Day? = nil, seen: Day? = nil
  ) {
    let own = held.first ?? Held(read.window)
    let placed = Placement(
      answer, in: read.window, own.buckets, zone: moment.zone, labelling: moment.labelling)
    var known = before
    known.figuresSent.formUnion(answer.sent)
    let first = FirstActivity.learn(from: placed, read, into: &known)
    FirstActivity.learnSources(from: placed, read, into: &known)
    if read.isDays, !read.isAlone, placed.absenceProves {
      known.memory = ForgottenEnd(
        placed, held: own, newestOlder: newestOlder, knowing: before, seen: seen,
        today: moment.today, lookBack: moment.lookBack
      ).memory(after: known.memory)
    }
    self.init(
      read: read, moment: moment, before: before, known: known, held: own,
      around: Array(held.dropFirst()), base: base, refusals: placed.refusals,
      absenceProves: placed.absenceProves,
      readings: first.map { first in
        BucketReadings(
          placed, read, memory: known.memory, figuresSent: known.figuresSent,
          sources: known.sources.mapValues(\.first), at: moment
        ).from(read.grain.start(of: first))
      } ?? [])
    if read.source == .all, read.grain > .day, placed.isActiveBefore {
      remembered = read.window.kept.lowerBound.advanced(by: -1)
    }
  }

  /// Makes a belief from readings that were made already.
  init(
    read: PlannedRead, moment: Moment, before: AppKnowledge, known: AppKnowledge, held: Held,
    around: [Held], base: RetentionBase?, refusals: [Refusal], absenceProves: Bool,
    readings: [BucketReading]
  ) {
    self.read = read
    self.moment = moment
    self.before = before
    self.known = known
    self.held = held
    self.around = around
    self.base = base
    self.refusals = refusals
    self.absenceProves = absenceProves
    self.readings = readings
  }

  /// Whether the answer has a believable reading of a day.
  func tells(of day: Day) -> Bool { readings.contains { $0.bucket.start == day } }

  /// The queries whose results a belief in the read's answer needs.
  static func queries(for read: PlannedRead) -> [Archive.HeldQuery] {
    let own = Archive.HeldQuery(read.source, read.window, offset: read.offset)
    guard read.source != .all, read.grain == .day else { return [own] }
    return [own]
      + SourceSums.windows(around: read.window).map { Archive.HeldQuery(read.source, $0) }
  }

  /// Whether the answer moves what is forgotten or doubted, and so may change the states of buckets
  /// outside of its window.
  var movesMemory: Bool { MemoryMove.isDue(from: before.memory, to: known.memory) }

  /// The changes that follow, with what a run wants to know of them.
  struct Outcome {
    var changes: Changes
    /// The oldest bucket of which any figure changed.
    var oldestChange: Day?
    /// The oldest bucket with activity.
    var oldestActive: Day?
  }

  /// - Parameter states: the states of all buckets of the app that are not open; only needed if the
  ///   answer ``movesMemory``
  func outcome(states: [Bucket: BucketState] = [:]) -> Outcome {
    var changes = Changes(of: before)
    changes.known = known
    changes.refusals = refusals
    changes.counts.refused = refusals.count
    let remembered = MemoryMove(
      from: before.memory, to: known.memory, states, isRecut: before.isRecut, at: moment)
    changes.states = remembered.changes
    let measures = readings.contains { ($0.figures[.retentionUserCount] ?? 0) > 0 }
    if measures, !held.isRetentionMeasured { changes.measured = read.grain }
    var merge = Merge(
      held(after: remembered, measures: measures), read,
      cohorts: Cohorts(
        base: base, isMeasured: measures || held.isRetentionMeasured),
      run: moment.run, into: changes)
    for reading in readings { merge.add(reading, knowing: known.memory) }
    var outcome = Outcome(
      changes: merge.finished(), oldestChange: merge.oldestChange,
      oldestActive: readings.first(where: \.figures.isActive)?.bucket.start)
    if case .named(let source) = read.source, read.grain == .day, let first = readings.first,
      let last = readings.last
    {
      let sums = SourceSums(
        of: outcome.changes.facts.first?.rows ?? [],
        believed: first.bucket.start...last.bucket.start, source: source, around: around,
        knowing: known, today: moment.today, run: moment.run)
      outcome.changes.facts += sums.facts
      outcome.changes.revisions += sums.revisions
    }
    outcome.changes.known.progress = progress(after: outcome, rereading: remembered.reread)
    return outcome
  }

  /// The held buckets after the server's memory has moved, and after an answer has shown that it
  /// measures retention.
  private func held(after moved: MemoryMove, measures: Bool) -> Held {
    var held = held
    for change in moved.changes {
      if let place = held.place(of: change.bucket) { held.states[place]?.state = change.new }
    }
    if measures, !held.isRetentionMeasured {
      held.cohorts = held.cohorts.map { cohort in
        guard var known = cohort else { return nil }
        known.retained = known.answered
        return known
      }
    }
    return held
  }

  private func progress(
    after outcome: Outcome, rereading reread: MemoryMove.Reread?
  ) -> [ReadSeries: ReadProgress] {
    var known = known
    known.progress.merge(before.progress.moves(by: read, at: moment)) { $1 }
    if read.source == .all, read.grain == .day, let day = outcome.oldestChange {
      known.scheduleRereadOfDerived(from: day)
    }
    if read.source == .all, read.grain > .day,
      let first = outcome.changes.buckets.first(where: { $0.old == nil })
    {
      // The sums of its days by source were left out while the bucket was not held.
      known.scheduleRereadOfSources(from: first.bucket.start)
    }
    if let reread { known.scheduleReread(from: reread.day) }
    return known.progress
  }
}
