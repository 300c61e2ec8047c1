import AlmanacCore
import Foundation

/// The time of day at which the daemon collects, on the clock of the wall in a zone.
struct Schedule: Sendable, Equatable {
  /// Seconds after midnight.
  let time: Int
  let zone: BucketZone

  /// Half past two at night, when no day has just ended.
  static func usual(in zone: BucketZone) -> Schedule {
    Schedule(time: 9000, zone: zone)
  }

  private init(time: Int, zone: BucketZone) {
    self.time = time
    self.zone = zone
  }

  /// Reads `02:30`, or `02:30 Asia/Shanghai`; `nil` for any other text, and where no zone is known.
  ///
  /// - Parameter host: the zone where the text names none
  init?(_ text: String, host: BucketZone?) {
    guard let match = text.wholeMatch(of: /([01]\d|2[0-3]):([0-5]\d)(?: +(\S+))?/),
      let hours = Int(match.1), let minutes = Int(match.2)
    else { return nil }
    let zone = match.3.map { BucketZone(identifier: String($0)) } ?? host
    guard let zone else { return nil }
    self.init(time: hours * 3600 + minutes * 60, zone: zone)
  }

  /// The first moment after an instant at which a run is due.
  func next(after date: Date) -> Date {
    var day = zone.day(holding: date).advanced(by: -1)
    while moment(of: day) <= date { day = day.advanced(by: 1) }
    return moment(of: day)
  }

  /// The last moment until an instant, the instant included, at which a run was due.
  func last(until date: Date) -> Date {
    var day = zone.day(holding: date).advanced(by: 1)
    while moment(of: day) > date { day = day.advanced(by: -1) }
    return moment(of: day)
  }

  /// The first instant of a day at which the clock shows the time or a later one. So a time that
  /// the clock skips falls to the instant after the gap, and one that it shows twice is the first.
  private func moment(of day: Day) -> Date {
    let wanted = day.number * 86_400 + time
    let shows = { (instant: Int) in instant + zone.offset(at: instant) }
    let early = wanted - zone.offset(at: wanted - 129_600)
    let late = wanted - zone.offset(at: wanted + 129_600)
    // Before a change of the clocks the earlier offset holds, after it the later one.
    var moment = [early, late].filter { shows($0) == wanted }.min()
    if moment == nil {
      // The clock leaps over the time between these two.
      var (before, after) = (min(early, late) - 1, max(early, late))
      while after - before > 1 {
        let middle = (before + after) / 2
        if shows(middle) < wanted { before = middle } else { after = middle }
      }
      moment = after
    }
    return Date(timeIntervalSince1970: TimeInterval(moment ?? early))
  }

  /// An instant as the zone's clock shows it: `2026-11-25T02:30:00+08:00`.
  func text(of date: Date) -> String {
    let text = Date.iso8601(milliseconds: Int(date.timeIntervalSince1970) * 1000, in: zone)
    return text.replacing(".000", with: "", maxReplacements: 1)
  }
}
