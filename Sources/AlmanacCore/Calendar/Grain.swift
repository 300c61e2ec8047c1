/// The length of a bucket; the server calls it timespan. Weeks start on Monday.
package enum Grain: Int, CaseIterable, Sendable, Comparable, CustomStringConvertible {
  case day, week, month, quarter

  package init?(name: String) {
    guard let grain = Grain.allCases.first(where: { $0.name == name }) else { return nil }
    self = grain
  }

  /// The word in requests, configuration and answers.
  package var name: String {
    switch self {
    case .day: "day"
    case .week: "week"
    case .month: "month"
    case .quarter: "quarter"
    }
  }

  package var description: String { name }

  /// The first day of the bucket that holds `day`.
  package func start(of day: Day) -> Day {
    switch self {
    case .day:
      return day
    case .week:
      return day.advanced(by: 1 - day.weekday)
    case .month:
      let (year, month, _) = day.civil
      return .first(ofMonth: month, year: year)
    case .quarter:
      let (year, month, _) = day.civil
      return .first(ofMonth: (month - 1) / 3 * 3 + 1, year: year)
    }
  }

  /// The first day of the bucket `count` buckets after the one that holds `day`.
  package func start(of day: Day, advancedBy count: Int) -> Day {
    switch self {
    case .day:
      return day.advanced(by: count)
    case .week:
      return start(of: day).advanced(by: 7 * count)
    case .month, .quarter:
      let (year, month, _) = start(of: day).civil
      return .first(ofMonth: month + (self == .month ? 1 : 3) * count, year: year)
    }
  }

  package static func < (left: Grain, right: Grain) -> Bool { left.rawValue < right.rawValue }
}
