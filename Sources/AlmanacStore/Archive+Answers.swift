import AlmanacCore
import Foundation
import GRDB

extension Archive {
  /// What writing one belief changed.
  package struct Written: Sendable {
    package var counts = BucketCounts()
    /// The oldest bucket of which any figure changed.
    package var oldestChange: Day?
    /// Scopes that have to be read from an earlier bucket on because of what changed.
    package var unsettled: [Scope: Watermark] = [:]
  }

  /// Writes one answer: its capture, its line of the ledger, facts, states, revisions,
  /// refusals and watermarks, together or not at all.
  package func write(_ belief: Belief, _ entry: LedgerEntry) async throws -> Written {
    try await write("writing an answer") { db in
      let request = try Self.insertRequest(db, entry)
      try Self.insertRefusals(db, belief, request)
      try Self.insertKnowledge(db, belief)
      let readAgainFrom = try Self.writeMemory(db, belief, run: entry.run)
      try Self.learnRetention(db, belief, run: entry.run)
      let holds = try Self.writeStates(db, belief, run: entry.run)
      var written = try Self.writeFacts(db, belief, entry, holds)
      written.counts.refused = belief.refusals.count
      try Self.writeWatermarks(db, belief.app, belief.watermarks)
      if belief.source == .all, belief.grain == .day, let day = written.oldestChange {
        written.unsettled = try Self.unsettle(db, belief.app, from: day, everything: false)
      }
      if let day = readAgainFrom {
        let lowered = try Self.unsettle(db, belief.app, from: day, everything: true)
        written.unsettled.merge(lowered) { $1 }
      }
      try db.cachedStatement(
        sql: """
          UPDATE request SET buckets_new = ?, buckets_revised = ?, buckets_unchanged = ?,
            buckets_refused = ? WHERE id = ?
          """
      ).execute(arguments: [
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
          INSERT INTO refusal (request, app, source, grain, date, label, field, reason,
            is_unplaceable)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          request, belief.app, try sourceKey(db, belief.source), belief.grain.rawValue,
          refusal.date?.description, refusal.bucket.label, refusal.bucket.field,
          refusal.bucket.reason, refusal.bucket.isUnplaceable || refusal.date == nil,
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

  private static func writeFacts(
    _ db: Database, _ belief: Belief, _ entry: LedgerEntry, _ holds: [Int: Hold]
  ) throws -> Written {
    var written = Written()
    guard let first = belief.buckets.first, let last = belief.buckets.last else { return written }
    let days = first.bucket.start.number...last.bucket.start.number
    let source = try sourceKey(db, belief.source)
    var facts = try FactWriter(
      db, belief, entry, source: source, offset: belief.offset, holding: days)
    var bySource: [String: FactWriter] = [:]
    for name in Set(belief.buckets.flatMap { $0.usersBySource.map { Array($0.keys) } ?? [] }) {
      bySource[name] = try FactWriter(
        db, belief, entry, source: try sourceKey(db, .named(name)), holding: days)
    }
    for believed in belief.buckets {
      let day = believed.bucket.start
      let hold = holds[day.number] ?? Hold()
      if hold.trust == .nothing {
        written.counts.unchanged += 1
        continue
      }
      var changes = [
        try facts.write(believed.figures, day: day, hold),
        try writeFurther(db, belief, believed, source, entry, hold),
      ]
      if hold.trust == .whole {
        changes.append(
          try facts.writeRetention(
            believed.figures, day: day, base: belief.base, isMature: believed.isMature))
      }
      for (name, users) in believed.usersBySource ?? [:] {
        var figures = Figures()
        figures[.userCount] = Double(users)
        if let change = try bySource[name]?.write(figures, day: day, hold) {
          changes.append(change)
        }
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
    _ entry: LedgerEntry, _ hold: Hold
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
      guard old != further.value,
        hold.trust != .raises || old.map({ $0 < further.value }) ?? true
      else { continue }
      try db.cachedStatement(
        sql: """
          INSERT INTO figure (app, source, grain, day, series, name, value)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT DO UPDATE SET value = excluded.value
          """
      ).execute(arguments: key + [further.value])
      let revision = Revision(belief, entry, source)
      guard revision.isDue(old, hold) else {
        if change == .none { change = .new }
        continue
      }
      if old != nil { change = .revised } else if change == .none { change = .new }
      try revision.record(db, further.name, old, further.value, believed.bucket)
    }
    return change
  }

  static func writeWatermarks(
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
