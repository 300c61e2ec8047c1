import Foundation

/// Moves instants as JavaScript's Date does: in UTC, and a day that the target month lacks spills
/// into the next month. 31 January plus a month is 3 March, or 2 March in a leap year.
struct JavaScriptCalendar {
  private let calendar: Calendar

  init() {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    self.calendar = calendar
  }

  /// Moves days and weeks like `setUTCDate`, months and quarters like `setUTCMonth`.
  func moving(
    _ instant: EpochMilliseconds, by count: Int, of timespan: Timespan
  ) -> EpochMilliseconds {
    switch timespan {
    case .day: instant + count * Self.day
    case .week: instant + count * 7 * Self.day
    case .month: movingMonths(instant, by: count)
    case .quarter: movingMonths(instant, by: 3 * count)
    }
  }

  private static let day = 86_400_000

  private func movingMonths(_ instant: EpochMilliseconds, by count: Int) -> EpochMilliseconds {
    let date = Date(epochMilliseconds: instant)
    guard let month = calendar.dateInterval(of: .month, for: date)?.start,
      let target = calendar.date(byAdding: .month, value: count, to: month)
    else { return instant }
    // The distance from the month's first instant stays, so that an instant beyond the month's end
    // spills.
    return target.epochMilliseconds + instant - month.epochMilliseconds
  }
}
