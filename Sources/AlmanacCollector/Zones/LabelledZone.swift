import AlmanacCore
import Foundation

/// Reads a server's bucket zone off honest labels: timestamps that are the first instants of its
/// buckets.
///
/// Labels at UTC midnight prove nothing (a server may cut elsewhere and label there), so UTC is
/// an assumption.
enum LabelledZone {
  struct Reading {
    let zone: BucketZone
    let isAssumed: Bool
  }

  /// Zones with daylight saving, likeliest first; behind them every other that is known.
  private static let likely = [
    "Asia/Shanghai", "America/New_York", "America/Los_Angeles", "America/Chicago",
    "Europe/London", "Europe/Berlin", "Australia/Sydney",
  ]

  /// `nil` if no single zone gives all labels, in Unix milliseconds.
  static func read(_ labels: Set<Int>, _ grain: Grain) -> Reading? {
    guard let any = labels.first else { return nil }
    let secondsIntoDay = floorDivide(any, 1000) - floorDivide(any, 86_400_000) * 86_400
    if secondsIntoDay == 0, starts(.utc, labels, grain) {
      return Reading(zone: .utc, isAssumed: true)
    }
    for offset in [86_400 - secondsIntoDay, -secondsIntoDay]
    where abs(offset) <= 14 * 3600 && offset % 60 == 0 {
      let zone = BucketZone(secondsFromUTC: offset)
      if starts(zone, labels, grain) { return Reading(zone: zone, isAssumed: false) }
    }
    for identifier in likely + TimeZone.knownTimeZoneIdentifiers {
      guard let zone = BucketZone(identifier: identifier), starts(zone, labels, grain) else {
        continue
      }
      return Reading(zone: zone, isAssumed: false)
    }
    return nil
  }

  /// Whether every label is the first instant of a bucket of the grain in the zone.
  static func starts(_ zone: BucketZone, _ labels: Set<Int>, _ grain: Grain) -> Bool {
    labels.allSatisfy { label in
      guard let bucket = zone.bucket(grain, labelled: label) else { return false }
      return zone.start(of: bucket.start) * 1000 == label
    }
  }
}
