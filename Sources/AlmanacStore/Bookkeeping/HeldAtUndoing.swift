import AlmanacCore
import GRDB

/// The buckets and mature cohorts that are held of an app after runs whose clock was ahead.
package struct HeldAtUndoing: Sendable {
  /// The held buckets, oldest first.
  package var buckets: [Grain: [HeldBucket]]
  /// The cohorts whose later bucket had ended by the clock of the run that said so, oldest first.
  package var cohorts: [ReadSeries: [MatureCohort]]
  /// Whether the app has left the configuration.
  package let isRetired: Bool
  /// The runs whose clock was ahead.
  package let ahead: Set<Int>
  /// The day before which every day had ended when the last right run began; `nil` if there was no
  /// such run.
  package let trusted: Day?
  /// The day that has not ended.
  package let today: Day

  package struct HeldBucket: Sendable {
    package let bucket: Bucket
    package let state: BucketState
    /// The run that first stored it after its end.
    package let completeRun: Int?
    /// The run that last stored it as settled.
    package let settledRun: Int?
    /// The run that found it forgotten.
    package let expiredRun: Int?
    /// Whether it had users, messages or conversations, in all sources.
    package let isActive: Bool

    package init(
      _ bucket: Bucket, _ state: BucketState, completeRun: Int? = nil, settledRun: Int? = nil,
      expiredRun: Int? = nil, isActive: Bool
    ) {
      self.bucket = bucket
      self.state = state
      self.completeRun = completeRun
      self.settledRun = settledRun
      self.expiredRun = expiredRun
      self.isActive = isActive
    }
  }

  package struct MatureCohort: Sendable {
    package let day: Day
    package let base: RetentionBase?
    package let users: Int?
    /// The run that first stored an answer.
    package let run: Int?

    package init(day: Day, base: RetentionBase?, users: Int?, run: Int?) {
      self.day = day
      self.base = base
      self.users = users
      self.run = run
    }
  }

  package init(
    buckets: [Grain: [HeldBucket]] = [:], cohorts: [ReadSeries: [MatureCohort]] = [:],
    isRetired: Bool, ahead: Set<Int>, trusted: Day?, today: Day
  ) {
    self.buckets = buckets
    self.cohorts = cohorts
    self.isRetired = isRetired
    self.ahead = ahead
    self.trusted = trusted
    self.today = today
  }
}

extension HeldAtUndoing {
  /// Reads the buckets of an app.
  mutating func readBuckets(_ db: Database, _ app: Int) throws {
    var rows = try BoundStatement(
      db,
      """
      SELECT grain, day, state, complete_run_id, settled_run_id, expired_run_id,
        EXISTS (SELECT 1 FROM user_fact
          WHERE user_fact.app = bucket.app AND source = 0 AND user_fact.grain = bucket.grain
            AND user_fact.day = bucket.day AND user_count > 0)
        OR EXISTS (SELECT 1 FROM chat_fact
          WHERE chat_fact.app = bucket.app AND source = 0 AND chat_fact.grain = bucket.grain
            AND chat_fact.day = bucket.day AND (chat_item_count > 0 OR chat_count > 0))
      FROM bucket WHERE app = ? ORDER BY grain, day
      """)
    rows.bind(app)
    while try rows.step() {
      let grain: Grain = try rows.value(0)
      buckets[grain, default: []].append(
        HeldBucket(
          Bucket(grain, holding: try rows.value(1)), try rows.value(2),
          completeRun: rows.integer(orNull: 3), settledRun: rows.integer(orNull: 4),
          expiredRun: rows.integer(orNull: 5), isActive: rows.integer(6) != 0))
    }
  }

  /// Reads the mature cohorts of an app.
  mutating func readCohorts(_ db: Database, _ app: Int) throws {
    var rows = try BoundStatement(
      db,
      """
      SELECT source, source.name, grain, "offset", day, base, cohort_users, run_id
      FROM retention_fact JOIN source ON source.id = retention_fact.source
      WHERE app = ? AND mature = 1 ORDER BY source, grain, day
      """)
    rows.bind(app)
    while try rows.step() {
      let source: Source = try rows.integer(0) == 0 ? .all : .named(rows.value(1))
      cohorts[ReadSeries(source, try rows.value(2), offset: rows.integer(3)), default: []].append(
        MatureCohort(
          day: try rows.value(4), base: try rows.value(orNull: 5), users: rows.integer(orNull: 6),
          run: rows.integer(orNull: 7)))
    }
  }
}
