import AlmanacCore
import GRDB

extension Archive {
  /// The days of all sources that are held of a range.
  package func heldDays(_ app: Int, _ days: Range<Day>) async throws -> [Day: HeldDay] {
    try await read("reading the days that are held") { db in
      var rows = try BoundStatement(
        db,
        """
        SELECT bucket.day, bucket.state,
          ifnull(user_count, 0) > 0 OR ifnull(chat_item_count, 0) > 0
            OR ifnull(chat_count, 0) > 0,
          ifnull(chat_count, chat_item_count)
        FROM bucket
        LEFT JOIN user_fact ON user_fact.app = bucket.app AND user_fact.source = 0
          AND user_fact.grain = 0 AND user_fact.day = bucket.day
        LEFT JOIN chat_fact ON chat_fact.app = bucket.app AND chat_fact.source = 0
          AND chat_fact.grain = 0 AND chat_fact.day = bucket.day
        WHERE bucket.app = ? AND bucket.grain = 0 AND bucket.day >= ? AND bucket.day < ?
        """)
      rows.bind(app)
      rows.bind(days.lowerBound.number)
      rows.bind(days.upperBound.number)
      var held: [Day: HeldDay] = [:]
      while try rows.step() {
        try held[rows.value(0)] = HeldDay(
          state: rows.value(1), isActive: rows.integer(2) != 0, chats: rows.integer(orNull: 3))
      }
      return held
    }
  }

  /// The newest active day before another that is held of all sources.
  package func newestActiveDay(_ app: Int, before day: Day) async throws -> Day? {
    try await read("reading the days that are held") { db in
      try Record.fetchOne(
        db,
        sql: """
          SELECT day FROM user_fact
          WHERE app = ? AND source = 0 AND grain = 0 AND day < ? AND user_count > 0
          ORDER BY day DESC LIMIT 1
          """, arguments: [app, day.number]
      ).map { try $0[0] }
    }
  }

  /// Records that a server remembered a day when an app's unproven one was read, and lifts the
  /// doubt from the buckets that begin after it.
  package func prove(
    _ app: Int, _ memory: Memory, today: Day, lookBack: Int
  ) async throws {
    try await write("writing what a server remembers") { db in
      try db.execute(
        sql: "UPDATE app SET remembered_date = ? WHERE id = ?",
        arguments: [memory.remembered?.description, app])
      guard let unproven = memory.unproven else { return }
      for grain in Grain.allCases {
        let bucket = Bucket(grain, holding: unproven)
        guard !memory.doubts(bucket), !memory.hasForgotten(bucket) else { continue }
        try Self.setState(db, app, bucket, from: .partial, today, lookBack)
      }
    }
  }

