import AlmanacCore
import AlmanacStore

extension Query {
  /// Throws if the answer would add up what does not add up over apps or sources.
  ///
  /// The error says what to ask instead.
  func checkSums(of metric: Metric, in selection: Selection) throws {
    for group in selection.groups {
      let apps = Set(group.members.map(\.app.key)).count
      let throughOneApp = group.members.count > apps
      if apps > 1, !metric.overApps.addsUp {
        throw refusal(
          "\(metric.name) \(reason(metric, of: "of \(apps) apps", since: "use several of them"))",
          hint: alternatives(to: metric, by: .app))
      }
      if throughOneApp, !metric.overSources.addsUp {
        throw refusal(
          "\(metric.name) "
            + reason(metric, of: "of several sources", since: "come through several"),
          hint: alternatives(to: metric, by: .source))
      }
    }
  }

  /// - Parameters:
  ///   - what: the sum that would be made, such as `of 6 apps`
  ///   - deed: a thing that one person may do, and so would count more than once
  private func reason(_ metric: Metric, of what: String, since deed: String) -> String {
    if metric.further != nil {
      return
        "\(what) cannot be added up: it is a further figure, and only the server knows whether "
        + "those add up"
    }
    return metric.overApps == .distinct || metric.measure.neededFigures.contains(.userCount)
      || metric.measure.neededFigures.contains(.newUserCount) || metric.measure.basis == .cohorts
      ? "\(what) cannot be added up: one person may \(deed), and would count more than once"
      : "\(what) cannot be added up"
  }

  private func alternatives(to metric: Metric, by breakdown: Breakdown) -> String {
    var ways = ["ask for each by itself with \(variation { $0.ask(each: breakdown, metric) })"]
    if breakdown == .source, !sources.isEmpty {
      ways.append(
        "or for all sources, as the server counts them, with \(variation { $0.sources = [] })")
    }
    for name in Self.substitutes(for: metric, by: breakdown)
    where !metrics.contains(where: { $0.name == name }) {
      guard let other = Metric(name: name),
        command != "anomalies" || other.measure.divisor == .none
      else { continue }
      let asked = variation {
        $0.metrics = [other]
        if !(breakdown == .app ? other.overApps : other.overSources).addsUp {
          $0.ask(each: breakdown, other)
        }
      }
      ways.append("or for \(name) with \(asked)")
    }
    if metric.overTime == .distinct {
      ways.append(
        "the true number lies between the largest of the values that the first command shows and "
          + "their sum")
    }
    return ways.joined(separator: "; ")
  }

  /// Asks for each app, source or tag by itself. A ranking by what does not add up over time then
  /// takes the last bucket alone.
  fileprivate mutating func ask(each wanted: Breakdown, _ metric: Metric) {
    breakdown = wanted
    guard command == "rank", !metric.overTime.addsUp else { return }
    range = AskedRange(last: AskedRange.Length(1, grain))
  }

  /// The metrics that say nearly the same, and add up as far as they can.
  private static func substitutes(for metric: Metric, by breakdown: Breakdown) -> [String] {
    if metric.further != nil { return [] }
    return switch (metric.name, breakdown) {
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

extension Query {
  /// Throws if a metric has no single figure for several buckets.
  ///
  /// The error says what to ask instead.
  func checkTotal(of metric: Metric, over span: Span) throws {
    guard span.count > 1, !metric.overTime.addsUp else { return }
    let one = variation {
      $0.grain = metric.grains.contains(.month) ? .month : metric.grains[0]
      $0.range = AskedRange(last: AskedRange.Length(1, $0.grain))
    }
    var ways = ["ask for one bucket, as in \(one)"]
    for name in ["user_days", "mean_daily_users"] where metric.overTime == .distinct {
      guard let other = Metric(name: name) else { continue }
      ways.append("or for \(variation { $0.metrics = [other] })")
    }
    throw refusal(
      "\(metric.name) of \(span.count) \(grain)s has no true value: only the server could count it, "
        + "bucket by bucket",
      hint: ways.joined(separator: ", "))
  }
}
