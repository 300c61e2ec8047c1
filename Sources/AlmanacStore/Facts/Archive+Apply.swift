import AlmanacCore
import Foundation
import GRDB

extension Archive {
  /// Writes one answer: its capture, its line of the ledger, and all that it changes, together or
  /// not at all.
  package func apply(_ changes: Changes, _ record: RequestRecord) async throws {
    try await write("writing an answer", record, counts: changes.counts) { db, request in
      try Self.insertRefusals(db, changes.refusals, of: record, request)
      try Self.apply(db, changes, run: record.run, at: record.answeredAt)
    }
  }

  /// Writes changes that no request brought, together or not at all.
  package func apply(_ changes: Changes, run: Int, at now: Date) async throws {
    try await write("writing what is known of an app") { db in
      try Self.apply(db, changes, run: run, at: now)
    }
  }

  /// Writes changes within a transaction.
  ///
  /// - Parameters:
  ///   - run: the run that changes; it becomes the one that first stored, settled or revised
  ///   - now: when revisions were seen
  static func apply(_ db: Database, _ changes: Changes, run: Int, at now: Date) throws {
    let writer = ChangeWriter(db: db, app: changes.known.key, run: run, now: now)
    try writeKnowledge(db, changes, at: now)
    if let grain = changes.measured { try writer.measure(grain) }
    try writer.write(states: changes.states)
    try writer.write(buckets: changes.buckets)
    try writer.drop(changes.dropped)
    try writer.erase(changes.erased)
    try writer.dropSources(of: changes.droppedSources)
    for facts in changes.facts { try writer.write(facts) }
    for users in changes.users { try writer.write(users) }
    if let further = changes.further { try writer.write(further) }
    for cohorts in changes.cohorts { try writer.write(cohorts) }
    for withdrawn in changes.withdrawn { try writer.delete(withdrawn) }
    try writer.write(revisions: changes.revisions)
    try writer.write(gaps: changes)
  }

  private static func insertRefusals(
    _ db: Database, _ refusals: [Refusal], of record: RequestRecord, _ request: Int
  ) throws {
    guard !refusals.isEmpty else { return }
    let source = try record.source.map { try makeKey(db, of: $0) }
    for refusal in refusals {
      try db.cachedStatement(
        sql: """
          INSERT INTO refusal (request, app, source, grain, date, label, field, reason,
            is_unplaceable)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
          """
      ).execute(arguments: [
        request, record.app, source, record.grain?.rawValue, refusal.date?.description,
        refusal.bucket.serverTimestamp, refusal.bucket.field, refusal.bucket.reason,
        refusal.bucket.isUnplaceable || refusal.date == nil,
      ])
    }
  }

  /// The key of a source; 0 is `all`, and `nil` a name that the archive has not heard of.
  static func key(_ db: Database, of source: Source) throws -> Int? {
    guard case .named(let name) = source else { return 0 }
    return try Int.fetchOne(
      db.cachedStatement(sql: "SELECT id FROM source WHERE name = ?"), arguments: [name])
  }

  /// The key of a source. A new name is taken in.
  static func makeKey(_ db: Database, of source: Source) throws -> Int {
    if let held = try key(db, of: source) { return held }
    guard case .named(let name) = source else { return 0 }
    try db.execute(sql: "INSERT INTO source (name) VALUES (?)", arguments: [name])
    return Int(db.lastInsertedRowID)
  }
}
