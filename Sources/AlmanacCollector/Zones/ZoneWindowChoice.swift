import AlmanacCore

/// Looks for the next window worth asking.
struct ZoneWindowChoice {
  /// The number of days looked at of each app; the busiest tell soonest.
  private static let daysLookedAt = 40

  let evidence: ZoneEvidence
  let rhythms: [AppID: ZoneRhythm]
  /// Ranges that have been asked.
  let asked: [AppID: Set<ClosedRange<Int>>]
  /// Ranges that have been asked and had no activity.
  let empty: [AppID: [ClosedRange<Int>]]

  /// `nil` if no request could tell anything more.
  func best() -> ZoneWindow? {
    guard let leader = evidence.known.first else { return nil }
    var best: ZoneWindow?
    var looked: [AppID: Int] = [:]
    for day in evidence.days where looked[day.app, default: 0] < Self.daysLookedAt {
      guard let span = leader.span(labelled: day.label) else { continue }
      let windows = windows(of: day, spanning: span.instants)
      if !windows.isEmpty { looked[day.app, default: 0] += 1 }
      for window in windows where window.worth > best?.worth ?? 0 { best = window }
    }
    return best
  }

  /// The parts at the start and at the end of a day that some rivals put into a neighbour.
  private func windows(
    of day: ZoneEvidence.ActiveDay, spanning span: Range<Int>
  ) -> [ZoneWindow] {
    let rivals = evidence.known.dropFirst().compactMap { $0.span(labelled: day.label)?.instants }
    guard let last = span.last else { return [] }
    let starts = rivals.map { min($0.lowerBound, span.upperBound) }
    let ends = rivals.map { max($0.upperBound, span.lowerBound) }
    let early = Set(starts.filter { $0 > span.lowerBound }).map { cut in
      (span.lowerBound...cut - 1, starts.count { $0 >= cut })
    }
    let late = Set(ends.filter { $0 < span.upperBound }).map { cut in
      (cut...last, ends.count { $0 <= cut })
    }
    return (early + late).compactMap { range, refuted in
      guard range.lowerBound <= evidence.now else { return nil }
      let range = range.lowerBound...min(range.upperBound, evidence.now)
      guard let worth = worth(of: range, on: day, refuting: refuted, of: rivals.count) else {
        return nil
      }
      return ZoneWindow(app: day.app, instants: range, volume: day.volume, worth: worth)
    }
  }

  private func worth(
    of range: ClosedRange<Int>, on day: ZoneEvidence.ActiveDay, refuting refuted: Int,
    of rivals: Int
  ) -> Double? {
    if asked[day.app]?.contains(range) ?? false { return nil }
    let empty = empty[day.app] ?? []
    if empty.contains(where: { $0.contains(range) }) { return nil }
    let rhythm = rhythms[day.app] ?? ZoneRhythm()
    var chance = rhythm.chance(of: range, volume: day.volume)
    let parts = empty.filter { range.contains($0) }
    if let part = parts.map({ rhythm.chance(of: $0, volume: day.volume) }).max() {
      chance = (chance - part) / max(1 - part, 0.001)
    }
    return max(chance, 0) * Double(refuted) / Double(max(rivals, 1))
  }
}
