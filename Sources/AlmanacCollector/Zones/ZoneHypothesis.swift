import AlmanacCore
import AlmanacStore

/// One way in which a server may cut and label its days.
struct ZoneHypothesis: Sendable {
  /// The timestamp that the server gives a day.
  enum Labelling: CaseIterable, Sendable {
    /// The day's own first instant.
    case ownMidnight
    /// UTC midnight of the day's civil date, wherever the day begins.
    case utcMidnight

    /// Whether a label, in Unix milliseconds, is of this kind.
    func fits(_ label: Int, in zone: BucketZone) -> Bool {
      switch self {
      case .ownMidnight: label % 1000 == 0 && zone.startsDay(at: floorDivide(label, 1000))
      case .utcMidnight: label % 86_400_000 == 0
      }
    }

    /// The kind of the labels of one answer; `nil` if they are of neither.
    ///
    /// A server whose clocks stand at UTC for a season has labels of both kinds, and they are its
    /// own midnights. So a tenth of these is enough, and fewer may be stray.
    static func of(_ labels: [Int], in zone: BucketZone) -> Labelling? {
      let own = labels.count { Labelling.ownMidnight.fits($0, in: zone) }
      let utc = labels.count { Labelling.utcMidnight.fits($0, in: zone) }
      return own * 9 >= max(utc, 1) ? .ownMidnight : utc > 0 ? .utcMidnight : nil
    }
  }

  /// A day that a label names, and its instants in Unix milliseconds.
  struct Span: Hashable, Sendable {
    let day: Day
    let instants: Range<Int>
  }

  let zone: BucketZone
  let labelling: Labelling
  /// Whether the clocks of the zone never change, so that it says nothing of other seasons.
  let isPlain: Bool

  /// The hypotheses for a server that cuts in the zone, one for each labelling. In UTC the two are
  /// one.
  static func both(of zone: BucketZone, isPlain: Bool = false) -> [ZoneHypothesis] {
    (zone == .utc ? [.ownMidnight] : Labelling.allCases).map {
      ZoneHypothesis(zone: zone, labelling: $0, isPlain: isPlain)
    }
  }

  /// The day that a label, in Unix milliseconds, names. `nil` if it names none in this way.
  func day(labelled label: Int) -> Day? {
    let second = floorDivide(label, 1000)
    guard second * 1000 == label else { return nil }
    switch labelling {
    case .utcMidnight:
      let day = Day(number: floorDivide(second, 86_400))
      return day.number * 86_400 == second ? day : nil
    case .ownMidnight:
      let day = zone.day(holding: second)
      return zone.start(of: day) == second ? day : nil
    }
  }

  /// The instants of a day, in Unix milliseconds.
  private func instants(of day: Day) -> Range<Int> {
    let start = zone.start(of: day) * 1000
    return start..<max(start, zone.start(of: day.advanced(by: 1)) * 1000)
  }

  func span(labelled label: Int) -> Span? {
    day(labelled: label).map { Span(day: $0, instants: instants(of: $0)) }
  }

  /// Whether the label names the first day of a bucket of its grain.
  func names(_ label: BucketLabel) -> Bool {
    day(labelled: label.timestamp).map { label.grain.start(of: $0) == $0 } ?? false
  }

  /// Whether the label names a day of which some part lies in the range.
  func places(_ label: Int, in range: ClosedRange<Int>) -> Bool {
    guard let span = span(labelled: label) else { return false }
    return !span.instants.isEmpty && span.instants.overlaps(range)
  }

  /// Whether a server that works in this way can have given an answer. It filters by the range
  /// asked, and then cuts. So each label names a day with a part in the range, and only a day that
  /// is not wholly inside can have activity elsewhere.
  func allows(_ proof: ZoneProof) -> Bool {
    proof.labels.allSatisfy { places($0, in: proof.instants) }
      && proof.partial.allSatisfy { label in
        guard let span = span(labelled: label), let last = span.instants.last else { return false }
        let isInside = [span.instants.lowerBound, last].allSatisfy(proof.instants.contains)
        return !isInside
      }
  }
}
