import AlmanacCore
import AlmanacStore

/// Everything that a server has answered about its zone, and the hypotheses that are left.
struct ZoneEvidence {
  /// A day of one app that has activity, as the server labelled it.
  struct ActiveDay {
    let app: AppID
    let label: Int
    /// The greatest volume that any answer gave. A day at the edge of every range asked may have
    /// more.
    var volume: Double
  }

  /// Unix milliseconds.
  let now: Int
  private(set) var proofs: [ZoneProof] = []
  /// Days with activity, the busiest first.
  private(set) var days: [ActiveDay] = []
  /// Hypotheses that no answer has refuted, likeliest first. If answers contradict each other,
  /// these are the hypotheses that agree with most of them.
  private(set) var known: [ZoneHypothesis] = []
  /// Whether no hypothesis agrees with all answers, or none fits most of the labels. The server's
  /// labels cannot be believed then.
  private(set) var isContradicted = false

  private let hypotheses: [ZoneHypothesis]
  private let labels: Set<BucketLabel>
  private var wide: [(app: AppID, instants: ClosedRange<Int>, volumes: [Int: Double])] = []
  private var narrow: [ZoneProof] = []
  /// The hypotheses that fit the most labels, whatever narrow requests said. A label that fits none
  /// of them is stray.
  private var fitting: [ZoneHypothesis] = []

  /// - Parameter labels: those that were read before anything was asked about the zone.
  init(now: Int, hypotheses: [ZoneHypothesis], labels: Set<BucketLabel>) {
    self.now = now
    self.hypotheses = hypotheses
    self.labels = labels
    weigh()
  }

  /// Takes the answer to a range of many days.
  mutating func noteWide(
    _ instants: ClosedRange<Int>, of app: AppID, volumes: [Int: Double]
  ) {
    // No zone is further than 14 hours from UTC, so a label farther off names no day asked for.
    let near = instants.lowerBound - 2 * 86_400_000...instants.upperBound + 86_400_000
    let active = volumes.filter { near.contains($0.key) && $0.value > 0 }
    wide.append((app, instants, active))
    weigh()
  }

  /// Takes the answer to a part of a day. Returns its volume without that of stray labels.
  ///
  /// A label is not stray if a wide answer has shown it as a day's. If no hypothesis then puts that
  /// day into the range, the server names its days by something else.
  mutating func noteNarrow(_ instants: ClosedRange<Int>, volumes: [Int: Double]) -> Double {
    let active = volumes.filter { label, volume in
      volume > 0
        && (days.contains { $0.label == label }
          || fitting.contains { $0.places(label, in: instants) })
    }
    note(ZoneProof(instants: instants, labels: Set(active.keys)))
    return active.values.reduce(0, +)
  }

  mutating func note(_ proof: ZoneProof) {
    guard !proof.labels.isEmpty || !proof.partial.isEmpty else { return }
    narrow.append(proof)
    proofs.append(proof)
    let left = known.filter { $0.allows(proof) }
    if left.isEmpty { judge(fitting) } else { known = left }
  }

  /// Whether all hypotheses that are left cut the days that were seen at the same instants, under
  /// the same names.
  var isSettled: Bool {
    guard !isContradicted, !days.isEmpty, let leader = known.first else { return false }
    return known.dropFirst().allSatisfy { cutsAlike($0, leader) }
  }

  /// The likeliest zone that is left. If the answers cannot tell a named zone from a plain offset,
  /// it is the offset, which claims nothing about seasons that were not seen.
  func likeliest(preferring configured: BucketZone?) -> BucketZone? {
    guard let leader = known.first else { return nil }
    if known.contains(where: { $0.zone == configured }) { return configured }
    if leader.isPlain { return leader.zone }
    return known.first { $0.isPlain && cutsAlike($0, leader) }?.zone ?? leader.zone
  }

  /// Whether two hypotheses that are left differ about any day between two instants, in Unix
  /// milliseconds.
  func differ(from start: Int, to end: Int) -> Bool {
    guard let leader = known.first else { return false }
    let days = floorDivide(start, 86_400_000)...floorDivide(end, 86_400_000)
    return known.dropFirst().contains { rival in
      days.contains { number in
        let day = Day(number: number)
        return rival.zone.start(of: day) != leader.zone.start(of: day)
      }
    }
  }

  /// Whether a wide request of the app has covered the whole of a span.
  func covers(_ span: Range<Int>, of app: AppID) -> Bool {
    wide.contains {
      $0.app == app && $0.instants.lowerBound <= span.lowerBound
        && span.upperBound <= $0.instants.upperBound + 1
    }
  }

  private func cutsAlike(_ one: ZoneHypothesis, _ other: ZoneHypothesis) -> Bool {
    days.allSatisfy { day in
      guard let left = one.span(labelled: day.label), let right = other.span(labelled: day.label)
      else { return false }
      // The future part of a day has not been asked.
      return left.day == right.day && left.instants.lowerBound == right.instants.lowerBound
        && min(left.instants.upperBound, now) == min(right.instants.upperBound, now)
    }
  }

  private mutating func weigh() {
    let told = wide.reduce(into: labels) { told, answer in
      told.formUnion(answer.volumes.keys.map { BucketLabel(.day, $0) })
    }
    let fits = hypotheses.map { told.count(where: $0.names) }
    let best = fits.max() ?? 0
    fitting =
      best > 0 || told.isEmpty ? zip(hypotheses, fits).filter { $0.1 == best }.map(\.0) : []
    proofs = narrow
    for answer in wide {
      let placed = answer.volumes.keys.filter { label in
        fitting.contains { $0.places(label, in: answer.instants) }
      }
      if !placed.isEmpty {
        proofs.append(ZoneProof(instants: answer.instants, labels: Set(placed)))
      }
    }
    listDays()
    isContradicted = best * 2 <= told.count && wide.contains { !$0.volumes.isEmpty }
    judge(fitting)
  }

  private mutating func judge(_ candidates: [ZoneHypothesis]) {
    let faults = candidates.map { candidate in proofs.count { !candidate.allows($0) } }
    let fewest = faults.min() ?? 0
    if fewest > 0 { isContradicted = true }
    known = zip(candidates, faults).filter { $0.1 == fewest }.map(\.0)
  }

  private mutating func listDays() {
    struct Key: Hashable {
      let app: AppID
      let label: Int
    }
    var known: [Key: Double] = [:]
    for answer in wide {
      for (label, volume) in answer.volumes
      where fitting.contains(where: { $0.places(label, in: answer.instants) }) {
        let key = Key(app: answer.app, label: label)
        known[key] = max(known[key] ?? 0, volume)
      }
    }
    days = known.map { ActiveDay(app: $0.key.app, label: $0.key.label, volume: $0.value) }
      .sorted { ($0.volume, $0.label, $0.app) > ($1.volume, $1.label, $1.app) }
  }
}
