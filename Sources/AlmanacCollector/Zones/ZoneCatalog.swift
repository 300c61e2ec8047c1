import AlmanacCore
import Foundation

/// The zones in which a server may cut its days, likeliest first: every offset from UTC that is in
/// use, and every named zone whose clocks change.
enum ZoneCatalog {
  /// The zones that come ahead of all others. A named zone whose clocks never change stands here
  /// under its offset.
  private static let likely = [
    "UTC", "UTC+08:00", "America/New_York", "America/Los_Angeles", "America/Chicago",
    "Europe/London", "Europe/Berlin", "Australia/Sydney", "UTC+09:00", "UTC+05:30", "UTC+07:00",
    "UTC+04:00", "UTC+03:00", "UTC-03:00", "Pacific/Auckland", "UTC-05:00", "UTC-06:00",
    "UTC+01:00", "UTC+02:00", "UTC+05:00", "UTC+10:00", "UTC-07:00", "UTC-08:00", "UTC-04:00",
    "UTC+12:00", "UTC+13:00", "UTC-10:00", "UTC+06:00", "America/Denver", "America/Toronto",
  ]

  /// Every offset in use, in minutes. If two are a day apart, the one with more people comes first.
  private static let offsets = [
    0, 60, 120, 180, 210, 240, 270, 300, 330, 345, 360, 390, 420, 480, 525, 540, 570, 600, 630,
    660, 720, 765, 780, -60, -120, -180, -210, -240, -300, -360, -420, -480, -540, -570, -600,
    -660, 840, -720,
  ]

  /// Every hypothesis, except those that cut the same days as a likelier one. Their days are
  /// compared over the last three years, or over as many as a server has told of, fifteen at most.
  ///
  /// A configured zone is the first, under its own name.
  ///
  /// - Parameters:
  ///   - now: Unix seconds.
  ///   - seen: the oldest instant that an answer tells of, in Unix milliseconds.
  static func hypotheses(
    now: Int, seenSince seen: Int?, configured: BucketZone? = nil
  ) -> [ZoneHypothesis] {
    let oldest = max(seen.map { floorDivide($0, 1000) } ?? now, now - 15 * 366 * 86_400)
    let since = min(now - 1096 * 86_400, oldest)
    let zones = zones(now: now, since: since)
    var hypotheses: [ZoneHypothesis] = []
    if let configured {
      let isPlain = signature(of: configured, from: since, to: now).count == 1
      hypotheses += ZoneHypothesis.both(of: configured, isPlain: isPlain)
    }
    for (zone, isPlain) in zones where zone != configured {
      hypotheses += ZoneHypothesis.both(of: zone, isPlain: isPlain)
    }
    return hypotheses
  }

  private static func zones(now: Int, since: Int) -> [(BucketZone, isPlain: Bool)] {
    let fixed = offsets.map { BucketZone(secondsFromUTC: $0 * 60).identifier }
    let named = TimeZone.knownTimeZoneIdentifiers
    var met: Set<String> = []
    var cuts: Set<[Int]> = []
    var zones: [(BucketZone, isPlain: Bool)] = []
    for identifier in likely + fixed + named where met.insert(identifier).inserted {
      guard let zone = BucketZone(identifier: identifier) else { continue }
      let signature = signature(of: zone, from: since, to: now)
      guard cuts.insert(signature).inserted else { continue }
      zones.append((zone, isPlain: signature.count == 1))
    }
    return zones
  }

  /// The time of day, in UTC, at which the days of a zone begin, and every day on which that
  /// changes. Two zones with one signature cut the same days.
  private static func signature(of zone: BucketZone, from since: Int, to now: Int) -> [Int] {
    let first = floorDivide(since, 86_400) - 1
    let last = floorDivide(now, 86_400) + 2
    var before = offset(of: first, in: zone)
    var signature = [before]
    var checked = first
    while checked < last {
      let next = min(checked + 7, last)
      // Clocks that change and change back within a week are unknown to the zone database.
      if offset(of: next, in: zone) != before {
        for day in checked + 1...next {
          let offset = offset(of: day, in: zone)
          if offset != before { signature += [day, offset] }
          before = offset
        }
      }
      checked = next
    }
    return signature
  }

  private static func offset(of day: Int, in zone: BucketZone) -> Int {
    zone.start(of: Day(number: day)) - day * 86_400
  }
}
