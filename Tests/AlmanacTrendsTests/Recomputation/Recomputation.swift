import AlmanacCore
import AlmanacTestSupport
import AlmanacTrends
import Foundation

/// The values that a trend must have, by SQL over the public views and by the calendar of SQLite.
struct Recomputation {
  /// The two sums of one bucket, how much of it is held and how much is expected.
  struct Sum: Equatable {
    var numerator = 0.0
    var denominator = 0.0
    var held = 0
    var expected = 0
    /// Whether a change against it may be given.
    var isFinal = true
  }

  let collection: SimulatedCollection
  let metric: String
  let grain: String
  /// The breakdown: `nil`, `app`, `source` or `tag`.
  var by: String?
  var apps: [String] = []
  var source: String?
  var first: String
  var last: String

  /// The numerator and denominator over the rows of a view.
  private static let parts: [String: (String, String)] = [
    "users": ("users", "1"), "returning_users": ("users - new_users", "1"),
    "new_users": ("new_users", "1"), "user_days": ("users", "1"),
    "mean_daily_users": ("users", "1"), "points": ("points", "1"), "messages": ("messages", "1"),
    "chats": ("chats", "1"), "errors": ("errors", "1"), "good_feedback": ("good_feedback", "1"),
    "bad_feedback": ("bad_feedback", "1"), "response_seconds": ("response_seconds", "1"),
    "input_tokens": ("input_tokens", "1"), "output_tokens": ("output_tokens", "1"),
    "points_per_1k_tokens": ("1000 * points", "input_tokens + output_tokens"),
    "tokens_per_message": ("input_tokens + output_tokens", "messages"),
    "retained_users": ("retained_users", "1"),
    "retention_rate": ("retained_users", "cohort_users"), "error_rate": ("errors", "messages"),
    "points_per_chat": ("points", "chats"), "points_per_message": ("points", "messages"),
    "messages_per_chat": ("messages", "chats"), "points_per_user": ("points", "users"),
    "chats_per_user": ("chats", "users"), "points_per_user_day": ("points", "users"),
    "chats_per_user_day": ("chats", "users"),
    "response_seconds_per_message": ("response_seconds", "messages"),
    "response_seconds_per_chat": ("response_seconds", "chats"),
    "satisfaction": ("good_feedback", "good_feedback + bad_feedback"),
    "feedback_rate": ("good_feedback + bad_feedback", "messages"),
    "stickiness": ("users", "1"),
  ]

  private static let byDays: Set<String> = [
    "user_days", "mean_daily_users", "points_per_user_day", "chats_per_user_day", "stickiness",
  ]
  static let ofSums: Set<String> = [
    "users", "returning_users", "new_users", "user_days", "points", "messages", "chats", "errors",
    "good_feedback", "bad_feedback", "response_seconds", "input_tokens", "output_tokens",
    "retained_users",
  ]

  private var usesDays: Bool { Self.byDays.contains(metric) }
  private var usesCohorts: Bool { metric.hasPrefix("reten") || metric == "retained_users" }

  private func start(_ date: String) -> String {
    switch grain {
    case "day": "date(\(date))"
    case "week": "date(\(date), '-6 days', 'weekday 1')"
    case "month": "date(\(date), 'start of month')"
    default:
      "date(\(date), 'start of month', '-' || ((strftime('%m', \(date)) - 1) % 3) || ' months')"
    }
  }

  private var step: String {
    ["day": "+1 day", "week": "+7 days", "month": "+1 month"][grain] ?? "+3 months"
  }

  private var group: String {
    switch by {
    case "app": "app.app_id"
    case "source": "source.name"
    case "tag": "app_tag.tag"
    default: "''"
    }
  }

  private var isBySource: Bool { by == "source" || source != nil }

