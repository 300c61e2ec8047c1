import Foundation

/// The times of the day at which one app has been seen active, to guess where a narrow request
/// will meet activity.
///
/// It learns from answers alone and decides only what is asked next, never what is true.
struct ZoneRhythm: Sendable {
  private static let slotLength = 900_000
  private static let slotCount = 96
  /// The number of messages by which an answer outweighs the assumption that all hours are alike.
  private static let patience = 6.0
  /// The messages of a usual conversation. They come together, so there are that many times fewer
  /// independent chances to meet one.
  private static let burst = 4.0

  private var found = [Double](repeating: 0, count: slotCount)
  private var asked = [Double](repeating: 0, count: slotCount)

  /// The chance that a range, in Unix milliseconds, has activity on a day with a known volume.
  func chance(of range: ClosedRange<Int>, volume: Double) -> Double {
    1 - exp(-expected(in: range, volume: volume) / Self.burst)
  }

  /// Notes what a request for a range of such a day has brought.
  mutating func note(_ range: ClosedRange<Int>, volume: Double, found amount: Double) {
    let shares = Self.slots(of: range).map { ($0.slot, $0.share, rate(of: $0.slot) * $0.share) }
    let sum = shares.reduce(0) { $0 + $1.2 }
    for (slot, share, weight) in shares {
      asked[slot] += volume * share
      if sum > 0 { found[slot] += amount * weight / sum }
    }
  }

  private func expected(in range: ClosedRange<Int>, volume: Double) -> Double {
    Self.slots(of: range).reduce(0) { $0 + rate(of: $1.slot) * $1.share } * volume
  }

  /// The share of a day's activity that a quarter of an hour has.
  private func rate(of slot: Int) -> Double {
    let even = 1 / Double(Self.slotCount)
    return (found[slot] + Self.patience * even) / (asked[slot] + Self.patience)
  }

  /// The quarters of an hour, from UTC midnight, that a range touches, and how much of each.
  private static func slots(of range: ClosedRange<Int>) -> [(slot: Int, share: Double)] {
    let first = range.lowerBound / slotLength
    let last = range.upperBound / slotLength
    guard first <= last else { return [] }
    return (first...last).map { slot in
      let start = max(range.lowerBound, slot * slotLength)
      let end = min(range.upperBound + 1, (slot + 1) * slotLength)
      return (slot % slotCount, Double(end - start) / Double(slotLength))
    }
  }
}
