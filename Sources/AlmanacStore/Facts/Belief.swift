import AlmanacCore
import Foundation

/// What a run believes of one answer, ready to be written in one transaction.
package struct Belief: Sendable {
  package let app: Int
  package let source: Source
  package let grain: Grain
  package let offset: Int
  /// Oldest first.
  package var buckets: [BelievedBucket] = []
  package var refusals: [Refusal] = []
  /// Figures that this answer shows the server to have.
  package var sent: Set<Figure> = []
  /// The app's first active day, where this answer moved it.
  package var first: Day?
  /// Sources seen for the first time, or earlier than known.
  package var sources: [Name: Day] = [:]
  package var watermarks: [Scope: Watermark] = [:]
  package var base: RetentionBase = .activeUsers
  package var today: Day
  /// Days after a bucket's end during which it is read again.
  package var lookBack: Int
  /// How far back the server remembers the app, this answer included. Nothing that it has
  /// forgotten is lowered, zeroed or made complete.
  package var memory = Memory()
  /// Whether figures change because they are cut in another zone.
  package var isRecut = false

  package init(
    app: Int, source: Source, grain: Grain, offset: Int, today: Day, lookBack: Int
  ) {
    self.app = app
    self.source = source
    self.grain = grain
    self.offset = offset
    self.today = today
    self.lookBack = lookBack
  }
}

extension Belief {
  /// The first days of the buckets, by number.
  var days: [Int] { buckets.map(\.bucket.start.number) }
}

/// One bucket of a belief.
package struct BelievedBucket: Sendable {
  package let bucket: Bucket
  /// The bucket's first instant in Unix seconds.
  package let time: Int
  package let state: BucketState
  /// An unknown figure leaves the one that is held.
  package let figures: Figures
  /// Whether the bucket that the retention looks for has ended; before that no figure counts.
  package let isMature: Bool
  /// Users by source, of every source known by then; `nil` where the server did not say.
  package let usersBySource: UsersBySource?
  package let further: [FurtherFigure]

  package init(
    bucket: Bucket, time: Int, state: BucketState, figures: Figures, isMature: Bool,
    usersBySource: UsersBySource?, further: [FurtherFigure] = []
  ) {
    self.bucket = bucket
    self.time = time
    self.state = state
    self.figures = figures
    self.isMature = isMature
    self.usersBySource = usersBySource
    self.further = further
  }
}

/// A bucket that was not believed.
package struct Refusal: Sendable {
  /// `nil` where the timestamp starts no bucket.
  package let date: Day?
  package let bucket: RefusedBucket

  package init(date: Day?, bucket: RefusedBucket) {
    self.date = date
    self.bucket = bucket
  }
}

/// One line of the ledger: what was asked, and how it went.
package struct LedgerEntry: Sendable {
  package enum Endpoint: String, Sendable {
    case totals = "getTotalData"
    case chart = "getChartData"
  }

  package let run: Int
  package let app: Int
  package let endpoint: Endpoint
  package var source: Source?
  package var grain: Grain?
  package var offset: Int?
  /// The days asked for, spare buckets included.
  package var asked: Range<Day>?
  package let answeredAt: Date
  package let seconds: Double
  package let delivery: Delivery
  /// `nil` for an answer.
  package var failure: ReadFailure?

  package init(
    run: Int, app: Int, endpoint: Endpoint, answeredAt: Date, seconds: Double,
    delivery: Delivery, failure: ReadFailure? = nil
  ) {
    self.run = run
    self.app = app
    self.endpoint = endpoint
    self.answeredAt = answeredAt
    self.seconds = seconds
    self.delivery = delivery
    self.failure = failure
  }
}

/// Buckets of one answer, or of many, by what became of them.
package struct BucketCounts: Sendable, Equatable {
  /// Held for the first time, or still open and grown.
  package var new = 0
  /// Complete before, and changed.
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
