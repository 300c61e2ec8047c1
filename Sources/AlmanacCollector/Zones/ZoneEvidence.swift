import AlmanacCore

/// Everything that a server has answered about its zone, and the hypotheses that stand after it.
struct ZoneEvidence {
  /// A day of one app that has activity, as the server labelled it.
  struct ActiveDay {
    let app: AppID
    let label: Int
    /// Of the widest answer; a day at the edge of the range asked may have more.
    var volume: Double
  }

  /// Unix milliseconds.
  let now: Int
  private(set) var proofs: [ZoneProof] = []
  /// Days with activity, the busiest first.
  private(set) var days: [ActiveDay] = []
  /// What no answer has refuted, likeliest first. Where answers contradict each other, what
  /// agrees with most of them.
  private(set) var standing: [ZoneHypothesis] = []
  /// Whether answers contradict each other, or half of the labels fit no hypothesis: nothing is
  /// proved then.
  private(set) var isTorn = false
  /// Whether no hypothesis agrees with all answers, or most days fit none: what the server calls its
  /// days cannot be believed then.
  private(set) var isContradicted = false

  private let hypotheses: [ZoneHypothesis]
  private let quarters: Set<Int>
  private var wide: [(app: AppID, instants: ClosedRange<Int>, volumes: [Int: Double])] = []
  private var narrow: [ZoneProof] = []
  /// What fits as many labels as any, whatever narrow requests said. Other labels are stray.
  private var fitting: [ZoneHypothesis] = []

  /// - Parameter quarters: labels at quarter grain, in Unix milliseconds.
  init(now: Int, hypotheses: [ZoneHypothesis], quarters: Set<Int>) {
    self.now = now
    self.hypotheses = hypotheses
    self.quarters = quarters
    weigh()
  }

  /// Takes the answer to a range of many days.
  mutating func noteWide(_ app: AppID, _ instants: ClosedRange<Int>, _ volumes: [Int: Double]) {
    // No zone is further than 14 hours from UTC, so a label farther off names no day asked for.
    let near = instants.lowerBound - 2 * 86_400_000...instants.upperBound + 86_400_000
    let active = volumes.filter { near.contains($0.key) && $0.value > 0 }
    wide.append((app, instants, active))
    weigh()
  }

  /// Takes the answer to a part of a day, and returns the volume in it that is no stray's.
  ///
  /// A label that wide answers know for a day's is none: where no hypothesis puts that day into the
  /// range, the server names days by something else.
  mutating func noteNarrow(_ instants: ClosedRange<Int>, _ volumes: [Int: Double]) -> Double {
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
    let left = standing.filter { $0.allows(proof) }
    if left.isEmpty { judge(fitting) } else { standing = left }
  }

  /// Whether all that stands cuts all days seen at the same instants, under the same names.
  var isSettled: Bool {
    guard !isTorn, !days.isEmpty, let leader = standing.first else { return false }
    return standing.dropFirst().allSatisfy { cutsAlike($0, leader) }
  }

  /// The likeliest zone that stands; where the answers cannot tell a named zone from a plain
  /// offset, the offset, for it claims nothing of seasons that were not seen.
  func likeliest(preferring configured: BucketZone?) -> BucketZone? {
    guard let leader = standing.first else { return nil }
    if standing.contains(where: { $0.zone == configured }) { return configured }
    if leader.isPlain { return leader.zone }
    return standing.first { $0.isPlain && cutsAlike($0, leader) }?.zone ?? leader.zone
  }

  /// Whether two hypotheses that stand differ about any day between two instants, in Unix
  /// milliseconds.
  func differ(from start: Int, to end: Int) -> Bool {
    guard let leader = standing.first else { return false }
    let days = floorDivide(start, 86_400_000)...floorDivide(end, 86_400_000)
    return standing.dropFirst().contains { rival in
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
      // What the day will span beyond the present has not been asked.
      return left.day == right.day && left.instants.lowerBound == right.instants.lowerBound
        && min(left.instants.upperBound, now) == min(right.instants.upperBound, now)
    }
  }

  private mutating func weigh() {
    let labels = wide.reduce(into: Set<Int>()) { $0.formUnion($1.volumes.keys) }
    let fits = hypotheses.map { hypothesis in
      labels.count { hypothesis.day(labelled: $0) != nil }
        + quarters.count { hypothesis.startsQuarter($0) }
    }
    let best = fits.max() ?? 0
    let isMajority = best > 0 ? best * 2 > labels.count + quarters.count : labels.isEmpty
    fitting =
      best > 0 || labels.union(quarters).isEmpty
      ? zip(hypotheses, fits).filter { $0.1 == best }.map(\.0) : []
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
    isTorn = !isMajority
    let placed = fitting.map { fit in labels.count { fit.day(labelled: $0) != nil } }.max() ?? 0
    isContradicted = placed * 2 < labels.count
    judge(fitting)
  }

  private mutating func judge(_ candidates: [ZoneHypothesis]) {
    let faults = candidates.map { candidate in proofs.count { !candidate.allows($0) } }
    let fewest = faults.min() ?? 0
    if fewest > 0 {
      isTorn = true
      isContradicted = true
    }
    standing = zip(candidates, faults).filter { $0.1 == fewest }.map(\.0)
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
