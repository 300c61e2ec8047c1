import AlmanacCore
import Foundation
import GRDB

extension Archive {
  /// What writing one belief changed.
  package struct Written: Sendable {
    package var counts = BucketCounts()
    /// The oldest bucket of which any figure changed.
    package var oldestChange: Day?
  }

  /// Writes one answer: its capture, its line of the ledger, facts, states, revisions,
  /// refusals and watermarks, together or not at all.
  package func write(_ belief: Belief, _ entry: LedgerEntry) async throws -> Written {
    try await write("writing an answer") { db in
      let request = try Self.insertRequest(db, entry)
      try Self.insertRefusals(db, belief, request)
      try Self.insertKnowledge(db, belief)
      if belief.source == .all { try Self.writeStates(db, belief) }
      var written = try Self.writeFacts(db, belief, entry)
      written.counts.refused = belief.refusals.count
      try Self.writeWatermarks(db, belief.app, belief.watermarks)
      try db.execute(
        sql: """
          UPDATE request SET buckets_new = ?, buckets_revised = ?, buckets_unchanged = ?,
            buckets_refused = ? WHERE id = ?
          """,
        arguments: [
          written.counts.new, written.counts.revised, written.counts.unchanged,
          written.counts.refused, request,
        ])
      return written
    }
  }