  /// Writes what an answer told of a server's memory. Whole buckets at or before the forgotten
  /// end are expired from now on; where it moved back, they are what they were.
  ///
  /// Returns the day from which everything has to be read again, if there is one.
  static func writeMemory(_ db: Database, _ belief: Belief, run: Int) throws -> Day? {
    guard
      let old = try Record.fetchOne(
        db.cachedStatement(
          sql: """
            SELECT forgotten_date, unproven_date, remembered_date, remembers_days
            FROM app WHERE id = ?
            """), arguments: [belief.app])
    else { return nil }
    let before = try Memory(
      forgotten: old[0], remembers: old[3, in: 0...ClosedRange.days.upperBound], unproven: old[1],
      remembered: old[2])
    let memory = belief.memory
    guard memory != before else { return nil }
    try db.cachedStatement(
      sql: """
        UPDATE app SET forgotten_date = ?, remembers_days = ?, unproven_date = ?,
          remembered_date = ?
        WHERE id = ?
        """
    ).execute(arguments: [
      memory.forgotten?.description, memory.remembers, memory.unproven?.description,
      memory.remembered?.description, belief.app,
    ])
    if let unproven = before.unproven, memory.unproven != unproven {
      for bucket in Grain.allCases.map({ Bucket($0, holding: unproven) })
      where !memory.doubts(bucket) && !memory.hasForgotten(bucket) {
        try setState(db, belief.app, bucket, from: .partial, belief.today, belief.lookBack)
      }
    }
    if let end = memory.forgotten, before.forgotten.map({ $0 < end }) ?? true {
      try db.execute(
        sql: """
          UPDATE bucket SET state = 'expired', expired_run_id = ?
          WHERE app = ? AND day <= ? AND state IN ('settling', 'settled')
          """, arguments: [run, belief.app, end.number])
      return nil
    }
    guard let end = before.forgotten, memory.forgotten.map({ $0 < end }) ?? true else {
      return nil
    }
    let first = memory.forgotten?.advanced(by: 1) ?? Day(number: .min)
    let lifted = try Record.fetchAll(
      db, sql: "SELECT grain, day FROM bucket WHERE app = ? AND state = 'expired'",
      arguments: [belief.app])
    for row in lifted {
      let bucket = try Bucket(row[0], holding: row[1])
      guard bucket.start >= first else { continue }
      try setState(db, belief.app, bucket, from: .expired, belief.today, belief.lookBack)
    }
    return max(first, Day(number: -1_000_000))
  }

  /// Gives a bucket the state of its age, if it has another.
  private static func setState(
    _ db: Database, _ app: Int, _ bucket: Bucket, from old: BucketState, _ today: Day,
    _ lookBack: Int
  ) throws {
    try db.cachedStatement(
      sql: """
        UPDATE bucket SET state = ?1, expired_run_id = NULL,
          settled_run_id = CASE WHEN ?1 = 'settled'
            THEN ifnull(settled_run_id, complete_run_id) END
        WHERE app = ?2 AND grain = ?3 AND day = ?4 AND state = ?5
        """
    ).execute(arguments: [
      BucketState(bucket, today: today, lookBack: lookBack).rawValue, app, bucket.grain.rawValue,
      bucket.start.number, old.rawValue,
    ])
  }

  /// Has the next reads begin with the buckets that hold a day: figures of weeks, months,
  /// quarters and sources where a day changed; everything where the past is worth reading again.
  ///
  /// Returns the watermarks that it lowered. A broken-off run leaves them, and the next one reads.
  static func unsettle(
    _ db: Database, _ app: Int, from day: Day, everything: Bool
  ) throws -> [Scope: Watermark] {
    var lowered: [Scope: Watermark] = [:]
    for (scope, mark) in try watermarks(db, app) {
      let isDays = scope.grain == .day && scope.source == .all
      guard everything || (scope.offset == 0 && !isDays) else { continue }
      let start = max(scope.grain.start(of: max(day, mark.readFrom)), mark.readFrom)
      guard start < mark.settledTo else { continue }
      var new = mark
      new.settledTo = start
      lowered[scope] = new
    }
    try writeWatermarks(db, app, lowered)
    return lowered
  }

  static func watermarks(_ db: Database, _ app: Int) throws -> [Scope: Watermark] {
    let rows = try Record.fetchCursor(
      db.cachedStatement(
        sql: """
          SELECT source, source.name, grain, "offset", read_from, settled_to, complete_to
          FROM watermark JOIN source ON source.id = watermark.source
          WHERE app = ?
          """), arguments: [app])
    var marks: [Scope: Watermark] = [:]
    while let row = try rows.next() {
      let (scope, watermark) = try watermark(row)
      marks[scope] = watermark
    }
    return marks
  }

  /// Columns: the source's key and name, grain, offset, and the three days.
  static func watermark(_ row: Record) throws -> (Scope, Watermark) {
    let source: Source = try row[0] == 0 ? .all : .named(row[1])
    return try (
      Scope(source, row[2], offset: row[3]),
      Watermark(readFrom: row[4], settledTo: row[5], completeTo: row[6])
    )
  }
}
