import AlmanacCore
import Foundation
import GRDB

/// The buckets and refusals that are held of an app when its reading ends.
package struct HeldAtClose: Sendable {
  /// The buckets that should be held.
  package var expected: [Window]
  /// Those of them that are not.
  package var missing: [Bucket]
  /// Buckets that are held as open.
  package var open: [OpenBucket]
  /// Buckets for which an answer for all sources was ever refused.
  package var refused: Set<Bucket>
  /// The days of requests whose answer held a bucket that could not be placed. A bucket that is
  /// missing from such an answer may have been active.
  package var unplaced: [Grain: [ClosedRange<Day>]]

  package struct OpenBucket: Sendable {
    package let bucket: Bucket
    package let hasUsers: Bool

    package init(_ bucket: Bucket, hasUsers: Bool) {
      self.bucket = bucket
      self.hasUsers = hasUsers
    }
  }

  package init(
    expected: [Window] = [], missing: [Bucket] = [], open: [OpenBucket] = [],
    refused: Set<Bucket> = [],
    unplaced: [Grain: [ClosedRange<Day>]] = [:]
  ) {
    self.expected = expected
    self.missing = missing
    self.open = open
    self.refused = refused
    self.unplaced = unplaced
  }
}

extension Archive {
  /// The rule that tells which buckets of an app should be held, by what is known of the app and
  /// the day that has not ended.
  package typealias ExpectingRule = @Sendable (AppKnowledge, _ today: Day) -> [Window]

  /// The rule that ends the reading of an app. It gets what is known and held of the app, and the
  /// day that has not ended; it returns the changes.
  package typealias ClosingRule = @Sendable (AppKnowledge, HeldAtClose, _ today: Day) -> Changes

  /// - Parameter expected: the buckets that should be held
  package func heldAtClose(_ app: Int, of expected: [Window]) async throws -> HeldAtClose {
    try await read("reading what is held") { db in
      try Stage.lookingUp.measured { try Self.heldAtClose(db, app, of: expected) }
    }
  }

  /// Writes the outcome of an app in a run, and its gaps: the buckets that should be known and are
  /// not. All that the run has written of the app is on disk when this returns.
  ///
  /// - Parameter failure: the first thing that went wrong; `nil` if everything worked
  package func close(
    _ changes: Changes, run: Int, at now: Date, failure: String?
  ) async throws {
    let app = changes.known.key
    try await writeToDisk("closing an app") { db in
      let newest: Day? = try CheckedRow.fetchOne(
        db,
        sql: """
          SELECT day FROM bucket WHERE app = ? AND grain = 0 AND complete_run_id IS NOT NULL
          ORDER BY day DESC LIMIT 1
          """,
        arguments: [app]
      ).map { try $0[0] }
      try db.cachedStatement(sql: "UPDATE app SET newest_complete_date = ? WHERE id = ?")
        .execute(arguments: [newest?.description, app])
      if let failure {
        try db.cachedStatement(
          sql: "UPDATE app SET last_error = ?, last_error_at = ? WHERE id = ?"
        ).execute(arguments: [failure, now.iso8601, app])
      } else {
        // An error of the same second came before.
        try db.cachedStatement(
          sql: """
            UPDATE app SET last_success_at = ?1,
              last_error = CASE WHEN last_error_at < ?1 THEN last_error END,
              last_error_at = CASE WHEN last_error_at < ?1 THEN last_error_at END
            WHERE id = ?2
            """
        ).execute(arguments: [now.iso8601, app])
      }
      try Self.apply(db, changes, run: run, at: now)
    }
  }

  static func heldAtClose(
    _ db: Database, _ app: Int, of expected: [Window]
  ) throws -> HeldAtClose {
    var end = HeldAtClose(
      expected: expected, missing: try expected.flatMap { try missing(db, app, of: $0) })
    let open = try CheckedRow.fetchAll(
      db, sql: "SELECT grain, day FROM bucket WHERE app = ? AND state = 'open' ORDER BY grain, day",
      arguments: [app]
    ).map { row in try Bucket(row[0], holding: row[1]) }
    end.open = try open.map { bucket in
      let users = try Int.fetchOne(
        db.cachedStatement(
          sql: """
            SELECT user_count FROM user_fact
            WHERE app = ? AND source = 0 AND grain = ? AND day = ? AND user_count > 0
            """), arguments: [app, bucket.grain.rawValue, bucket.start.number])
      return HeldAtClose.OpenBucket(bucket, hasUsers: users != nil)
    }
    for row in try CheckedRow.fetchAll(
      db,
      sql: """
        SELECT DISTINCT refusal.grain, refusal.date, request.first_date, request.last_date,
          refusal.is_unplaceable
        FROM refusal JOIN request ON request.id = refusal.request
        WHERE refusal.app = ? AND refusal.source = 0
        """,
      arguments: [app])
    {
      let grain: Grain = try row[0]
      if let date: Day = try row[1] { end.refused.insert(Bucket(grain, holding: date)) }
      if try row[4], let first: Day = try row[2], let last: Day = try row[3], first <= last {
        end.unplaced[grain, default: []].append(first...last)
      }
    }
    return end
  }

  /// The buckets of a window that are not held. They are few and the held ones are all that the
  /// archive has of the app, so those are counted before they are read.
  private static func missing(
    _ db: Database, _ app: Int, of window: Window
  ) throws -> [Bucket] {
    let range = "FROM bucket WHERE app = ? AND grain = ? AND day BETWEEN ? AND ?"
    let bind = { (statement: inout BoundStatement) in
      statement.bind(app)
      statement.bind(window.grain.rawValue)
      statement.bind(window.kept.lowerBound.number)
      statement.bind(window.kept.upperBound.number - 1)
    }
    var counting = try BoundStatement(db, "SELECT count(*) \(range)")
    bind(&counting)
    var count = 0
    while try counting.step() { count = counting.integer(0) }
    guard count < window.count else { return [] }
    let buckets = Array(window.buckets)
    var isMissing = buckets.map { _ in true }
    var rows = try BoundStatement(db, "SELECT day \(range) ORDER BY day")
    bind(&rows)
    try rows.forEach(of: buckets.map(\.start.number)) { place, _ in isMissing[place] = false }
    return zip(buckets, isMissing).filter(\.1).map(\.0)
  }
}
