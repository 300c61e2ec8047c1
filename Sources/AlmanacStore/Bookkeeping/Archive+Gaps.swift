import AlmanacCore
import Foundation
import GRDB

extension Archive {
  /// What a run leaves behind of one app.
  package struct AppClosing: Sendable {
    package let app: Int
    package let run: Int
    /// The grains that are collected.
    package let grains: [Grain]
    /// The day that had not ended yet, in the server's zone.
    package let today: Day
    package let at: Date
    /// The first thing that went wrong; `nil` if everything worked.
    package let failure: String?
    /// Days that a failed read should have brought, by grain.
    package let failed: [Grain: [Range<Day>]]

    package init(
      app: Int, run: Int, grains: [Grain], today: Day, at: Date, failure: String?,
      failed: [Grain: [Range<Day>]]
    ) {
      self.app = app
      self.run = run
      self.grains = grains
      self.today = today
      self.at = at
      self.failure = failure
      self.failed = failed
    }
  }

  /// Writes how an app fared in a run, and which of its buckets should be known and are not. What
  /// the run has written of it is on disk when this returns.
  package func close(_ closing: AppClosing) async throws {
    try await writeToDisk("closing an app") { db in
      let newest: Day? = try Record.fetchOne(
        db.cachedStatement(
          sql: """
            SELECT day FROM bucket WHERE app = ? AND grain = 0 AND state <> 'open'
            ORDER BY day DESC LIMIT 1
            """), arguments: [closing.app]
      ).map { try $0[0] }
      try db.cachedStatement(sql: "UPDATE app SET newest_complete_date = ? WHERE id = ?")
        .execute(arguments: [newest?.description, closing.app])
      if let failure = closing.failure {
        try db.cachedStatement(
          sql: "UPDATE app SET last_error = ?, last_error_at = ? WHERE id = ?"
        ).execute(arguments: [failure, closing.at.iso8601, closing.app])
      } else {
        try db.cachedStatement(sql: "UPDATE app SET last_success_at = ?, recut = 0 WHERE id = ?")
          .execute(arguments: [closing.at.iso8601, closing.app])
      }
      try writeGaps(db, closing)
    }
  }

  func writeGaps(_ db: Database, _ closing: AppClosing) throws {
    var gaps: [[String]] = []
    let known = try Record.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT max(first_date, ifnull(since_date, first_date)), forgotten_date
          FROM app WHERE id = ?
          """), arguments: [closing.app])
    let first: Day? = try known?[0]
    let forgotten: Day? = try known?[1]
    for grain in Grain.allCases {
      let open: StatementArguments = [
        closing.app, grain.rawValue, grain.start(of: closing.today).number,
      ]
      // An open bucket whose start is forgotten will never be whole.
      try db.cachedStatement(
        sql: """
          UPDATE bucket SET state = 'partial', complete_run_id = ?4
          WHERE app = ?1 AND grain = ?2 AND day < ?3 AND state = 'open' AND day <= ?5
            AND EXISTS (SELECT 1 FROM user_fact WHERE user_fact.app = bucket.app AND source = 0
              AND user_fact.grain = bucket.grain AND user_fact.day = bucket.day AND user_count > 0)
          """
      ).execute(arguments: open + [closing.run, forgotten?.number])
      // A bucket that was only read while it was open is not known once it has ended. Its row of
      // the views goes; its facts stay for the read that completes it.
      try db.cachedStatement(
        sql: "DELETE FROM bucket WHERE app = ? AND grain = ? AND day < ? AND state = 'open'"
      ).execute(arguments: open)
      guard let first, closing.grains.contains(grain),
        grain.start(of: first) < grain.start(of: closing.today)
      else { continue }
      let expected = Window(grain, holding: first..<grain.start(of: closing.today))
      gaps += try stretches(db, closing, expected).map { stretch in
        [
          String(grain.rawValue), stretch.first.description, stretch.last.description,
          stretch.reason,
        ]
      }
    }
    let held = try Record.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT CAST(grain AS TEXT), first_date, last_date, reason FROM gap WHERE app = ?
          ORDER BY grain, first_date
          """), arguments: [closing.app]
    ).map { row in try (0..<4).map { try row[$0] as String } }
    guard held != gaps else { return }
    try db.execute(sql: "DELETE FROM gap WHERE app = ?", arguments: [closing.app])
    for gap in gaps {
      try db.execute(
        sql: "INSERT INTO gap (app, grain, first_date, last_date, reason) VALUES (?, ?, ?, ?, ?)",
        arguments: [closing.app, Int(gap[0]), gap[1], gap[2], gap[3]])
    }
  }

  private func stretches(
    _ db: Database, _ closing: AppClosing, _ expected: Window
  ) throws -> [(first: Day, last: Day, reason: String)] {
    let grain = expected.grain
    let missing = try missing(db, closing, expected)
    guard !missing.isEmpty else { return [] }
    let refused = try String.fetchSet(
      db,
      sql: """
        SELECT date FROM refusal
        WHERE app = ? AND grain = ? AND date BETWEEN ? AND ? AND source = 0
        """,
      arguments: [
        closing.app, grain.rawValue, expected.kept.lowerBound.description,
        expected.kept.upperBound.advanced(by: -1).description,
      ])
    // Beside a bucket that could not be placed, absence proves nothing.
    let unplaced = try Record.fetchAll(
      db,
      sql: """
        SELECT DISTINCT request.first_date, request.last_date FROM refusal
        JOIN request ON request.id = refusal.request
        WHERE refusal.app = ? AND refusal.grain = ? AND refusal.source = 0
          AND refusal.is_unplaceable = 1
        """, arguments: [closing.app, grain.rawValue]
    ).map { row in try (first: row[0] as Day, last: row[1] as Day) }
    var stretches: [(first: Day, last: Day, reason: String)] = []
    for bucket in missing {
      let reason =
        if closing.failed[grain, default: []].contains(where: { $0.contains(bucket.start) }) {
          "failed"
        } else if refused.contains(bucket.start.description)
          || unplaced.contains(where: { $0.first <= bucket.start && bucket.start <= $0.last })
        {
          "refused"
        } else {
          "never read"
        }
      if let last = stretches.last, last.reason == reason,
        Bucket(grain, holding: last.last).end == bucket.start
      {
        stretches[stretches.count - 1].last = bucket.start
      } else {
        stretches.append((bucket.start, bucket.start, reason))
      }
    }
    return stretches
  }

  private func missing(
    _ db: Database, _ closing: AppClosing, _ expected: Window
  ) throws -> [Bucket] {
    var rows = try BoundStatement(
      db, "SELECT day FROM bucket WHERE app = ? AND grain = ? AND day BETWEEN ? AND ?")
    rows.bind(closing.app)
    rows.bind(expected.grain.rawValue)
    rows.bind(expected.kept.lowerBound.number)
    rows.bind(expected.kept.upperBound.number - 1)
    var held: [Int] = []
    while try rows.step() { held.append(rows.integer(0)) }
    var place = 0
    return expected.buckets.filter { bucket in
      while place < held.count, held[place] < bucket.start.number { place += 1 }
      return place == held.count || held[place] > bucket.start.number
    }
  }
}
