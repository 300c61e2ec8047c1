/// A named figure with its unit, its formula, and what may be done with it.
package struct Metric: Sendable, Hashable {
  /// How values of several buckets, apps or sources become one.
  package enum Aggregation: String, Sendable {
    case sum
    /// Each app's users are counted; a user of two apps is two app-users.
    case sumAsAppUsers = "sum, as app-users"
    /// The ratio of the sums of its parts, never a mean of ratios.
    case ratioOfSums = "ratio of sums"
    /// A quantity of the whole range over its days, zeros in.
    case ratio
    /// A distinct count: only the server can take it, bucket by bucket.
    case distinct
    /// Summed over mature cohorts, each once.
    case cohort
    /// Not a true figure.
    case none
  }

  package let name: String
  package let unit: String
  package let formula: String
  /// An SQL expression over the rows of one of the views named by a grain, ready to paste behind
  /// `SELECT app, ` with `GROUP BY app`; `nil` where none is true for more than one bucket.
  package let sqlExpression: String?
  package let overTime: Aggregation
  package let overApps: Aggregation
  package let overSources: Aggregation
  package let description: String
}

extension Metric {
  /// Every metric, in the order in which people read them.
  package static let catalogue: [Metric] = [
    Metric(
      name: "users", unit: "users", formula: "distinct users, as the server counted them",
      sqlExpression: nil, overTime: .distinct, overApps: .distinct, overSources: .distinct,
      description: "Distinct users active in one bucket; a user of two days is one user of a week."
    ),
    Metric(
      name: "returning_users", unit: "users", formula: "users - new_users",
      sqlExpression: nil, overTime: .distinct, overApps: .distinct, overSources: .none,
      description: "Users of one bucket who had used the app before it."),
    additive(
      "new_users", unit: "users", apps: .sumAsAppUsers, sources: .none,
      "Users whose first conversation with the app began in the bucket."),
    Metric(
      name: "user_days", unit: "user-days", formula: "sum of daily users",
      sqlExpression: "SUM(users)", overTime: .sum, overApps: .sum, overSources: .none,
      description: "Daily users added up, a user counting once a day; taken from the view daily."),
    Metric(
      name: "mean_daily_users", unit: "users a day", formula: "user_days / days, zeros in",
      sqlExpression: "1.0 * SUM(users) / COUNT(users)", overTime: .ratio, overApps: .none,
      overSources: .none,
      description: "Mean of the daily users over all held days; taken from the view daily."),
    additive("points", unit: "points", "Points consumed, as the chat series has them."),
    additive("messages", unit: "messages", "Messages, the server's chatItemCount."),
    additive(
      "chats", unit: "15-minute records",
      "The server's chatCount: records that take every message within 15 minutes of the last, "
        + "not what a user would call conversations."),
    additive("errors", unit: "messages", "Failed messages."),
    additive(
      "good_feedback", unit: "thumbs up",
      "Thumbs up; one taken back is booked on the conversation's newest record, so a bucket may "
        + "fall below zero."),
    additive(
      "bad_feedback", unit: "thumbs down",
      "Thumbs down; one taken back is booked on the conversation's newest record, so a bucket "
        + "may fall below zero."),
    additive("response_seconds", unit: "seconds", "Seconds spent answering."),
    Metric(
      name: "retained_users", unit: "users", formula: "users of a cohort seen again at T+N",
      sqlExpression: "SUM(retained_users)", overTime: .cohort, overApps: .sumAsAppUsers,
      overSources: .none,
      description: "Users of a bucket seen again N buckets later, over mature cohorts of one base."
    ),
    Metric(
      name: "retention_rate", unit: "share", formula: "retained_users / cohort_users",
      sqlExpression: "1.0 * SUM(retained_users) / "
        + "NULLIF(SUM(cohort_users) FILTER (WHERE retained_users IS NOT NULL), 0)",
      overTime: .cohort, overApps: .sumAsAppUsers, overSources: .none,
      description: "Share of mature cohorts seen again at T+N; taken from the view retention, at "
        + "one grain, offset and base."),
    ratio("error_rate", "errors", "messages", unit: "share", "Share of messages that failed."),
    ratio("points_per_chat", "points", "chats", unit: "points", "Points for each record."),
    ratio("points_per_message", "points", "messages", unit: "points", "Points for each message."),
    ratio("messages_per_chat", "messages", "chats", unit: "messages", "Messages in each record."),
    ratio(
      "points_per_user", "points", "users", unit: "points", over: .none, apps: .none,
      sources: .none, "Points for each distinct user of one bucket of one app."),
    ratio(
      "chats_per_user", "chats", "users", unit: "15-minute records", over: .none, apps: .none,
      sources: .none, "Records for each distinct user of one bucket of one app."),
    ratio(
      "points_per_user_day", "points", "user_days", unit: "points", sources: .none,
      "Points for each user and day; taken from the view daily."),
    ratio(
      "chats_per_user_day", "chats", "user_days", unit: "15-minute records", sources: .none,
      "Records for each user and day; taken from the view daily."),
    ratio(
      "response_seconds_per_message", "response_seconds", "messages", unit: "seconds",
      "Seconds spent answering, for each message."),
    ratio(
      "response_seconds_per_chat", "response_seconds", "chats", unit: "seconds",
      "Seconds spent answering, for each record."),
    ratio(
      "satisfaction", "good_feedback", "good_feedback + bad_feedback", unit: "share",
      "Thumbs up among all thumbs."),
    ratio(
      "feedback_rate", "good_feedback + bad_feedback", "messages", unit: "share",
      "Thumbs for each message."),
    Metric(
      name: "stickiness", unit: "share",
      formula: "mean daily users over all days of the month / monthly users",
      sqlExpression: nil, overTime: .none, overApps: .none, overSources: .none,
      description: "How much of a month's users an average day has; unknown if a day is missing."),
  ]

  private static func additive(
    _ name: String, unit: String, apps: Aggregation = .sum, sources: Aggregation = .sum,
    _ description: String
  ) -> Metric {
    Metric(
      name: name, unit: unit, formula: "as the server counted them",
      sqlExpression: "SUM(\(name))", overTime: .sum, overApps: apps, overSources: sources,
      description: description)
  }

  /// Only buckets in which both parts are known count, or one side would be of more buckets than
  /// the other.
  private static func ratio(
    _ name: String, _ numerator: String, _ denominator: String, unit: String,
    over time: Aggregation = .ratioOfSums, apps: Aggregation = .ratioOfSums,
    sources: Aggregation = .ratioOfSums, _ description: String
  ) -> Metric {
    let isPair = { (parts: String) in parts.contains("+") }
    let inFormula = { (parts: String) in isPair(parts) ? "(\(parts))" : parts }
    let top = numerator.replacing("user_days", with: "users")
    let bottom = denominator.replacing("user_days", with: "users")
    let expression =
      "1.0 * SUM(\(top)) FILTER (WHERE \(bottom) IS NOT NULL) / "
      + "NULLIF(SUM(\(bottom)) FILTER (WHERE \(top) IS NOT NULL), 0)"
    return Metric(
      name: name, unit: unit, formula: "\(inFormula(numerator)) / \(inFormula(denominator))",
      sqlExpression: time == .none ? nil : expression, overTime: time, overApps: apps,
      overSources: sources, description: description)
  }
}
