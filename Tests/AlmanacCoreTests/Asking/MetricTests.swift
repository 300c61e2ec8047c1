import AlmanacCore
import Testing

@Suite struct `The catalogue of metrics` {
  /// The table of the contract: how each metric adds up over time, apps and sources.
  private static let contract: [(names: [String], over: [String])] = [
    (["users"], ["distinct", "distinct", "distinct"]),
    (["returning_users"], ["distinct", "distinct", "none"]),
    (["new_users"], ["sum", "sum, as app-users", "none"]),
    (["user_days"], ["sum", "sum", "none"]),
    (["mean_daily_users"], ["ratio", "none", "none"]),
    (
      [
        "points", "messages", "chats", "errors", "good_feedback", "bad_feedback",
        "response_seconds", "input_tokens", "output_tokens",
      ], ["sum", "sum", "sum"]
    ),
    (["retained_users", "retention_rate"], ["cohort", "sum, as app-users", "none"]),
    (
      ["error_rate", "points_per_chat", "points_per_message", "messages_per_chat"],
      ["ratio of sums", "ratio of sums", "ratio of sums"]
    ),
    (
      ["points_per_1k_tokens", "tokens_per_message"],
      ["ratio of sums", "ratio of sums", "ratio of sums"]
    ),
    (["points_per_user", "chats_per_user"], ["none", "none", "none"]),
    (["points_per_user_day", "chats_per_user_day"], ["ratio of sums", "ratio of sums", "none"]),
    (
      [
        "response_seconds_per_message", "response_seconds_per_chat", "satisfaction",
        "feedback_rate",
      ], ["ratio of sums", "ratio of sums", "ratio of sums"]
    ),
    (["stickiness"], ["none", "none", "none"]),
  ]

  @Test func `lists what the contract lists, in its order`() {
    #expect(Metric.catalogue.map(\.name) == Self.contract.flatMap(\.names))
  }

  @Test func `aggregates as the contract says`() {
    let wanted = Self.contract.flatMap { row in row.names.map { "\($0): \(row.over)" } }
    let said = Metric.catalogue.map { metric in
      let over = [metric.overTime, metric.overApps, metric.overSources].map(\.rawValue)
      return "\(metric.name): \(over)"
    }
    #expect(said == wanted)
  }

  @Test func `names each metric once, in words a column can have`() {
    let names = Metric.catalogue.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names.allSatisfy { $0.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "_" } })
  }

  @Test(arguments: Metric.catalogue)
  func `divides where its formula divides, and reads the figures that it names`(metric: Metric) {
    let divides = metric.measure.divisor != .none
    #expect(divides == metric.formula?.contains(" / "))
    guard let expression = metric.sqlExpression else { return }
    for figure in metric.measure.neededFigures { #expect(expression.contains(figure.name)) }
    #expect(expression.contains("/") == divides)
  }

  @Test func `says of each metric its unit, formula and meaning`() {
    for metric in Metric.catalogue {
      #expect(metric.unit?.isEmpty == false, "\(metric.name)")
      #expect(metric.formula?.isEmpty == false, "\(metric.name)")
      #expect(metric.description.hasSuffix("."), "\(metric.name)")
    }
  }

  @Test func `gives no expression that would add what does not add`() {
    for metric in Metric.catalogue where [.distinct, .none].contains(metric.overTime) {
      #expect(metric.sqlExpression == nil, "\(metric.name)")
    }
    for metric in Metric.catalogue where metric.overTime == .ratioOfSums {
      let expression = metric.sqlExpression ?? ""
      #expect(expression.contains(#/^[0-9]+\.0 \* /#), "\(metric.name) would divide whole numbers")
      #expect(expression.contains("NULLIF("), "\(metric.name) would divide by zero")
      #expect(!expression.contains("AVG"), "\(metric.name)")
    }
  }
}
