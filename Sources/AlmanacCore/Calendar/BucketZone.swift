import Foundation
import Synchronization

/// The time zone in which a server cuts its buckets.
package struct BucketZone: Sendable, CustomStringConvertible {
  package let identifier: String
  private let offsets: Offsets

  private enum Offsets: Sendable {
    /// Seconds east of UTC that never change, so that the zone database is not needed.
    case fixed(Int)
    case changing(OffsetTable)
  }

  package static let utc = BucketZone(secondsFromUTC: 0)

  /// A zone without daylight saving, such as `UTC+08:00`. Seconds are cut to whole minutes.
  package init(secondsFromUTC seconds: Int) {
    let minutes = seconds / 60
    let sign = minutes < 0 ? "-" : "+"
    let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
    let hours = "\(two(abs(minutes) / 60)):\(two(abs(minutes) % 60))"
    self.init(
      identifier: minutes == 0 ? "UTC" : "UTC\(sign)\(hours)", offsets: .fixed(minutes * 60))
  }

  private init(identifier: String, offsets: Offsets) {
    self.identifier = identifier
    self.offsets = offsets
  }

  /// Reads `UTC`, `UTC+08:00`, or an IANA name such as `Asia/Shanghai`.
  ///
  /// Abbreviations are refused: `CST` is China to its writer and Chicago to the zone database.
  package init?(identifier: String) {
    if identifier == "UTC" {
      self = .utc
    } else if identifier.hasPrefix("UTC"),
      let match = identifier.wholeMatch(of: /UTC([+-])([01]\d):([0-5]\d)/),
      let hours = Int(match.2), let minutes = Int(match.3), hours * 60 + minutes <= 14 * 60
    {
      let seconds = (hours * 60 + minutes) * 60
      self.init(secondsFromUTC: match.1 == "-" ? -seconds : seconds)
    } else if identifier.contains("/"), let zone = TimeZone(identifier: identifier),
      TimeZone.knownTimeZoneIdentifiers.contains(identifier) || zone.identifier == identifier
    {
      self.init(identifier: identifier, offsets: .changing(OffsetTable(zone)))
    } else {
      return nil
    }
  }

  package var description: String { identifier }

  /// The civil day that holds an instant, in Unix seconds.
  package func day(holding instant: Int) -> Day {
    Day(number: floorDivide(instant + offset(at: instant), 86_400))
  }

  package func day(holding date: Date) -> Day {
    day(holding: Int(date.timeIntervalSince1970.rounded(.down)))
  }

  /// The first instant of a civil day, in Unix seconds. If the clocks skip midnight, the day begins
  /// at the first instant that it has in the zone.
  package func start(of day: Day) -> Int {
    let midnight = day.number * 86_400
    if case .fixed(let offset) = offsets { return midnight - offset }
    let before = offset(at: midnight - 129_600)
    if offset(at: midnight + 129_600) == before { return midnight - before }
    // The clocks change near this midnight: the day starts where its predecessor ends.
    var low = midnight - 129_600
    var high = midnight + 129_600
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if self.day(holding: middle) < day { low = middle } else { high = middle }
    }
    return high
  }

  /// Whether an instant, in Unix seconds, is the first of a civil day.
  package func startsDay(at instant: Int) -> Bool { start(of: day(holding: instant)) == instant }

  /// The fixed offsets from UTC that the zone has between two instants in Unix seconds, as zones,
  /// westernmost first. A zone with daylight saving has two.
  package func fixedOffsets(in instants: ClosedRange<Int>) -> [BucketZone] {
    // See `OffsetTable`.
    let seen = Set(stride(from: instants.lowerBound, through: instants.upperBound, by: 6 * 86_400))
      .union([instants.upperBound])
    return Set(seen.map(offset)).sorted().map { BucketZone(secondsFromUTC: $0) }
  }

  /// Seconds east of UTC at an instant in Unix seconds.
  package func offset(at instant: Int) -> Int {
    switch offsets {
    case .fixed(let offset): offset
    case .changing(let table): table.offset(at: instant)
    }
  }

  /// The bucket that a timestamp of the server names, in Unix milliseconds; `nil` where the
  /// timestamp starts no bucket of the grain.
  ///
  /// A server names a bucket by the bucket's first instant, or by UTC midnight of its first day
  /// though it cuts in another zone (docs/server.md).
  package func bucket(_ grain: Grain, labelled milliseconds: Int) -> Bucket? {
    guard milliseconds % 1000 == 0 else { return nil }
    let seconds = milliseconds / 1000
    let own = day(holding: seconds)
    let named: Day
    if start(of: own) == seconds {
      named = own
    } else if seconds % 86_400 == 0 {
      named = Day(number: seconds / 86_400)
    } else {
      return nil
    }
    return grain.start(of: named) == named ? Bucket(grain, holding: named) : nil
  }
}

extension BucketZone: Hashable {
  package static func == (left: BucketZone, right: BucketZone) -> Bool {
    left.identifier == right.identifier
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(identifier) }
}

/// The offsets of one zone. Those of most days are remembered, since the zone database takes a
/// microsecond for each.
private final class OffsetTable: Sendable {
  private let zone: TimeZone
  /// The offset of each stretch of time in which it does not change.
  private let constant = Mutex<[Int: Int]>([:])

  init(_ zone: TimeZone) { self.zone = zone }

  /// Seconds east of UTC at an instant in Unix seconds.
  func offset(at instant: Int) -> Int {
    // Since 1940 no zone has kept an offset for less than 6.9 days, so that the two ends of a stretch
    // of six days which have one offset have it in between.
    let stretch = instant >> 19
    if let known = constant.withLock({ $0[stretch] }) { return known }
    let (first, last) = (look(up: stretch << 19), look(up: (stretch + 1) << 19))
    guard first == last else { return look(up: instant) }
    constant.withLock { $0[stretch] = first }
    return first
  }

  private func look(up instant: Int) -> Int {
    zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(instant)))
  }
}