  private static func insertRefusals(_ db: Database, _ belief: Belief, _ request: Int) throws {
    for refusal in belief.refusals {
      try db.execute(
        sql: """
          INSERT INTO refusal (request, app, source, grain, date, label, field, reason)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          request, belief.app, try sourceKey(db, belief.source), belief.grain.rawValue,
          refusal.date?.description, refusal.bucket.label, refusal.bucket.field,
          refusal.bucket.reason,
        ])
    }
  }

  /// What the answer tells of the app and its server, beside figures.
  private static func insertKnowledge(_ db: Database, _ belief: Belief) throws {
    for figure in belief.sent.map(\.name).sorted() {
      try db.execute(
        sql: """
          INSERT OR IGNORE INTO server_figure (server, figure)
          SELECT server, ? FROM app WHERE id = ?
          """, arguments: [figure, belief.app])
    }
    if let first = belief.first {
      try db.execute(
        sql: "UPDATE app SET first_date = ? WHERE id = ?",
        arguments: [first.description, belief.app])
    }
    for (name, first) in belief.sources.sorted(by: { $0.key < $1.key }) {
      try db.execute(
        sql: """
          INSERT INTO app_source (app, source, first_date) VALUES (?, ?, ?)
          ON CONFLICT (app, source) DO UPDATE SET first_date = excluded.first_date
          """, arguments: [belief.app, try sourceKey(db, .named(name)), first.description])
    }
  }

  /// A state only moves on: a bucket that has ended does not open again.
  private static func writeStates(_ db: Database, _ belief: Belief) throws {
    guard let first = belief.buckets.first, let last = belief.buckets.last else { return }
    var held: [Int: (state: String, bySource: Bool)] = [:]
    let rows = try Row.fetchCursor(
      db.cachedStatement(
        sql: """
          SELECT day, state, by_source FROM bucket
          WHERE app = ? AND grain = ? AND date BETWEEN ? AND ?
          """),
      arguments: [
        belief.app, belief.grain.rawValue, first.bucket.start.description,
        last.bucket.start.description,
      ])
    while let row = try rows.next() { held[row[0]] = (row[1], row[2]) }
    let order: [BucketState] = [.open, .settling, .settled, .partial, .expired]
    for believed in belief.buckets {
      let day = believed.bucket.start
      let old = held[day.number]
      let oldState = old.flatMap { BucketState(rawValue: $0.state) }
      let state = order.last { $0 == believed.state || $0 == oldState } ?? believed.state
      let bySource = believed.usersBySource != nil || old?.bySource == true
      if old?.state == state.rawValue, old?.bySource == bySource { continue }
      var statement = try BoundStatement(
        db,
        """
        INSERT INTO bucket (app, grain, date, day, time, state, by_source)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (app, grain, date) DO UPDATE SET state = excluded.state,
          by_source = excluded.by_source
        """)
      statement.bind(belief.app)
      statement.bind(belief.grain.rawValue)
      statement.bind(day.description)
      statement.bind(day.number)
      statement.bind(believed.time)
      statement.bind(state.rawValue)
      statement.bind(bySource ? 1 : 0)
      try statement.run()
    }
  }

  private static func writeFacts(
    _ db: Database, _ belief: Belief, _ entry: LedgerEntry
  ) throws -> Written {
    var written = Written()
    guard let first = belief.buckets.first, let last = belief.buckets.last else { return written }
    let days = first.bucket.start.number...last.bucket.start.number
    let source = try sourceKey(db, belief.source)
    let writer = { (source: Int, offset: Int) throws -> FactWriter in
      try FactWriter(
        db, app: belief.app, source: source, grain: belief.grain, offset: offset, run: entry.run,
        revisedAt: entry.answeredAt.iso8601, completeTo: belief.completeTo, holding: days)
    }
    var facts = try writer(source, belief.offset)
    var bySource: [String: FactWriter] = [:]
    for name in Set(belief.buckets.flatMap { $0.usersBySource.map { Array($0.keys) } ?? [] }) {
      bySource[name] = try writer(try sourceKey(db, .named(name)), 0)
    }
    for believed in belief.buckets {
      let day = believed.bucket.start
      var changes = [
        try facts.write(believed.figures, day: day),
        try facts.writeRetention(
          believed.figures, day: day, base: belief.base, isMature: believed.isMature),
        try writeFurther(db, belief, believed, source, entry),
      ]
      for (name, users) in believed.usersBySource ?? [:] {
        var figures = Figures()
        figures[.userCount] = Double(users)
        if let change = try bySource[name]?.write(figures, day: day) { changes.append(change) }
      }
      if changes.contains(.revised) {
        written.counts.revised += 1
      } else if changes.contains(.new) {
        written.counts.new += 1
      } else {
        written.counts.unchanged += 1
        continue
      }
      written.oldestChange = min(written.oldestChange ?? day, day)
    }
    if belief.source != .all, belief.grain == .day {
      try sumDaysOfSource(db, belief, entry, source)
    }
    return written
  }

  /// Figures that have no column, under their own names.
  private static func writeFurther(
    _ db: Database, _ belief: Belief, _ believed: BelievedBucket, _ source: Int,
    _ entry: LedgerEntry
  ) throws -> FactWriter.Change {
    var change = FactWriter.Change.none
    for further in believed.further {
      let key: StatementArguments = [
        belief.app, source, belief.grain.rawValue, believed.bucket.start.number,
        further.series.field, further.name,
      ]
      let old = try Double.fetchOne(
        db.cachedStatement(
          sql: """
            SELECT value FROM figure WHERE app = ? AND source = ? AND grain = ? AND day = ?
              AND series = ? AND name = ?
            """), arguments: key)
      guard old != further.value else { continue }
      try db.cachedStatement(
        sql: """
          INSERT INTO figure (app, source, grain, day, series, name, value)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT DO UPDATE SET value = excluded.value
          """
      ).execute(arguments: key + [further.value])
      guard let old, let completeTo = belief.completeTo, believed.bucket.start < completeTo else {
        if change == .none { change = .new }
        continue
      }
      change = .revised
      try db.execute(
        sql: """
          INSERT INTO revision (app, source, grain, date, figure, old_value, new_value,
            revised_at, run_id, reason)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          belief.app, source, belief.grain.rawValue, believed.bucket.start.description,
          further.name, old, further.value, entry.answeredAt.iso8601, entry.run,
          further.value < old ? "fell" : "grew",
        ])
    }
    return change
  }

  private static func writeWatermarks(
    _ db: Database, _ app: Int, _ watermarks: [Scope: Watermark]
  ) throws {
    for (scope, watermark) in watermarks {
      try db.cachedStatement(
        sql: """
          INSERT INTO watermark (app, source, grain, "offset", read_from, settled_to, complete_to)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT DO UPDATE SET read_from = excluded.read_from,
            settled_to = excluded.settled_to, complete_to = excluded.complete_to
          """
      ).execute(arguments: [
        app, try sourceKey(db, scope.source), scope.grain.rawValue, scope.offset,
        watermark.readFrom.number, watermark.settledTo.number, watermark.completeTo.number,
      ])
    }
  }

  /// The key of a source; 0 is `all`. A new name is taken in.
  static func sourceKey(_ db: Database, _ source: Source) throws -> Int {
    guard case .named(let name) = source else { return 0 }
    let held = try Int.fetchOne(
      db.cachedStatement(sql: "SELECT id FROM source WHERE name = ?"), arguments: [name])
    if let held { return held }
    try db.execute(sql: "INSERT INTO source (name) VALUES (?)", arguments: [name])
    return Int(db.lastInsertedRowID)
  }
}
