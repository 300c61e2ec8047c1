/// A named figure with its unit, its formula, and the ways in which it adds up.
package struct Metric: Sendable, Hashable {
  /// The way in which values of several buckets, apps or sources become one.
  package enum Aggregation: String, Sendable {
    case sum
    /// Each app's users are counted; a user of two apps is two app-users.
    case sumAsAppUsers = "sum, as app-users"
    /// The ratio of the sums of its parts, never a mean of ratios.
    case ratioOfSums = "ratio of sums"
    /// A quantity of the whole range, divided by its days. Days of zero count.
    case ratio
    /// A distinct count: only the server can take it, bucket by bucket.
    case distinct
    /// The sum over mature cohorts, each counted once.
    case cohort
    /// The result would be no true figure.
    case none
    /// Nobody but the server knows.
    case unknown

    /// Whether several values become one that is true.
    package var addsUp: Bool { ![.distinct, .none, .unknown].contains(self) }
  }

  package let name: String
  /// `nil` where nobody but the server knows it.
  package let unit: String?
  /// `nil` for a further figure, which is shown as the server sends it.
  package let formula: String?
  /// An SQL expression over the rows of a view such as `daily`, ready to paste into
  /// `SELECT app, … GROUP BY app`.
  ///
  /// `nil` where no expression is true for more than one bucket.
  package let sqlExpression: String?
  package let overTime: Aggregation
  package let overApps: Aggregation
  package let overSources: Aggregation
  package let description: String
  /// The sums that its values are made of.
  package let measure: Measure
}

extension Metric {
  package init?(name: String) {
    guard let metric = Metric.catalogue.first(where: { $0.name == name }) else { return nil }
    self = metric
  }

  /// A further figure, of which almanac knows neither unit nor aggregation.
  ///
  /// - Parameter name: the name under which it is asked for
  package init(_ further: FurtherFigure.Key, named name: String) {
    self.init(
      name: name, unit: nil, formula: nil, sqlExpression: nil, overTime: .unknown,
      overApps: .unknown, overSources: .unknown,
      description:
        "The figure \(further.name) of the server's \(further.series.field), as it is sent.",
      measure: Measure([], of: .further(further)))
  }

  /// The further figure that it is; `nil` for a metric of the catalogue.
  package var further: FurtherFigure.Key? {
    if case .further(let key) = measure.basis { key } else { nil }
  }

  /// The names of all figures that are needed of a row.
  package var neededNames: [String] {
    further.map { [$0.name.text] } ?? measure.neededFigures.map(\.name)
  }

  /// Whether it is a share: shown in percent, its changes in percentage points.
  package var isShare: Bool { unit == "share" }

  /// Whether every value is a whole number.
  package var isCount: Bool {
    further == nil && measure.divisor == .none && measure.figures.allSatisfy(\.isCount)
  }

  /// Whether values of several buckets of one app add up.
  package var isAdditive: Bool { overTime == .sum }

  /// The grains at which it has values.
  package var grains: [Grain] { measure.divisor == .daysAndUsers ? [.month] : Grain.allCases }

