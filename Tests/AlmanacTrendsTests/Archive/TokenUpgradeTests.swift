import AlmanacCore
import AlmanacTestSupport
import Foundation
import GRDB
import Testing

@testable import AlmanacStore

/// Token counts that an older archive kept as further figures.
@Suite struct `Tokens of an older archive` {
  /// An archive of schema 2 with one day of an app, to which a body adds what the server sent.
  private static func upgraded(_ sql: String) throws -> String {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "almanac-tokens-\(UUID().uuidString).db").path(percentEncoded: false)
    let queue = try DatabaseQueue(path: path)
    try queue.write { db in
      try db.execute(
        sql: """
          PRAGMA application_id = \(Schema.applicationID);
          CREATE TABLE schema_migration (
            number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum INTEGER NOT NULL,
            applied_at TEXT NOT NULL) STRICT;
          """)
      for migration in Schema.migrations.prefix(2) {
        try db.execute(sql: migration.sql)
        try db.execute(
          sql: "INSERT INTO schema_migration VALUES (?, ?, ?, '2026-01-01T00:00:00Z')",
          arguments: [migration.number, migration.name, migration.checksum])
      }
      try db.execute(
        sql: """
          PRAGMA user_version = 2;
          INSERT INTO server (id, name) VALUES (1, 'default');
          INSERT INTO app (id, app_id, server, name) VALUES (1, '68c46a70d950e8850ae564ba', 1, 'Bot');
          INSERT INTO run (id, started_at, version, arguments) VALUES (1, 'x', '', ''), (2, 'y', '', ''),
            (3, 'z', '', '');
          INSERT INTO calendar (grain, date, day) VALUES (0, '2026-03-02', 20514);
          INSERT INTO bucket (app, grain, day, time, state, by_source, complete_run_id)
          VALUES (1, 0, 20514, 1772409600, 'settled', 0, 1);
          INSERT INTO user_fact (app, source, grain, day, user_count, run_id) VALUES (1, 0, 0, 20514, 3, 2);
          INSERT INTO chat_fact (app, source, grain, day, chat_item_count) VALUES (1, 0, 0, 20514, 9);
          """)
      try db.execute(sql: sql)
    }
    try queue.close()
    _ = try Archive.openForWriting(path: path)
    return path
  }

  private static func figure(_ series: String, _ name: String, _ value: Double) -> String {
    "INSERT INTO figure VALUES (1, 0, 0, 20514, '\(series)', '\(name)', \(value));"
  }

  private static func revision(
    _ figure: String, _ old: Double, _ new: Double, run: Int
  ) -> String {
    """
    INSERT INTO revision (app, source, grain, date, figure, old_value, new_value, revised_at, run_id,
      reason) VALUES (1, 0, 0, '2026-03-02', '\(figure)', \(old), \(new), 'then', \(run), 'grew');
    """
  }

  struct Case: Sendable, CustomStringConvertible {
    let description: String
    let sent: [String]
    /// Tokens that are shown, then those of the user series; input before output.
    let shown: [String?]
    let left: [[String?]]
    var revisions: [[String?]] = []
    var server: [String] = []
  }

  static let cases = [
    Case(
      description: "of the chat series are shown",
      sent: [figure("chatData", "inputTokens", 80), figure("chatData", "outputTokens", 200)],
      shown: ["80", "200", nil, nil], left: [], server: ["input_tokens", "output_tokens"]),
    Case(
      description: "of the user series are shown where the chat series has none",
      sent: [
        figure("userData", "totalInputTokens", 5), figure("chatData", "outputTokens", 7),
        revision("totalInputTokens", 3, 4, run: 2), revision("totalInputTokens", 4, 5, run: 3),
      ],
      shown: ["5", "7", "5", nil], left: [],
      revisions: [
        ["user_input_tokens", "3.0", "4.0", "2"], ["user_input_tokens", "4.0", "5.0", "3"],
        ["input_tokens", "3.0", "4.0", "2"], ["input_tokens", "4.0", "5.0", "3"],
      ], server: ["output_tokens", "user_input_tokens"]),
    Case(
      description: "of both series are told apart, in each revision too",
      sent: [
        figure("chatData", "inputTokens", 80), figure("userData", "inputTokens", 70),
        revision("inputTokens", 60, 65, run: 1), revision("inputTokens", 50, 70, run: 2),
        revision("inputTokens", 65, 80, run: 3), revision("users", 2, 3, run: 3),
      ],
      shown: ["80", nil, "70", nil], left: [],
      revisions: [
        ["input_tokens", "60.0", "65.0", "1"], ["user_input_tokens", "50.0", "70.0", "2"],
        ["input_tokens", "65.0", "80.0", "3"], ["users", "2.0", "3.0", "3"],
      ], server: ["input_tokens", "user_input_tokens"]),
    Case(
      description: "in two spellings: the shorter one counts, the other stays a further figure",
      sent: [
        figure("chatData", "inputTokens", 80), figure("chatData", "totalInputTokens", 81),
        revision("totalInputTokens", 80, 81, run: 2),
      ],
      shown: ["80", nil, nil, nil], left: [["chatData", "totalInputTokens", "81.0"]],
      revisions: [["totalInputTokens", "80.0", "81.0", "2"]], server: ["input_tokens"]),
    Case(
      description: "that are no counts, and those of other series, stay further figures",
      sent: [
        figure("chatData", "inputTokens", 1.5), figure("chatData", "outputTokens", -1),
        figure("appData", "inputTokens", 9),
      ],
      shown: [nil, nil, nil, nil],
      left: [
        ["appData", "inputTokens", "9.0"], ["chatData", "inputTokens", "1.5"],
        ["chatData", "outputTokens", "-1.0"],
      ]),
  ]

  @Test(arguments: cases) func `move to columns`(_ story: Case) throws {
    let path = try Self.upgraded(story.sent.joined(separator: "\n"))
    defer { for suffix in ["", "-wal", "-shm", ".schema-2.backup"] { unlink(path + suffix) } }
    let tokens = """
      SELECT daily.input_tokens, daily.output_tokens, user_fact.input_tokens, user_fact.output_tokens
      FROM daily, user_fact
      """
    #expect(try SimulatedCollection.rows(tokens, path: path) == [story.shown])
    let left = "SELECT series, figure, value FROM figures ORDER BY series, figure"
    #expect(try SimulatedCollection.rows(left, path: path) == story.left)
    let revisions = "SELECT figure, old_value, new_value, run_id FROM revisions"
    #expect(try SimulatedCollection.rows(revisions, path: path) == story.revisions)
    let server = "SELECT figure FROM server_figure ORDER BY figure"
    #expect(try SimulatedCollection.rows(server, path: path) == story.server.map { [$0] })
    #expect(try SimulatedCollection.rows("PRAGMA foreign_key_check", path: path) == [])
  }

  /// A day without a message has no tokens if the server sent them before and after it.
  @Test(
    arguments: [
      (counts: [(9, 80), (0, nil), (4, 50)], shown: ["80", "0", "50"]),
      (counts: [(0, nil), (9, 80), (0, nil)], shown: [nil, "80", nil]),
      (counts: [(9, 80), (3, nil), (4, 50)], shown: ["80", nil, "50"]),
    ] as [(counts: [(Int, Int?)], shown: [String?])])
  func `are zero on a day without a message`(
    story: (counts: [(Int, Int?)], shown: [String?])
  ) throws {
    let path = try Self.upgraded(Self.days(story.counts, source: 0))
    defer { for suffix in ["", "-wal", "-shm", ".schema-2.backup"] { unlink(path + suffix) } }
    let shown = "SELECT input_tokens FROM daily WHERE date > '2026-03-02' ORDER BY date"
    #expect(try SimulatedCollection.rows(shown, path: path) == story.shown.map { [$0] })
  }

  /// Days of a source from 9 March on, which is a Monday, with the week of them.
  private static func days(_ counts: [(messages: Int, tokens: Int?)], source: Int) -> String {
    let first = Day("2026-03-09")!.number
    var sql = """
      INSERT OR IGNORE INTO source (id, name) VALUES (\(source), 'api');
      INSERT INTO calendar (grain, date, day) VALUES (1, '2026-03-09', \(first));
      INSERT INTO bucket (app, grain, day, time, state, by_source, complete_run_id)
      VALUES (1, 1, \(first), 0, 'settled', 1, 1);
      INSERT INTO user_fact (app, source, grain, day, run_id) VALUES (1, \(source), 1, \(first), 1);
      INSERT INTO chat_fact (app, source, grain, day, chat_item_count, chat_count)
      VALUES (1, \(source), 1, \(first), \(counts.map(\.messages).reduce(0, +)), 1);
      """
    if source > 0 { sql += "INSERT INTO app_source VALUES (1, \(source), '2026-03-01', NULL);" }
    for (number, count) in counts.enumerated() {
      let day = Day("2026-03-09")!.advanced(by: number)
      sql += """
        INSERT INTO calendar (grain, date, day) VALUES (0, '\(day)', \(day.number));
        INSERT INTO bucket (app, grain, day, time, state, by_source, complete_run_id)
        VALUES (1, 0, \(day.number), 0, 'settled', 1, 1);
        INSERT INTO user_fact (app, source, grain, day, run_id)
        VALUES (1, \(source), 0, \(day.number), 1);
        INSERT INTO chat_fact (app, source, grain, day, chat_item_count, chat_count)
        VALUES (1, \(source), 0, \(day.number), \(count.messages), \(min(count.messages, 1)));
        """
      if let tokens = count.tokens {
        sql += """
          INSERT INTO figure
          VALUES (1, \(source), 0, \(day.number), 'chatData', 'inputTokens', \(tokens));
          """
      }
    }
    return sql
  }

  /// An older archive had them by day only.
  @Test(
    arguments: [
      ([(9, 80), (0, nil), (4, 50)], "130"), ([(9, 80), (3, nil), (4, 50)], nil),
    ] as [([(Int, Int?)], String?)])
  func `of a source add up to its week, if all days are known`(
    story: ([(Int, Int?)], String?)
  ) throws {
    let path = try Self.upgraded(Self.days(story.0, source: 7))
    defer { for suffix in ["", "-wal", "-shm", ".schema-2.backup"] { unlink(path + suffix) } }
    let week = "SELECT input_tokens, output_tokens FROM weekly_by_source"
    #expect(try SimulatedCollection.rows(week, path: path) == [[story.1, nil]])
  }

  @Test func `move to columns of the totals, as far as they are counts`() throws {
    let reading = { (further: String) in
      "INSERT INTO total_reading (run_id, app, read_at, further) VALUES (1, 1, 'x', '\(further)');"
    }
    let path = try Self.upgraded(
      reading(#"{"totalInputTokens":10,"totalOutputTokens":20}"#)
        + reading(#"{"a.b":1,"totalInputTokens":-1,"totalOutputTokens":7}"#)
        + reading(#"{"totalInputTokens":1.5}"#))
    defer { for suffix in ["", "-wal", "-shm", ".schema-2.backup"] { unlink(path + suffix) } }
    let totals = """
      SELECT total_input_tokens, total_output_tokens, further FROM total_reading ORDER BY id
      """
    #expect(
      try SimulatedCollection.rows(totals, path: path) == [
        ["10", "20", nil], [nil, "7", #"{"a.b":1,"totalInputTokens":-1}"#],
        [nil, nil, #"{"totalInputTokens":1.5}"#],
      ])
  }
}
