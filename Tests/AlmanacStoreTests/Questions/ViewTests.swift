import AlmanacCore
import Testing

@testable import AlmanacStore

@Suite struct `The views` {
  static let figures = [
    "users", "new_users", "retained_users", "points", "messages", "chats", "errors",
    "good_feedback", "bad_feedback", "response_seconds", "input_tokens", "output_tokens",
    "collected_at",
  ]
  /// The contract's columns, in its order.
  static let contract: [(views: [String], columns: [String])] = [
    (
      ["daily", "weekly", "monthly", "quarterly"],
      ["app_id", "app", "date", "time", "state"] + figures
    ),
    (
      ["daily_by_source", "weekly_by_source", "monthly_by_source", "quarterly_by_source"],
      ["app_id", "app", "source", "date", "time", "state"] + figures
    ),
    (
      ["retention"],
      [
        "app_id", "app", "grain", "date", "offset", "cohort_users", "base", "retained_users",
        "mature",
      ]
    ),
    (
      ["totals"],
      [
        "app_id", "app", "read_at", "total_users", "total_chats", "total_points",
        "total_input_tokens", "total_output_tokens",
      ]
    ),
    (
      ["figures"],
      ["app_id", "app", "source", "grain", "date", "series", "figure", "value"]
    ),
    (
      ["revisions"],
      [
        "app_id", "app", "source", "grain", "date", "figure", "old_value", "new_value",
        "revised_at", "run_id", "reason",
      ]
    ),
    (["gaps"], ["app_id", "app", "grain", "first_date", "last_date", "reason"]),
    (["freshness"], ["app_id", "app", "last_success", "newest_complete_day", "last_error"]),
    (["metric_catalog"], ["metric", "unit", "formula", "sql_expression"]),
    (["annotations"], ["date", "app", "text"]),
    // Behind those of one grain.
    (["bucket_figures"], ["grain_id", "app_id", "app", "date", "time", "state"] + figures),
    (
      ["bucket_figures_by_source"],
      ["grain_id", "app_id", "app", "source", "date", "time", "state"] + figures
    ),
  ]
  static let views = contract.flatMap(\.views)

  @Test func `are those of the contract`() async throws {
    let held = try await ArchiveFixture().rows("SELECT name FROM sqlite_master WHERE type = 'view'")
    #expect(Set(held.compactMap { $0[0] }) == Set(Self.views))
  }

  @Test func `have the contract's columns`() async throws {
    let fixture = try await ArchiveFixture()
    for (views, columns) in Self.contract {
      for view in views {
        let held = try fixture.rows("SELECT name FROM pragma_table_xinfo('\(view)')")
          .compactMap { $0[0] }
        // The last three of the list may tell more than they must.
        if ["freshness", "metric_catalog", "annotations"].contains(view) {
          #expect(held.filter(columns.contains) == columns, "\(view)")
        } else {
          #expect(held == columns, "\(view)")
        }
      }
    }
  }

  @Test(arguments: views)
  func `declare the type of every column`(view: String) async throws {
    let dates: Set = ["date", "first_date", "last_date", "newest_complete_day"]
    let whole: Set = [
      "time", "users", "new_users", "retained_users", "messages", "chats", "errors",
      "good_feedback", "bad_feedback", "offset", "cohort_users", "mature", "total_users",
      "total_chats", "run_id", "retired", "grain_id", "input_tokens", "output_tokens",
      "total_input_tokens", "total_output_tokens",
    ]
    let fractions: Set = [
      "points", "response_seconds", "total_points", "old_value", "new_value", "value",
    ]
    let columns = try await ArchiveFixture().rows(
      "SELECT name, type FROM pragma_table_xinfo('\(view)')")
    #expect(!columns.isEmpty)
    for column in columns {
      let name = try #require(column[0])
      let type =
        if dates.contains(name) {
          "DATE"
        } else if whole.contains(name) {
          "INTEGER"
        } else if fractions.contains(name) {
          "REAL"
        } else {
          "TEXT"
        }
      #expect(column[1] == type, "\(view).\(name)")
    }
  }

  @Test func `show each grain its own buckets`() async throws {
    let fixture = try await ArchiveFixture()
    for grain in Grain.allCases {
      try await fixture.write(
        fixture.belief(
          grain, first: "2026-01-01", sources: ["api": "2026-01-01"],
          [
            bucket(
              "2026-06-01", grain, sources: ["api": grain.rawValue],
              [.userCount: Double(10 + grain.rawValue)])
          ]))
    }
    let starts = ["2026-06-01", "2026-06-01", "2026-06-01", "2026-04-01"]
    for (index, view) in ["daily", "weekly", "monthly", "quarterly"].enumerated() {
      #expect(
        try fixture.rows("SELECT date, users FROM \(view)") == [[starts[index], "\(10 + index)"]])
      #expect(
        try fixture.rows("SELECT date, source, users FROM \(view)_by_source")
          == [[starts[index], "api", "\(index)"]])
    }
    #expect(try fixture.rows("SELECT DISTINCT grain FROM retention").count == 4)
  }

  @Test func `give whole numbers, fractions and texts as such`() async throws {
    let fixture = try await ArchiveFixture()
    try await fixture.write(
      fixture.belief(first: "2026-03-02", [bucket("2026-03-02", everything())]))
    let types = Self.figures.map { "typeof(\($0))" }.joined(separator: ", ")
    #expect(
      try fixture.rows("SELECT typeof(date), typeof(time), \(types) FROM daily") == [
        [
          "text", "integer", "integer", "integer", "integer", "real", "integer", "integer",
          "integer", "integer", "integer", "real", "integer", "integer", "text",
        ]
      ])
  }

  /// The questions that people ask most. They must not read years of facts from end to end.
  @Test(arguments: [
    "SELECT * FROM daily WHERE app_id = '68c46a70d950e8850ae564ba' AND date >= '2026-01-01'",
    "SELECT * FROM daily WHERE app_id = '68c46a70d950e8850ae564ba' AND date = '2026-01-01'",
    "SELECT * FROM daily ORDER BY date DESC LIMIT 7",
    "SELECT * FROM daily WHERE state <> 'open' ORDER BY date DESC, app LIMIT 7",
    "SELECT * FROM daily WHERE date BETWEEN '2026-01-01' AND '2026-01-31'",
    "SELECT app, sum(messages) FROM monthly WHERE date >= '2026-01-01' GROUP BY app",
    """
    SELECT * FROM daily_by_source
    WHERE app_id = '68c46a70d950e8850ae564ba' AND date >= '2026-01-01'
    """,
    "SELECT * FROM retention WHERE app_id = '68c46a70d950e8850ae564ba' AND grain = 'day'",
    "SELECT * FROM totals WHERE app_id = '68c46a70d950e8850ae564ba'",
  ])
  func `are answered without reading a table of facts through`(sql: String) async throws {
    let plan = try await ArchiveFixture().rows("EXPLAIN QUERY PLAN \(sql)").compactMap {
      $0.last ?? nil
    }
    let facts = ["user_fact", "chat_fact", "app_fact", "retention_fact", "bucket", "total_reading"]
    let scans = plan.filter { line in facts.contains { line.hasPrefix("SCAN \($0)") } }
    #expect(scans == [], "\(plan.joined(separator: "\n"))")
    #expect(plan.contains { $0.hasPrefix("SEARCH") })
  }
}