  /// Every metric, in the order in which people read them.
  package static let catalogue: [Metric] = [
    Metric(
      name: "users", unit: "users", formula: "distinct users, as the server counted them",
      sqlExpression: nil, overTime: .distinct, overApps: .distinct, overSources: .distinct,
      description: "Distinct users active in one bucket; a user of two days is one user of a week.",
      measure: Measure([.userCount])
    ),
    Metric(
      name: "returning_users", unit: "users", formula: "users - new_users",
      sqlExpression: nil, overTime: .distinct, overApps: .distinct, overSources: .none,
      description: "Users of one bucket who had used the app before it.",
      measure: Measure([.userCount], minus: [.newUserCount])),
    additive(
      .newUserCount, unit: "users", apps: .sumAsAppUsers, sources: .none,
      "Users whose first conversation with the app began in the bucket."),
    Metric(
      name: "user_days", unit: "user-days", formula: "sum of daily users",
      sqlExpression: "SUM(users)", overTime: .sum, overApps: .sum, overSources: .none,
      description: "Daily users added up, a user counting once a day; taken from the view daily.",
      measure: Measure([.userCount], of: .days)),
    Metric(
      name: "mean_daily_users", unit: "users a day", formula: "user_days / days, zeros in",
      sqlExpression: "1.0 * SUM(users) / COUNT(users)", overTime: .ratio, overApps: .none,
      overSources: .none,
      description: "Mean of the daily users over all held days; taken from the view daily.",
      measure: Measure([.userCount], by: .days, of: .days)),
    additive(.chatPoints, unit: "points", "Points consumed, as the chat series has them."),
    additive(.chatItemCount, unit: "messages", "Messages, the server's chatItemCount."),
    additive(
      .chatCount, unit: "15-minute records",
      "The server's chatCount: records that take every message within 15 minutes of the last, "
        + "not what a user would call conversations."),
    additive(.errorCount, unit: "messages", "Failed messages."),
    additive(
      .goodFeedBackCount, unit: "thumbs up",
      "Thumbs up; one taken back is booked on the conversation's newest record, so a bucket may "
        + "fall below zero."),
    additive(
      .badFeedBackCount, unit: "thumbs down",
      "Thumbs down; one taken back is booked on the conversation's newest record, so a bucket "
        + "may fall below zero."),
    additive(.totalResponseTime, unit: "seconds", "Seconds spent answering."),
    additive(
      .inputTokens, unit: "tokens",
      "Tokens that the models read, as the chat series has them, else the user series."),
    additive(
      .outputTokens, unit: "tokens",
      "Tokens that the models wrote, as the chat series has them, else the user series."),
    Metric(
      name: "retained_users", unit: "users", formula: "users of a cohort seen again at T+N",
      sqlExpression: "SUM(retained_users)", overTime: .cohort, overApps: .sumAsAppUsers,
      overSources: .none,
      description: "Users of a bucket seen again N buckets later, over mature cohorts of one base.",
      measure: Measure([.retentionUserCount], of: .cohorts)
    ),
    Metric(
      name: "retention_rate", unit: "share", formula: "retained_users / cohort_users",
      sqlExpression: "1.0 * SUM(retained_users) / "
        + "NULLIF(SUM(cohort_users) FILTER (WHERE retained_users IS NOT NULL), 0)",
      overTime: .cohort, overApps: .sumAsAppUsers, overSources: .none,
      description: "Share of mature cohorts seen again at T+N; taken from the view retention, at "
        + "one grain, offset and base.",
      measure: Measure([.retentionUserCount], by: .cohort, of: .cohorts)),
    ratio(
      "error_rate", [.errorCount], per: [.chatItemCount], unit: "share",
      "Share of messages that failed."
    ),
    ratio(
      "points_per_chat", [.chatPoints], per: [.chatCount], unit: "points", "Points for each record."
    ),
    ratio(
      "points_per_message", [.chatPoints], per: [.chatItemCount], unit: "points",
      "Points for each message."),
    ratio(
      "messages_per_chat", [.chatItemCount], per: [.chatCount], unit: "messages",
      "Messages in each record."),
    ratio(
      "points_per_1k_tokens", [.chatPoints], times: 1000, per: [.inputTokens, .outputTokens],
      unit: "points", "Points for each thousand tokens that the models read or wrote."),
    ratio(
      "tokens_per_message", [.inputTokens, .outputTokens], per: [.chatItemCount], unit: "tokens",
      "Tokens that the models read or wrote, for each message."),
    ratio(
      "points_per_user", [.chatPoints], per: [.userCount], unit: "points", time: .none, apps: .none,
      sources: .none, "Points for each distinct user of one bucket of one app."),
    ratio(
      "chats_per_user", [.chatCount], per: [.userCount], unit: "15-minute records", time: .none,
      apps: .none,
      sources: .none, "Records for each distinct user of one bucket of one app."),
    ratio(
      "points_per_user_day", [.chatPoints], per: [.userCount], of: .days, unit: "points",
      sources: .none,
      "Points for each user and day; taken from the view daily."),
    ratio(
      "chats_per_user_day", [.chatCount], per: [.userCount], of: .days, unit: "15-minute records",
      sources: .none,
      "Records for each user and day; taken from the view daily."),
    ratio(
      "response_seconds_per_message", [.totalResponseTime], per: [.chatItemCount], unit: "seconds",
      "Seconds spent answering, for each message."),
    ratio(
      "response_seconds_per_chat", [.totalResponseTime], per: [.chatCount], unit: "seconds",
      "Seconds spent answering, for each record."),
    ratio(
      "satisfaction", [.goodFeedBackCount], per: [.goodFeedBackCount, .badFeedBackCount],
      unit: "share",
      "Thumbs up among all thumbs."),
    ratio(
      "feedback_rate", [.goodFeedBackCount, .badFeedBackCount], per: [.chatItemCount],
      unit: "share",
      "Thumbs for each message."),
    Metric(
      name: "stickiness", unit: "share",
      formula: "mean daily users over all days of the month / monthly users",
      sqlExpression: nil, overTime: .none, overApps: .none, overSources: .none,
      description: "How much of a month's users an average day has; unknown if a day is missing.",
      measure: Measure([.userCount], by: .daysAndUsers, of: .days)),
  ]

  private static func additive(
    _ figure: Figure, unit: String, apps: Aggregation = .sum, sources: Aggregation = .sum,
    _ description: String
  ) -> Metric {
    Metric(
      name: figure.name, unit: unit, formula: "as the server counted them",
      sqlExpression: "SUM(\(figure.name))", overTime: .sum, overApps: apps, overSources: sources,
      description: description, measure: Measure([figure]))
  }

  /// A ratio of two sums over the rows in which both parts are known. With other rows, one sum
  /// would be of more buckets than the other.
  private static func ratio(
    _ name: String, _ numerator: [Figure], times factor: Int = 1, per denominator: [Figure],
    of basis: Measure.Basis = .bucket, unit: String, time: Aggregation = .ratioOfSums,
    apps: Aggregation = .ratioOfSums, sources: Aggregation = .ratioOfSums, _ description: String
  ) -> Metric {
    let sum = { (figures: [Figure]) in figures.map(\.name).joined(separator: " + ") }
    let inFormula = { (figures: [Figure]) in
      if figures == [.userCount], basis == .days { return "user_days" }
      return figures.count > 1 ? "(\(sum(figures)))" : sum(figures)
    }
    let expression =
      "\(factor).0 * SUM(\(sum(numerator))) FILTER (WHERE \(sum(denominator)) IS NOT NULL) / "
      + "NULLIF(SUM(\(sum(denominator))) FILTER (WHERE \(sum(numerator)) IS NOT NULL), 0)"
    let dividend = (factor == 1 ? "" : "\(factor) * ") + inFormula(numerator)
    return Metric(
      name: name, unit: unit, formula: "\(dividend) / \(inFormula(denominator))",
      sqlExpression: time == .none ? nil : expression, overTime: time, overApps: apps,
      overSources: sources, description: description,
      measure: Measure(numerator, by: .figures(denominator), of: basis, times: factor))
  }
}