  /// The sums by group and date.
  func sums() throws -> [String: [String: Sum]] {
    let adverb = ["day": "daily", "week": "weekly", "month": "monthly"][grain] ?? "quarterly"
    let view = (usesDays ? "daily" : adverb) + (isBySource ? "_by_source" : "")
    let (numerator, denominator) = Self.parts[metric] ?? ("NULL", "NULL")
    let filter =
      (apps.isEmpty ? "1" : "app.app_id IN ('\(apps.joined(separator: "','"))')")
      + (source.map { " AND source.name = '\($0)'" } ?? "")
    let join =
      (by == "tag" ? " JOIN app_tag ON app_tag.app = app.id" : "")
      + (isBySource
        ? " JOIN app_source ON app_source.app = app.id JOIN source ON source.id = app_source.source"
        : "")
    let firstDay =
      isBySource
      ? "max(app.first_date, app_source.first_date)" : "app.first_date"
    let isOfSource = isBySource ? " AND row.source = source.name" : ""
    let table =
      usesCohorts
      ? "(SELECT * FROM retention WHERE grain = '\(grain)' AND offset = 1 AND mature = 1)" : view
    // The day after the last one that was read of a retired app.
    let ends = [
      ("daily", "+1 day"), ("weekly", "+7 days"), ("monthly", "+1 month"),
      ("quarterly", "+3 months"),
    ].map { view, step in
      "ifnull((SELECT date(max(date), '\(step)') FROM \(view) AS last "
        + "WHERE last.app_id = app.app_id AND last.state <> 'open'), '')"
    }
    let end = "CASE app.retired WHEN 0 THEN '9999' ELSE max(\(ends.joined(separator: ", "))) END"
    let isOver =
      usesCohorts ? "AND \(later("row.date", 2)) <= \(end)" : "AND row.state <> 'open'"
    let held = """
      SELECT \(group) AS grp, \(start("row.date")) AS date, sum(\(numerator)),
        sum(\(denominator)), count(*),
        \(usesCohorts ? "1" : "min(row.state IN ('settling', 'settled', 'expired'))")
      FROM \(table) AS row JOIN app ON app.app_id = row.app_id\(join)
      WHERE \(filter)\(isOfSource) \(isOver)
        AND (\(numerator)) IS NOT NULL AND (\(denominator)) IS NOT NULL
        AND row.date >= '\(first)' AND \(start("row.date")) <= '\(last)'
      GROUP BY 1, 2
      """
    // A metric that is read by days expects the days of a bucket, else the bucket itself.
    let next = later("spine.date", 1)
    let count =
      metric == "stickiness"
      ? "(spine.date < \(end)) * (julianday(\(next)) - julianday(spine.date))"
      : usesDays && grain != "day"
        ? "max(0, julianday(min(\(next), \(end))) - julianday(max(spine.date, \(firstDay))))"
        : "spine.date >= \(start(firstDay)) AND \(next) <= \(end)"
    let matures =
      usesCohorts
      ? "AND \(later("spine.date", 2)) <= \(end) AND \(later("spine.date", 2)) <= (SELECT \(start("max(started_at)")) FROM run)"
      : ""
    let expected = """
      WITH RECURSIVE spine(date) AS (
        SELECT '\(first)' UNION ALL SELECT date(date, '\(step)') FROM spine WHERE date < '\(last)')
      SELECT \(group), spine.date, sum(\(count)) FROM spine JOIN app\(join)
      WHERE \(filter) AND app.first_date IS NOT NULL \(matures)
      GROUP BY 1, 2
      """
    var sums: [String: [String: Sum]] = [:]
    for row in try collection.rows(held) {
      sums[row[0] ?? "", default: [:]][row[1] ?? ""] = Sum(
        numerator: number(row[2]), denominator: number(row[3]), held: Int(number(row[4])),
        isFinal: row[5] == "1")
    }
    for row in try collection.rows(expected) {
      sums[row[0] ?? "", default: [:]][row[1] ?? "", default: Sum()].expected =
        Int(number(row[2]))
    }
    if metric == "stickiness" { try divide(&sums, filter, join, isOfSource) }
    return sums
  }

  /// Multiplies the days of each month by the users of the month.
  private func divide(
    _ sums: inout [String: [String: Sum]], _ filter: String, _ join: String, _ isOfSource: String
  ) throws {
    let view = isBySource ? "monthly_by_source" : "monthly"
    let rows = try collection.rows(
      """
      SELECT \(group), row.date, row.users FROM \(view) AS row
      JOIN app ON app.app_id = row.app_id\(join) WHERE \(filter)\(isOfSource) AND row.state <> 'open'
      """)
    var users: [String: [String: Double]] = [:]
    for row in rows {
      users[row[0] ?? "", default: [:]][row[1] ?? ""] = row[2].flatMap { Double($0) }
    }
    for (group, dates) in sums {
      for (date, sum) in dates {
        if let users = users[group]?[date], sum.held > 0 {
          sums[group]?[date]?.denominator = sum.denominator * users
        } else {
          sums[group]?[date]?.held = 0
        }
      }
    }
  }

  private func later(_ date: String, _ count: Int) -> String {
    "date(\(date)" + String(repeating: ", '\(step)'", count: count) + ")"
  }

  private func number(_ text: String?) -> Double { text.flatMap { Double($0) } ?? 0 }

  /// The value of a sum; of several buckets, their mean.
  func value(_ sum: Sum, of count: Int = 1) -> Double? {
    guard sum.held > 0 else { return nil }
    if metric == "stickiness", sum.held < sum.expected { return nil }
    if Self.ofSums.contains(metric) { return sum.numerator / Double(count) }
    // Votes may be taken back.
    if metric == "satisfaction", sum.numerator > sum.denominator || sum.denominator < 0 {
      return nil
    }
    if ["satisfaction", "feedback_rate"].contains(metric), sum.numerator < 0 { return nil }
    return sum.denominator == 0 ? nil : sum.numerator / sum.denominator
  }
}
