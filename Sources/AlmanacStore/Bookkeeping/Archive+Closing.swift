import AlmanacCore
import Foundation
import GRDB

/// The buckets and refusals that are held of an app when its reading ends.
package struct HeldAtClose: Sendable {
  /// The first days of all held buckets, ascending.
  package var days: [Grain: [Day]]
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
    days: [Grain: [Day]] = [:], open: [OpenBucket] = [], refused: Set<Bucket> = [],
    unplaced: [Grain: [ClosedRange<Day>]] = [:]
  ) {
    self.days = days
    self.open = open
    self.refused = refused
    self.unplaced = unplaced
  }
}

extension Archive {
  /// The rule that ends the reading of an app. It gets what is known and held of the app, and the
  /// day that has not ended; it returns the changes.
  package typealias ClosingRule = @Sendable (AppKnowledge, HeldAtClose, _ today: Day) -> Changes

  package func heldAtClose(_ app: Int) async throws -> HeldAtClose {
    try await read("reading what is held") { db in
      try Stage.lookingUp.measured { try Self.heldAtClose(db, app) }
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
        db.cachedStatement(
          sql: """
            SELECT day FROM bucket WHERE app = ? AND grain = 0 AND complete_run_id IS NOT NULL
            ORDER BY day DESC LIMIT 1
            """), arguments: [app]
      ).map { try $0[0] }
      try db.cachedStatement(sql: "UPDATE app SET newest_complete_date = ? WHERE id = ?")
        .execute(arguments: [newest?.description, app])
      if let failure {
        try db.cachedStatement(
          sql: "UPDATE app SET last_error = ?, last_error_at = ? WHERE id = ?"
        ).execute(arguments: [failure, now.iso8601, app])
      } else {
        try db.cachedStatement(sql: "UPDATE app SET last_success_at = ? WHERE id = ?")
          .execute(arguments: [now.iso8601, app])
      }
      try Self.apply(db, changes, run: run, at: now)
    }
  }

  static func heldAtClose(_ db: Database, _ app: Int) throws -> HeldAtClose {
    var end = HeldAtClose()
    var rows = try BoundStatement(
      db, "SELECT day, grain, state = 'open' FROM bucket WHERE app = ? ORDER BY grain, day")
    rows.bind(app)
    var open: [Bucket] = []
    // Every bucket of the app is read, however old, so this must be quick.
    var days = Grain.allCases.map { _ in [Day]() }
    while try rows.step() {
      let grain = rows.integer(1)
      guard days.indices.contains(grain), ClosedRange.days.contains(rows.integer(0)) else {
        // One of the two throws.
        _ = try (rows.value(0) as Day, rows.value(1) as Grain)
        continue
      }
      let day = Day(number: rows.integer(0))
      days[grain].append(day)
      if rows.integer(2) != 0 { open.append(Bucket(Grain.allCases[grain], holding: day)) }
    }
    for grain in Grain.allCases where !days[grain.rawValue].isEmpty {
      end.days[grain] = days[grain.rawValue]
    }
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
      db.cachedStatement(
        sql: """
          SELECT DISTINCT refusal.grain, refusal.date, request.first_date, request.last_date,
            refusal.is_unplaceable
          FROM refusal JOIN request ON request.id = refusal.request
          WHERE refusal.app = ? AND refusal.source = 0
          """), arguments: [app])
    {
      let grain: Grain = try row[0]
      if let date: Day = try row[1] { end.refused.insert(Bucket(grain, holding: date)) }
      if try row[4], let first: Day = try row[2], let last: Day = try row[3], first <= last {
        end.unplaced[grain, default: []].append(first...last)
      }
    }
    return end
  }
}
