import AlmanacCore

/// Everything that one answer, the end of an app's reading, or the undoing of a clock that was ahead
/// changes in the archive.
///
/// This is a plain value. The rules that make it are in the collector's `Belief/`, and
/// ``Archive/apply(_:_:)`` writes it in one transaction without a decision of its own.
package struct Changes: Sendable {
  /// The knowledge of the app before.
  package let before: AppKnowledge
  /// The knowledge of the app from now on.
  package var known: AppKnowledge
  package var counts = BucketCounts()
  package var refusals: [Refusal] = []
  /// Rows of buckets that are new or differ, of one grain, oldest first.
  package var buckets: [BucketRow] = []
  /// New states of held buckets, of any grain. They are written before the rows.
  package var states: [StateChange] = []
  /// Buckets that are no longer held. Their facts stay for the read that completes them.
  package var dropped: [Bucket] = []
  /// Buckets that are no longer held, nor any of their facts.
  package var erased: [Bucket] = []
  /// Buckets whose figures by source are deleted, since they were read before the bucket ended.
  package var droppedSources: [Bucket] = []
  package var facts: [FactRows] = []
  /// Users by source that come with the answer for all of them.
  package var users: [UserRows] = []
  /// The read's figures that have no column.
  package var further: FurtherRows?
  package var cohorts: [CohortRows] = []
  package var revisions: [Revision] = []
  /// Earlier revisions that are deleted.
  package var withdrawn: [WithdrawnRevisions] = []
  /// The grain at which the server has answered a retention above zero for the first time: zeros
  /// that any of its apps was answered before were measured, too.
  package var measured: Grain?
  /// All gaps of the app. `nil` leaves them as they are, except for buckets that are stored.
  package var gaps: [Gap]?
  /// The day before which nothing is wanted any more, so that nothing of it is a gap.
  package var gapsBegin: Day?

  /// Makes changes that change nothing yet.
  package init(of known: AppKnowledge) {
    before = known
    self.known = known
  }
}

/// A bucket of the table `bucket`.
package struct BucketRow: Sendable, Equatable {
  package let bucket: Bucket
  /// The bucket's first instant in Unix seconds.
  package let time: Int
  /// The state that is held; `nil` where the bucket has no row yet.
  package let old: BucketState?
  package let state: BucketState
  /// Whether the server said which sources its users came through.
  package let isBySource: Bool

  package init(
    bucket: Bucket, time: Int, old: BucketState? = nil, state: BucketState, isBySource: Bool
  ) {
    self.bucket = bucket
    self.time = time
    self.old = old
    self.state = state
    self.isBySource = isBySource
  }
}

/// The change of a bucket's state.
package struct StateChange: Sendable, Equatable {
  package let bucket: Bucket
  package let old: BucketState
  package let new: BucketState
  /// Whether the bucket was read after its end, as every one that is not open but those of apps
  /// that were retired before.
  package let isComplete: Bool

  package init(
    _ bucket: Bucket, from old: BucketState, to new: BucketState, isComplete: Bool = true
  ) {
    self.bucket = bucket
    self.old = old
    self.new = new
    self.isComplete = isComplete
  }
}

/// Facts of one source at one grain that are new or differ, oldest first.
package struct FactRows: Sendable, Equatable {
  package let source: Source
  package let grain: Grain
  package var rows: [Row]

  package init(source: Source, grain: Grain, rows: [Row] = []) {
    self.source = source
    self.grain = grain
    self.rows = rows
  }

  /// All figures of one bucket, except retention.
  ///
  /// It is a row of plain numbers, which is copied in one move: a column for each figure took a fifth
  /// longer.
  package struct Row: Sendable, Equatable {
    package let day: Day
    package let figures: Figures
    /// The series of which a figure differs. The user's row is written in any case, since it
    /// carries the run that saw the change.
    package let changed: SeriesSet

    package init(day: Day, figures: Figures, changed: SeriesSet) {
      self.day = day
      self.figures = figures
      self.changed = changed
    }
  }
}

/// Users of one source by bucket. Other figures of its rows stay.
package struct UserRows: Sendable, Equatable {
  package let source: Name
  package let grain: Grain
  package var days: [Day]
  /// The users of each day, as many as there are days.
  package var counts: [Int]

  package init(source: Name, grain: Grain, days: [Day] = [], counts: [Int] = []) {
    self.source = source
    self.grain = grain
    self.days = days
    self.counts = counts
  }
}

/// Numbers of one source that have no column, under the server's own names.
package struct FurtherRows: Sendable, Equatable {
  package let source: Source
  package var rows: [Row]

  package init(source: Source, rows: [Row] = []) {
    self.source = source
    self.rows = rows
  }

  package struct Row: Sendable, Equatable {
    package let bucket: Bucket
    package let figure: FurtherFigure

    package init(bucket: Bucket, figure: FurtherFigure) {
      self.bucket = bucket
      self.figure = figure
    }
  }
}

/// The retention of one source's cohorts at one offset, oldest first.
package struct CohortRows: Sendable, Equatable {
  package let source: Source
  package let grain: Grain
  package let offset: Int
  package var rows: [Row]

  package init(source: Source, grain: Grain, offset: Int, rows: [Row] = []) {
    self.source = source
    self.grain = grain
    self.offset = offset
    self.rows = rows
  }

  package struct Row: Sendable, Equatable {
    package let day: Day
    package let cohort: Cohort

    package init(day: Day, cohort: Cohort) {
      self.day = day
      self.cohort = cohort
    }
  }
}

/// Users of a bucket, and how many of them were seen again.
package struct Cohort: Sendable, Equatable {
  /// The users of the bucket that the server looks for; `nil` where that is not known.
  package var base: RetentionBase?
  package var users: Int?
  /// `nil` until mature, and where the server does not measure it.
  package var retained: Int?
  /// The server's answer, measured or not; `nil` until mature.
  package var answered: Int?
  package var isMature: Bool

  package init(
    base: RetentionBase?, users: Int?, retained: Int?, answered: Int?, isMature: Bool
  ) {
    self.base = base
    self.users = users
    self.retained = retained
    self.answered = answered
    self.isMature = isMature
  }
}

/// A bucket that was not believed.
package struct Refusal: Sendable, Equatable {
  /// `nil` where the timestamp starts no bucket.
  package let date: Day?
  package let bucket: RefusedBucket

  package init(date: Day?, bucket: RefusedBucket) {
    self.date = date
    self.bucket = bucket
  }
}

/// Buckets of one answer, or of many, by what became of them.
package struct BucketCounts: Sendable, Equatable {
  /// Buckets that are held for the first time, or are still open and have grown.
  package var new = 0
  /// Buckets that were complete and have changed.
  package var revised = 0
  package var unchanged = 0
  package var refused = 0

  package init() {}

  package static func += (left: inout BucketCounts, right: BucketCounts) {
    left.new += right.new
    left.revised += right.revised
    left.unchanged += right.unchanged
    left.refused += right.refused
  }
}
