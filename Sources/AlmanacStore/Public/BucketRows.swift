import AlmanacCore
import GRDB
import GRDBSQLite

/// The rows of one app in a view of buckets, such as `daily`, read table by table.
///
/// The view seeks each row in six tables. Whoever wants all rows of an app gets them in half the time
/// by walking through the tables side by side, since all of them are in the order of the days.
struct BucketRows {
  private let grain: Grain
  private let isBySource: Bool
  private var names: BoundStatement
  private var users: BoundStatement
  private var buckets: BoundStatement
  /// Tables that need not have a row of each bucket.
  private var others: [BoundStatement]
  private let cells: [PublicRow.Cell]

  /// Each column of the views: the statement below that has it, and its place there.
  private static let columns: [String: PublicRow.Cell] = [
    "app_id": .init(0, 0), "app": .init(0, 1), "source": .init(0, 2),
    "users": .init(1, 1), "new_users": .init(1, 2), "collected_at": .init(1, 3),
    "date": .init(2, 1), "time": .init(2, 2), "state": .init(2, 3),
    "points": .init(3, 1), "messages": .init(3, 2), "chats": .init(3, 3), "errors": .init(3, 4),
    "input_tokens": .init(3, 5), "output_tokens": .init(3, 6),
    "good_feedback": .init(4, 1), "bad_feedback": .init(4, 2), "response_seconds": .init(4, 3),
    "retained_users": .init(5, 1),
  ]

  /// Returns `nil` for a view that has other columns than those.
  init?(_ db: Database, _ table: PublicTable, _ grain: Grain) throws {
    self.grain = grain
    isBySource = table.column("source") != nil
    let cells = table.columns.compactMap { Self.columns[$0.name] }
    guard cells.count == table.columns.count else { return nil }
    self.cells = cells
    let range = { (table: String) in
      "FROM \(table) WHERE app = ?1 AND source = ?2 AND grain = ?3"
    }
    names = try BoundStatement(
      db,
      """
      SELECT app.app_id, app.name, source.name, app.id, source.id FROM app
      CROSS JOIN \(isBySource ? "app_source CROSS JOIN source" : "source")
      WHERE app.app_id = ?1 AND source.id
        \(isBySource ? "= app_source.source AND app_source.app = app.id" : "= 0")
      """)
    users = try BoundStatement(
      db,
      """
      SELECT user_fact.day, user_count, new_user_count, run.started_at
      FROM user_fact CROSS JOIN run ON run.id = user_fact.run_id
      WHERE app = ?1 AND source = ?2 AND grain = ?3 ORDER BY user_fact.day
      """)
    buckets = try BoundStatement(
      db,
      """
      SELECT bucket.day, calendar.date, bucket.time, bucket.state
      FROM bucket CROSS JOIN calendar
        ON calendar.grain = bucket.grain AND calendar.day = bucket.day
      WHERE app = ?1 AND bucket.grain = ?3 AND ?2 >= 0 ORDER BY bucket.day
      """)
    others = try [
      """
      SELECT day, points, chat_item_count, chat_count, error_count, input_tokens, output_tokens
      \(range("chat_fact")) ORDER BY day
      """,
      """
      SELECT day, good_feed_back_count, bad_feed_back_count, total_response_time
      \(range("app_fact")) ORDER BY day
      """,
      "SELECT day, retention_user_count \(range("retention_fact")) AND \"offset\" = 1 ORDER BY day",
    ].map { try BoundStatement(db, $0) }
  }

  /// Gives each row of an app, source by source and oldest first.
  mutating func forEach(of app: String, _ body: (PublicRow) throws -> Void) throws {
    names.bind(app)
    defer { names.reset() }
    while try names.step() {
      let (app, source) = (names.integer(3), names.integer(4))
      defer {
        users.reset()
        buckets.reset()
        for place in others.indices { others[place].reset() }
      }
      try walk(app, source, body)
    }
  }

  private mutating func walk(
    _ app: Int, _ source: Int, _ body: (PublicRow) throws -> Void
  ) throws {
    bind(&users, app, source)
    bind(&buckets, app, source)
    var row = PublicRow(cells, [names.pointer, users.pointer, buckets.pointer, nil, nil, nil])
    // The day at which each of the other tables stands; the last of all behind its end.
    var days = try others.indices.map { place in
      bind(&others[place], app, source)
      return try others[place].step() ? others[place].integer(0) : Int.max
    }
    guard try buckets.step() else { return }
    while try users.step() {
      let day = users.integer(0)
      while buckets.integer(0) < day { if try !buckets.step() { return } }
      guard buckets.integer(0) == day else { continue }
      for place in others.indices {
        while days[place] < day {
          days[place] = try others[place].step() ? others[place].integer(0) : Int.max
        }
        row.statements[3 + place] = days[place] == day ? others[place].pointer : nil
      }
      try body(row)
    }
  }

  private func bind(_ statement: inout BoundStatement, _ app: Int, _ source: Int) {
    statement.bind(app)
    statement.bind(source)
    statement.bind(grain.rawValue)
  }
}
