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
    try await write("writing an answer", entry) { db, request in
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
      try db.cachedStatement(
        sql: """
          INSERT OR IGNORE INTO server_figure (server, figure)
          SELECT server, ? FROM app WHERE id = ?
          """
      ).execute(arguments: [figure, belief.app])
    }
    if let first = belief.first {
      try db.cachedStatement(sql: "UPDATE app SET first_date = ? WHERE id = ?")
        .execute(arguments: [first.description, belief.app])
    }
    for (name, first) in belief.sources.sorted(by: { $0.key < $1.key }) {
      try db.cachedStatement(
        sql: """
          INSERT INTO app_source (app, source, first_date) VALUES (?, ?, ?)
          ON CONFLICT (app, source) DO UPDATE SET first_date = excluded.first_date
          """
      ).execute(arguments: [belief.app, try sourceKey(db, .named(name)), first.description])
    }
  }

  private static func writeFacts(
    _ db: Database, _ belief: Belief, _ entry: LedgerEntry, _ holds: [Hold]
  ) throws -> Written {
    var written = Written()
    let days = belief.days
    let source = try sourceKey(db, belief.source)
    var facts = try FactWriter(db, belief, entry, source: source, days: days)
    var cohorts = try CohortWriter(db, belief, entry, source: source, days: days)
    var users = UserWriters(db, belief, entry, days: days)
    for (place, believed) in belief.buckets.enumerated() {
      let hold = holds[place]
      if hold.trust == .nothing {
        written.counts.unchanged += 1
        continue
      }
      var change = try facts.write(believed.figures, at: place, hold)
      let isSeen = change != .none
      change += try writeFurther(db, belief, believed, source, entry, hold)
      if hold.trust == .whole {
        change += try cohorts.write(
          believed.figures, at: place, isMature: believed.isMature, isSeen: isSeen)
      }
      if let bySource = believed.usersBySource {
        change += try users.write(bySource, at: place, hold)
      }
      switch change {
      case .revised: written.counts.revised += 1
      case .new: written.counts.new += 1
      case .none:
        written.counts.unchanged += 1
        continue
      }
      written.oldestChange = min(
        written.oldestChange ?? believed.bucket.start, believed.bucket.start)
    }
    try facts.flush()
    try cohorts.flush()
    try users.flush()
    if belief.source != .all, belief.grain == .day {
      try sumDaysOfSource(db, belief, entry, source)
    }
    return written
  }

  /// Users by source, a writer for each source that is told of.
  private struct UserWriters {
    private let db: Database
    private let belief: Belief
    private let entry: LedgerEntry
    private let days: [Int]
    private var writers: [FactWriter] = []
    private var places: [Name: Int] = [:]
    /// Of the bucket before, which mostly tells of the same.
    private var sources: [Name] = []
    private var chosen: [Int] = []

    init(_ db: Database, _ belief: Belief, _ entry: LedgerEntry, days: [Int]) {
      self.db = db
      self.belief = belief
      self.entry = entry
      self.days = days
    }

    mutating func write(
      _ users: UsersBySource, at place: Int, _ hold: Hold
    ) throws -> FactWriter.Change {
      if users.sources != sources {
        chosen = try users.sources.map { try writer(of: $0) }
        sources = users.sources
      }
      var change = FactWriter.Change.none
      for (index, count) in users.counts.enumerated() {
        var figures = Figures()
        figures[.userCount] = Double(count)
        change += try writers[chosen[index]].write(figures, at: place, hold)
      }
      return change
    }

    mutating func flush() throws {
      for index in writers.indices { try writers[index].flush() }
    }

    private mutating func writer(of source: Name) throws -> Int {
      if let known = places[source] { return known }
      writers.append(
        try FactWriter(
          db, belief, entry, source: try sourceKey(db, .named(source)), tables: [.user],
          tellsAll: false, days: days))
      places[source] = writers.count - 1
      return writers.count - 1
    }
  }

  /// Figures that have no column, under their own names.
  private static func writeFurther(
    _ db: Database, _ belief: Belief, _ believed: BelievedBucket, _ source: Int,
    _ entry: LedgerEntry, _ hold: Hold
  ) throws -> FactWriter.Change {
    var change = FactWriter.Change.none
    guard !believed.further.isEmpty else { return change }
    let revision = Revision(belief, entry, source)
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
      guard revision.isDue(old, hold) else {
        change += .new
        continue
      }
      change += old == nil ? .new : .revised
      try revision.record(db, further.name.text, old, further.value, believed.bucket)
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
