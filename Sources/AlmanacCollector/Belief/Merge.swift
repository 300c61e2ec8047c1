import AlmanacCore
import AlmanacStore

/// Brings the buckets of one answer together with what is held of them, oldest first.
struct Merge {
  private let held: Held
  private let read: PlannedRead
  private let run: Int
  private let isRecut: Bool
  private let cohorts: Cohorts
  private var users: SourceUsers
  private var facts: FactRows
  private var further: FurtherRows
  private var cohortRows: CohortRows
  private var changes: Changes
  /// The oldest bucket of which any figure changed.
  private(set) var oldestChange: Day?

  /// - Parameters:
  ///   - held: the window of the read
  ///   - changes: the changes to which the buckets are added
  init(
    _ held: Held, _ read: PlannedRead, cohorts: Cohorts, run: Int, into changes: Changes
  ) {
    self.held = held
    self.read = read
    self.run = run
    self.cohorts = cohorts
    self.changes = changes
    isRecut = changes.before.isRecut
    users = SourceUsers(over: held)
    facts = FactRows(source: read.source, grain: read.grain)
    further = FurtherRows(source: read.source)
    cohortRows = CohortRows(source: read.source, grain: read.grain, offset: read.offset)
  }

  /// Takes in a bucket of the window.
  mutating func add(_ reading: BucketReading, knowing memory: ServerMemory) {
    guard let place = held.place(of: reading.bucket) else { return }
    let rule = BucketRule(
      reading, held: held, at: place, memory: memory, isAll: read.source == .all)
    let difference: Difference
    if read.isRetentionAlone {
      difference =
        rule.overwrite == .replace
        ? addCohort(reading, at: place, revising(reading, rule), isRowWritten: true) : .none
    } else {
      if let row = rule.row { changes.buckets.append(row) }
      if rule.dropsSources { changes.droppedSources.append(reading.bucket) }
      difference = rule.overwrite == .keep ? .none : merge(reading, at: place, by: rule)
    }
    switch difference {
    case .none: changes.counts.unchanged += 1
    case .new: changes.counts.new += 1
    case .revised: changes.counts.revised += 1
    }
    if difference != .none, oldestChange == nil { oldestChange = reading.bucket.start }
  }

  /// The changes with all that was added.
  func finished() -> Changes {
    var changes = changes
    if !facts.rows.isEmpty { changes.facts.append(facts) }
    if !further.rows.isEmpty { changes.further = further }
    if !cohortRows.rows.isEmpty { changes.cohorts.append(cohortRows) }
    changes.users = users.rows.filter { !$0.days.isEmpty }
    return changes
  }

  private func revising(_ reading: BucketReading, _ rule: BucketRule) -> Revising {
    Revising(
      source: read.source, bucket: reading.bucket, completeRun: rule.completeRun, run: run,
      isRecut: isRecut)
  }

  private mutating func merge(
    _ reading: BucketReading, at place: Int, by rule: BucketRule
  ) -> Difference {
    let revising = revising(reading, rule)
    var answered = reading.figures
    if read.source != .all, held.states[place]?.isBySource == true {
      // The map of all sources counts, whatever an answer about one says (docs/server.md, trap 15).
      answered[.userCount] = held.figures[place]?[.userCount] ?? 0
    }
    let figures = FigureMerge(answered, over: held.figures[place], by: rule, revising)
    if let row = figures.row { facts.rows.append(row) }
    changes.revisions += figures.revisions
    var difference = figures.difference
    // The figures of before are deleted with those of the sources.
    let before = rule.dropsSources ? [] : held.further[place] ?? []
    if !reading.further.isEmpty || !before.isEmpty {
      let others = FurtherFigures(
        reading.further, in: reading.told, over: before, by: rule, revising)
      further.rows += others.rows
      changes.revisions += others.revisions
      difference += others.difference
    }
    if rule.overwrite == .replace {
      difference += addCohort(reading, at: place, revising, isRowWritten: figures.row != nil)
    }
    if let told = reading.usersBySource {
      let (changed, revisions) = users.add(told, at: place, by: rule, run: run, isRecut: isRecut)
      changes.revisions += revisions
      difference += changed
    }
    return difference
  }

  /// - Parameter isRowWritten: whether this run writes the bucket's row of figures already; the
  ///   views begin with that row
  private mutating func addCohort(
    _ reading: BucketReading, at place: Int, _ revising: Revising, isRowWritten: Bool
  ) -> Difference {
    let old = held.cohorts[place]
    guard let new = cohorts.cohort(reading, over: old) else { return .none }
    cohortRows.rows.append(CohortRows.Row(day: reading.bucket.start, cohort: new))
    guard new.retained != old?.retained else { return .none }
    if read.offset == 1, !isRowWritten, let figures = held.figures[place] {
      facts.rows.append(FactRows.Row(day: reading.bucket.start, figures: figures, changed: []))
    }
    guard let before = old?.retained else { return .new }
    changes.revisions.append(
      revising.correction(
        of: Figure.retentionUserCount.name(offset: read.offset), from: Double(before),
        to: new.retained.map(Double.init)))
    return .revised
  }
}
