import AlmanacCore
import Foundation
import GRDB

/// The way in which a run ended.
package enum RunOutcome: String, Sendable {
  case done
  case partlyFailed = "partly failed"
  case failed
  case interrupted
}

/// The failure that says most about a run.
package struct RunFailure: Sendable, Equatable {
  /// The class: a ``ReadFailure/Kind`` of a read, or the code of an ``AlmanacError`` that stopped the
  /// run itself.
  package let kind: String
  /// The cause in one line.
  package let cause: String

  package init(kind: String, cause: String) {
    self.kind = kind
    self.cause = cause
  }

  package init(_ failure: ReadFailure) {
    self.init(kind: failure.kind.rawValue, cause: failure.cause)
  }

  package init(_ error: any Error) {
    guard let error = error as? AlmanacError else {
      self.init(kind: AlmanacError.Code.failure.rawValue, cause: "\(error)")
      return
    }
    self.init(kind: error.code.rawValue, cause: "\(error.action): \(error.cause)")
  }
}

extension Archive {
  /// Opens a row for a run. Returns its key.
  package func beginRun(at now: Date, version: String, arguments: String) async throws -> Int {
    let run = try await write("beginning a run") { db in
      try db.execute(
        sql: "INSERT INTO run (started_at, version, arguments) VALUES (?, ?, ?)",
        arguments: [now.iso8601, version, arguments])
      return Int(db.lastInsertedRowID)
    }
    // A run that is cancelled leaves this out, and ends the next moment.
    try? await queue.writeWithoutTransaction { _ = CrashRecovery.checkpoint($0) }
    return run
  }

  /// The condition on a run's row that it was about all apps and days.
  static let isOverEverything = """
    ' ' || arguments NOT LIKE '% --app%' AND ' ' || arguments NOT LIKE '% --from%'
    """

  /// The start of the newest run over everything that came to an end, whatever the end was, under
  /// the host's own clock; `nil` without one.
  package func lastRunOverEverything() async throws -> Date? {
    try await read("reading the runs") { db in
      try String.fetchOne(
        db,
        sql: """
          SELECT started_at FROM run
          WHERE outcome IN ('done', 'partly failed', 'failed') AND NOT \(Self.isRehearsal)
            AND \(Self.isOverEverything)
          ORDER BY id DESC LIMIT 1
          """
      ).flatMap { Date(iso8601: $0) }
    }
  }

  /// Sums up a run from its requests, and deletes bookkeeping that is no longer needed. An
  /// interrupted run leaves the deleting to the next run. All that the run has written is on disk
  /// when this returns.
  package func finishRun(
    _ run: Int, at now: Date, outcome: RunOutcome, failure: RunFailure? = nil, apps: Int,
    appsFailed: Int, seconds: Double, keepCaptures: Int
  ) async throws {
    if outcome != .interrupted {
      try await prune(
        at: try await pruningMoment(of: run, endingAt: now), keepCaptures: keepCaptures)
    }
    // All that the run wrote moves into the archive itself before the note that the run is over.
    try await queue.writeWithoutTransaction { _ = CrashRecovery.checkpoint($0) }
    try await writeToDisk("finishing a run") { db in
      try db.execute(
        sql: """
          UPDATE run SET finished_at = ?, outcome = ?, failure = ?, cause = ?, apps = ?,
            apps_failed = ?, seconds = ?,
            (requests, buckets_new, buckets_revised, buckets_unchanged, buckets_refused) = (
              SELECT count(*), ifnull(sum(buckets_new), 0), ifnull(sum(buckets_revised), 0),
                ifnull(sum(buckets_unchanged), 0), ifnull(sum(buckets_refused), 0)
              FROM request WHERE run_id = run.id)
          WHERE id = ?
          """,
        arguments: [
          now.iso8601, outcome.rawValue, failure?.kind, failure?.cause, apps, appsFailed, seconds,
          run,
        ])
    }
    try await queue.writeWithoutTransaction { Self.emptyLog($0) }
  }

  /// Records a read that failed, or whose answer brought nothing to believe.
  package func record(_ record: RequestRecord) async throws {
    try await write("writing the ledger", record) { _, _ in }
  }

  /// Records a reading of the cumulative numbers.
  ///
  /// - Parameter readAt: when the server counted, by the earlier of the two clocks; `nil` if only
  ///   ours is known
  package func write(
    _ totals: TotalsAnswer, readAt: Date? = nil, _ record: RequestRecord
  ) async throws {
    let further = totals.further.isEmpty ? nil : try Self.json(totals.further)
    try await write("writing the totals", record) { db, _ in
      try db.cachedStatement(
        sql: """
          INSERT INTO total_reading (run_id, app, read_at, total_users, total_chats,
            total_points, total_input_tokens, total_output_tokens, further)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
          """
      ).execute(arguments: [
        record.run, record.app, (readAt ?? record.answeredAt).iso8601, totals.users.map { Int($0) },
        totals.chats.map { Int($0) }, totals.points, totals.inputTokens.map { Int($0) },
        totals.outputTokens.map { Int($0) }, further,
      ])
    }
  }

  /// A JSON object, sorted by name, so that the same numbers always give the same text. Encoding a
  /// dictionary would merge names that differ in bytes and are equal in Unicode.
  private static func json(_ numbers: [Name: Double]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    let fields = try numbers.sorted { $0.key < $1.key }.map { name, number in
      let (name, number) = (try encoder.encode(name.text), try encoder.encode(number))
      return "\(String(decoding: name, as: UTF8.self)):\(String(decoding: number, as: UTF8.self))"
    }
    return "{\(fields.joined(separator: ","))}"
  }

  /// Runs one transaction that begins with a request and its capture. The body gets the request's
  /// key.
  func write<T: Sendable>(
    _ action: @autoclosure () -> String, _ record: RequestRecord,
    counts: BucketCounts = BucketCounts(),
    _ body: @escaping @Sendable (Database, Int) throws -> T
  ) async throws -> T {
    let capture = try await capture(of: record)
    return try await write(action()) { db in
      try body(db, try Self.insertRequest(db, record, capture, counts))
    }
  }

  /// The capture of a request's body. A new one is compressed here, so that this keeps no other
  /// writer waiting.
  private func capture(of record: RequestRecord) async throws -> Capture? {
    guard var capture = Stage.capturing.measured({ Capture(record.delivery.body) }) else {
      return nil
    }
    let isHeld = try await read("looking for the same answer") { [capture] in
      try capture.held($0) != nil
    }
    if !isHeld { try Stage.capturing.measured { try capture.compress() } }
    return capture
  }

  private static func insertRequest(
    _ db: Database, _ record: RequestRecord, _ capture: Capture?, _ counts: BucketCounts
  ) throws -> Int {
    let capture = try capture?.insert(db)
    try db.cachedStatement(
      sql: """
        INSERT INTO request (run_id, app, endpoint, source, grain, "offset", first_date, last_date,
          answered_at, seconds, attempts, outcome, cause, capture, buckets_new, buckets_revised,
          buckets_unchanged, buckets_refused)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      record.run, record.app, record.endpoint.rawValue,
      try record.source.map { try makeKey(db, of: $0) }, record.grain?.rawValue, record.offset,
      record.asked?.lowerBound.description,
      record.asked?.upperBound.advanced(by: -1).description, record.answeredAt.iso8601,
      record.seconds, record.delivery.attempts, record.failure?.kind.rawValue ?? "ok",
      record.failure?.cause, capture, counts.new, counts.revised, counts.unchanged,
      counts.refused,
    ])
    return Int(db.lastInsertedRowID)
  }
}
