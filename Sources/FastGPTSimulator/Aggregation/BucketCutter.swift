import Foundation
import NIOConcurrencyHelpers

/// Finds the bucket boundaries of one time zone with Foundation's calendar: ISO weeks, months, and
/// quarters of three months.
///
/// Asking the calendar costs microseconds, so the boundaries that were found are kept.
final class BucketCutter: Sendable {
  private let calendar: Calendar
  private let found = NIOLockedValueBox<[Timespan: [EpochMilliseconds]]>([:])

  init(zone: TimeZone) {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = zone
    calendar.firstWeekday = 2
    calendar.minimumDaysInFirstWeek = 4
    self.calendar = calendar
  }

  /// The start of the bucket that holds an instant.
  func start(of timespan: Timespan, holding instant: EpochMilliseconds) -> EpochMilliseconds {
    let date = Date(epochMilliseconds: instant)
    let start =
      switch timespan {
      case .day: calendar.startOfDay(for: date)
      case .week: calendar.dateInterval(of: .weekOfYear, for: date)?.start
      case .month: calendar.dateInterval(of: .month, for: date)?.start
      case .quarter: startOfQuarter(holding: date)
      }
    return (start ?? date).epochMilliseconds
  }

  /// The start of the bucket `count` places after the one that starts at `start`.
  func start(
    of timespan: Timespan, after start: EpochMilliseconds, by count: Int
  ) -> EpochMilliseconds {
    let date = Date(epochMilliseconds: start)
    let moved =
      switch timespan {
      case .day: calendar.date(byAdding: .day, value: count, to: date)
      case .week: calendar.date(byAdding: .day, value: 7 * count, to: date)
      case .month: calendar.date(byAdding: .month, value: count, to: date)
      case .quarter: calendar.date(byAdding: .month, value: 3 * count, to: date)
      }
    return (moved ?? date).epochMilliseconds
  }

  /// UTC midnight of the civil day that begins at an instant.
  func utcMidnight(of start: EpochMilliseconds) -> EpochMilliseconds {
    let parts = calendar.dateComponents(
      [.year, .month, .day], from: Date(epochMilliseconds: start))
    var utc = Calendar(identifier: .gregorian)
    utc.timeZone = .gmt
    return utc.date(from: parts)?.epochMilliseconds ?? start
  }

  /// Every boundary from the start of the bucket that holds the lower end to the first boundary
  /// beyond the upper end, ascending.
  func boundaries(
    of timespan: Timespan, around range: ClosedRange<EpochMilliseconds>
  ) -> ArraySlice<EpochMilliseconds> {
    let all = found.withLockedValue { found in
      let known = found[timespan] ?? []
      if let first = known.first, let last = known.last, first <= range.lowerBound,
        last > range.upperBound
      {
        return known
      }
      let lower = min(range.lowerBound, known.first ?? range.lowerBound)
      let upper = max(range.upperBound, known.last ?? range.upperBound)
      let cut = cut(timespan, from: lower, through: upper)
      found[timespan] = cut
      return cut
    }
    let first = all.partitioningIndex { $0 > range.lowerBound } - 1
    let last = all.partitioningIndex { $0 > range.upperBound }
    return all[first...last]
  }

  private func cut(
    _ timespan: Timespan, from lower: EpochMilliseconds, through upper: EpochMilliseconds
  ) -> [EpochMilliseconds] {
    let first = start(of: timespan, holding: lower)
    var boundaries = [first]
    var last = first
    while last <= upper {
      // Steps count from the first boundary. From a boundary that daylight saving moved, they would
      // drift.
      last = start(of: timespan, after: first, by: boundaries.count)
      boundaries.append(last)
    }
    return boundaries
  }

  private func startOfQuarter(holding date: Date) -> Date? {
    var parts = calendar.dateComponents([.year, .month], from: date)
    guard let month = parts.month else { return nil }
    parts.month = (month - 1) / 3 * 3 + 1
    return calendar.date(from: parts)
  }
}

extension [EpochMilliseconds] {
  /// The first index whose element satisfies a condition that holds from some element on.
  fileprivate func partitioningIndex(where holds: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
