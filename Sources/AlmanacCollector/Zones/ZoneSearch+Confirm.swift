import AlmanacCore

extension ZoneSearch {
  /// Proves a zone again: a busy day that has ended, asked alone, must answer as one bucket with
  /// all of its activity.
  ///
  /// Makes one request where the day agrees with `volume`, up to three otherwise. Throws what
  /// `ask` throws.
  ///
  /// - Parameter volume: what a wide answer, not older than the day's last changes, said of the
  ///   day. It is asked for where it is `nil` or differs.
  package func confirm(
    _ zone: BucketZone, app: AppID, day: Day, volume: Double? = nil
  ) async throws -> ZoneVerdict {
    let (alone, around) = confirming(day, in: zone)
    var answer = try await active(app, alone)
    if let volume, let hypothesis = labelling(of: answer, around: day, in: zone),
      volumes(answer, around: day, hypothesis) == [day: volume]
    {
      return verdict(zone, day, alone, answer, wide: answer, requests: 1)
    }
    let wide = try await active(app, around)
    var requests = 2
    if let hypothesis = labelling(of: wide, around: day, in: zone),
      volumes(answer, around: day, hypothesis)[day] != volumes(wide, around: day, hypothesis)[day]
    {
      // Activity may have come between the two.
      answer = try await active(app, alone)
      requests = 3
    }
    return verdict(zone, day, alone, answer, wide: wide, requests: requests)
  }

  /// What is asked about a day: it alone, and it with its neighbours.
  func confirming(
    _ day: Day, in zone: BucketZone
  ) -> (alone: ClosedRange<Int>, around: ClosedRange<Int>) {
    (
      range(of: day..<day.advanced(by: 1), in: zone),
      range(of: day.advanced(by: -1)..<day.advanced(by: 2), in: zone)
    )
  }

  private func verdict(
    _ zone: BucketZone, _ day: Day, _ alone: ClosedRange<Int>, _ answer: [Int: Double],
    wide: [Int: Double], requests: Int
  ) -> ZoneVerdict {
    var labels = Set(answer.keys)
    var partial: Set<Int> = []
    var isWhole = false
    if let hypothesis = labelling(of: wide, around: day, in: zone) {
      // What this labelling makes of no day near is stray.
      labels = labels.filter { isNear(hypothesis.day(labelled: $0), day) }
      let here = volumes(answer, around: day, hypothesis)[day] ?? 0
      let whole = volumes(wide, around: day, hypothesis)[day] ?? 0
      if here < whole { partial = Set(wide.keys.filter { hypothesis.day(labelled: $0) == day }) }
      isWhole = here > 0 && here == whole
    }
    let proof = ZoneProof(instants: alone, labels: labels, partial: partial)
    if !proof.agrees(with: zone) {
      return ZoneVerdict(outcome: .contradicts, proof: proof, requests: requests)
    }
    return ZoneVerdict(
      outcome: isWhole ? .agrees : .saysNothing, proof: isWhole ? proof : nil, requests: requests)
  }

  private func range(of days: Range<Day>, in zone: BucketZone) -> ClosedRange<Int> {
    zone.start(of: days.lowerBound) * 1000...zone.start(of: days.upperBound) * 1000 - 1
  }

  private func active(_ app: AppID, _ range: ClosedRange<Int>) async throws -> [Int: Double] {
    try await ask(app, range).filter { $0.value > 0 }
  }

  /// The way of labelling in which most of the answer names days of the zone; `nil` if none of it
  /// does in any.
  private func labelling(
    of answer: [Int: Double], around day: Day, in zone: BucketZone
  ) -> ZoneHypothesis? {
    let named = ZoneHypothesis.Labelling.allCases.map { labelling in
      let hypothesis = ZoneHypothesis(zone: zone, labelling: labelling, isPlain: false)
      let volume = volumes(answer, around: day, hypothesis).values.reduce(0, +)
      return (hypothesis: hypothesis, volume: volume)
    }
    return named.filter { $0.volume > 0 }.max { $0.volume < $1.volume }?.hypothesis
  }

  private func volumes(
    _ answer: [Int: Double], around day: Day, _ hypothesis: ZoneHypothesis
  ) -> [Day: Double] {
    answer.reduce(into: [:]) { volumes, entry in
      guard let named = hypothesis.day(labelled: entry.key), isNear(named, day) else { return }
      volumes[named, default: 0] += entry.value
    }
  }

  /// No two zones are so far apart that an instant is more than two days off.
  private func isNear(_ named: Day?, _ day: Day) -> Bool {
    named.map { abs($0.distance(to: day)) <= 2 } ?? false
  }
}
