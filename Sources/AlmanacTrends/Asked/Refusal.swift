import AlmanacCore
import AlmanacStore

extension Query {
  /// Throws where a figure would have to be added up that does not add up, and says what to ask
  /// instead.
  func checkSums(_ metric: Metric, _ selection: Selection) throws {
    for group in selection.groups {
      let apps = Set(group.members.map(\.app.key)).count
      let throughOneApp = group.members.count > apps
      if apps > 1, [.distinct, .none].contains(metric.overApps) {
        throw refusal(
          "\(metric.name) \(reason(metric, "of \(apps) apps", "use several of them"))",
          hint: alternatives(metric, .app))
      }
      if throughOneApp, [.distinct, .none].contains(metric.overSources) {
        throw refusal(
          "\(metric.name) \(reason(metric, "of several sources", "come through several"))",
          hint: alternatives(metric, .source))
      }
    }
  }

  private func reason(_ metric: Metric, _ what: String, _ deed: String) -> String {
    metric.overApps == .distinct || metric.measure.neededFigures.contains(.userCount)
      || metric.measure.neededFigures.contains(.newUserCount) || metric.measure.basis == .cohorts
      ? "\(what) cannot be added up: one person may \(deed), and would count more than once"
      : "\(what) cannot be added up"
  }

  private func alternatives(_ metric: Metric, _ by: Breakdown) -> String {
    var ways = ["ask for each by itself with \(paste { $0.ask(each: by, metric) })"]
    if by == .source, !sources.isEmpty {
      ways.append(
        "or for all sources, as the server counts them, with \(paste { $0.sources = [] })")
    }
    for name in Self.instead(of: metric, by) where !metrics.contains(where: { $0.name == name }) {
      guard let other = Metric(name: name),
        command != "anomalies" || other.measure.divisor == .none
      else { continue }
      let asked = paste {
        $0.metrics = [other]
        if [.distinct, .none].contains(by == .app ? other.overApps : other.overSources) {
          $0.ask(each: by, other)
        }
      }
      ways.append("or for \(name) with \(asked)")
    }
    if metric.overTime == .distinct {
      ways.append(
        "the true number lies between the largest of them and their sum, which the first of "
          + "these shows")
    }
    return ways.joined(separator: "; ")
  }

  /// Each by itself; in a ranking of what does not add up over time, of the last bucket alone.
  fileprivate mutating func ask(each by: Breakdown, _ metric: Metric) {
    breakdown = by
    guard command == "rank", [.distinct, .none].contains(metric.overTime) else { return }
    range = AskedRange(asked: 1, grain)
  }

  /// What says nearly the same, and adds up as far as it can.
  private static func instead(of metric: Metric, _ by: Breakdown) -> [String] {
    switch (metric.name, by) {
    case ("users", .app), ("returning_users", .app): ["user_days", "mean_daily_users"]
    case ("mean_daily_users", .app), ("stickiness", .app): ["user_days"]
    case ("points_per_user", .app): ["points_per_user_day"]
    case ("chats_per_user", .app): ["chats_per_user_day"]
    case ("points_per_user", .source), ("points_per_user_day", .source): ["points_per_chat"]
    case ("chats_per_user", .source), ("chats_per_user_day", .source): ["messages_per_chat"]
    case (_, .source): ["chats"]
    default: []
    }
  }
}
