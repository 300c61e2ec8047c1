import AlmanacCore
import Testing

@testable import AlmanacStore

@Suite struct `The expression of a metric` {
  /// Two complete days; only the first has a mature cohort.
  private func fixture() async throws -> ArchiveFixture {
    let fixture = try await ArchiveFixture()
    let days: [(String, Bool, [Figure: Double])] = [
      (
        "2026-03-02", true,
        [
          .userCount: 10, .newUserCount: 4, .chatPoints: 2.5, .chatItemCount: 40, .chatCount: 20,
          .errorCount: 3, .goodFeedBackCount: 6, .badFeedBackCount: 2, .totalResponseTime: 80,
          .retentionUserCount: 5, .inputTokens: 700, .outputTokens: 90,
        ]
      ),
      (
        "2026-03-03", false,
        [
          .userCount: 6, .newUserCount: 1, .chatPoints: 1.5, .chatItemCount: 10, .chatCount: 5,
          .errorCount: 0, .goodFeedBackCount: 0, .badFeedBackCount: 0, .totalResponseTime: 20,
          .retentionUserCount: 1, .inputTokens: 50, .outputTokens: 10,
        ]
      ),
    ]
    try await fixture.write(
      fixture.belief(
        first: "2026-03-02", days.map { bucket($0.0, isMature: $0.1, $0.2) }))
    return fixture
  }

  static let values: [String: Double] = [
    "new_users": 5, "user_days": 16, "mean_daily_users": 8, "points": 4, "messages": 50,
    "chats": 25, "errors": 3, "good_feedback": 6, "bad_feedback": 2, "response_seconds": 100,
    "input_tokens": 750, "output_tokens": 100,
    "retained_users": 5, "retention_rate": 0.5, "error_rate": 0.06, "points_per_chat": 0.16,
    "points_per_message": 0.08, "messages_per_chat": 2, "points_per_1k_tokens": 4.0 / 0.85,
    "tokens_per_message": 17, "points_per_user_day": 0.25,
    "chats_per_user_day": 1.5625, "response_seconds_per_message": 2,
    "response_seconds_per_chat": 4, "satisfaction": 0.75, "feedback_rate": 0.16,
  ]

  @Test func `is there for each metric that has one true figure over days`() {
    let named = Metric.catalogue.filter { $0.sqlExpression != nil }.map(\.name)
    #expect(Set(named) == Set(Self.values.keys))
  }

  @Test(arguments: Metric.catalogue.filter { $0.sqlExpression != nil })
  func `gives the figure over the view it is for`(metric: Metric) async throws {
    let expression = try #require(metric.sqlExpression)
    let view = metric.name == "retention_rate" ? "retention" : "daily"
    let rows = try await fixture().rows(
      "SELECT app, \(expression) AS value FROM \(view) GROUP BY app")
    #expect(rows.count == 1)
    let value = try #require(rows.first?.last.flatMap { $0 }.flatMap { Double($0) })
    #expect(abs(value - (Self.values[metric.name] ?? -1)) < 1e-9, "\(expression)")
  }

  /// A day whose server sent no tokens, or only one of both counts, is in neither sum.
  @Test(
    arguments: [
      [Figure.inputTokens: nil, .outputTokens: nil], [.inputTokens: nil], [.outputTokens: nil],
    ] as [[Figure: Double?]])
  func `of tokens counts the days alone on which both sides are known`(
    without: [Figure: Double?]
  ) async throws {
    let fixture = try await fixture()
    var other: [Figure: Double] = [
      .chatPoints: 1000, .chatItemCount: 5000, .inputTokens: 60, .outputTokens: 30,
    ]
    for figure in without.keys { other[figure] = nil }
    try await fixture.write(
      fixture.belief(first: "2026-03-02", [bucket("2026-03-04", isMature: false, other)]))
    for name in ["points_per_1k_tokens", "tokens_per_message"] {
      let expression = try #require(Metric(name: name)?.sqlExpression)
      let rows = try fixture.rows("SELECT \(expression) FROM daily")
      let value = try #require(rows[0][0].flatMap { Double($0) })
      #expect(abs(value - (Self.values[name] ?? -1)) < 1e-9, "\(name): \(value)")
      let lone = try fixture.rows("SELECT \(expression) FROM daily WHERE date = '2026-03-04'")
      #expect(lone == [[nil]])
    }
  }

  @Test(arguments: Metric.catalogue.filter { $0.overTime == .ratioOfSums })
  func `is unknown where there is nothing to divide by`(metric: Metric) async throws {
    let fixture = try await ArchiveFixture()
    try await fixture.write(
      fixture.belief(
        first: "2026-03-02",
        [bucket("2026-03-02", Figure.allCases.reduce(into: [:]) { $0[$1] = 0 })]))
    let expression = try #require(metric.sqlExpression)
    #expect(try fixture.rows("SELECT \(expression) FROM daily") == [[nil]])
  }
}
