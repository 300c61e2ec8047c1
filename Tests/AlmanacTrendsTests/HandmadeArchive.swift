import AlmanacCore
import AlmanacTestSupport
import AlmanacTrends
import Foundation

@testable import AlmanacStore

/// An archive whose figures a test writes by hand.
struct HandmadeArchive {
  let archive: Archive
  private let path: String
  /// The civil day of the newest run.
  let today: Day

  /// Makes an archive with one app, `Bot`, that was first active on a day. The newest run began at
  /// noon of another.
  static func with(
    first: String, today: String, _ body: (HandmadeArchive) async throws -> Void
  ) async throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "almanac-handmade-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "almanac.db").path(percentEncoded: false)
    let handmade = HandmadeArchive(
      archive: try Archive.openForWriting(path: path), path: path, today: Day(today)!)
    try handmade.execute(
      """
      INSERT INTO server (id, name, zone, zone_origin) VALUES (1, 'default', 'UTC', 'proved');
      INSERT INTO run (id, started_at, finished_at, version, arguments, outcome)
      VALUES (1, '\(today)T12:00:00Z', '\(today)T12:01:00Z', 'test', '', 'done')
      """)
    try handmade.add(app: 1, named: "Bot", first: first)
    try await body(handmade)
  }

  func execute(_ sql: String) throws {
    try SimulatedCollection.execute(sql, path: path, patience: 5)
  }

  func add(app key: Int, named name: String, first: String) throws {
    try execute(
      """
      INSERT INTO app (id, app_id, server, name, first_date, last_success_at)
      VALUES (\(key), '\(String(repeating: "\(key)", count: 24))', 1, '\(name)', '\(first)', 'x')
      """)
  }

  /// Writes one bucket; figures that are left out are unknown.
  func write(
    _ date: String, _ grain: Grain = .day, app: Int = 1, state: String = "settled",
    users: Int? = nil, messages: Int? = nil, errors: Int? = nil
  ) throws {
    let day = Day(date)!.number
    let text = { (value: Int?) in value.map { "\($0)" } ?? "NULL" }
    let place = "\(app), 0, \(grain.rawValue), \(day)"
    try execute(
      """
      INSERT OR IGNORE INTO calendar (grain, date, day) VALUES (\(grain.rawValue), '\(date)', \(day));
      INSERT INTO bucket (app, grain, day, time, state, by_source, complete_run_id, changed_run_id)
      VALUES (\(app), \(grain.rawValue), \(day), \(day * 86_400), '\(state)', 0,
        \(state == "open" ? "NULL" : "1"), 1);
      INSERT INTO user_fact (app, source, grain, day, user_count, run_id)
      VALUES (\(place), \(text(users)), 1);
      INSERT INTO chat_fact (app, source, grain, day, chat_item_count, error_count, changed_run_id)
      VALUES (\(place), \(text(messages)), \(text(errors)), 1)
      """)
  }

  /// Writes every day of a range.
  func write(
    from first: String, to last: String, app: Int = 1, users: Int? = nil,
    messages: (Day) -> Int?, errors: Int? = nil
  ) throws {
    for day in Day(first)!...Day(last)! {
      try write("\(day)", app: app, users: users, messages: messages(day), errors: errors)
    }
  }

  func query(
    _ command: String, _ metrics: [String], last: String? = nil, from: String? = nil,
    to: String? = nil, grain: Grain? = nil
  ) throws -> Query {
    Query(
      command, metrics.map { Metric(name: $0)! },
      range: try AskedRange(
        last: last.map { AskedRange.Length($0)! }, from: from.flatMap { Day($0) },
        to: to.flatMap { Day($0) }, default: AskedRange.Length(30, .day)),
      grain: grain)
  }

  func trend(_ query: Query) async throws -> Trend {
    try archive.ask(asOf: query.asOf) { try Trend(query, from: $0) }
  }

  func ranking(_ query: Query) async throws -> Ranking {
    try archive.ask(asOf: query.asOf) { try Ranking(query, from: $0) }
  }

  func summary(_ query: Query) async throws -> Summary {
    try archive.ask(asOf: query.asOf) { try Summary(query, from: $0) }
  }
}
