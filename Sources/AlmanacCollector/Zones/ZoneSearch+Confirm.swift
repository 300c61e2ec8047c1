import AlmanacCore
import AlmanacStore

extension ZoneSearch {
  /// Proves a zone again: a busy day that has ended, asked alone, must answer as one bucket with
  /// all of its activity.
  ///
  /// Makes one request if the day agrees with `volume`, up to three otherwise. Throws what `ask`
  /// throws.
  ///
  /// - Parameter volume: the volume of the day in a wide answer that is not older than the day's
  ///   last changes. It is asked for if it is `nil` or differs.
  package func confirm(
    _ zone: BucketZone, app: AppID, day: Day, volume: Double? = nil
  ) async throws -> ZoneVerdict {
    let (alone, around) = confirming(day, in: zone)
    let hypotheses = ZoneHypothesis.both(of: zone)
    let tells = { (answer: ZoneAnswer) in
      !answer.refused.contains { label in hypotheses.contains { $0.day(labelled: label) == day } }
    }
    var answer = try await ask(app, alone)
    guard tells(answer) else { return ZoneVerdict(sayingNothingAfter: 1) }
    if let volume, let hypothesis = labelling(of: active(answer), around: day, in: zone),
      volumes(active(answer), around: day, by: hypothesis) == [day: volume]
    {
      let found = active(answer)
      return verdict(on: zone, day, asked: alone, answer: found, wide: found, requests: 1)
    }
    let whole = try await ask(app, around)
    guard tells(whole) else { return ZoneVerdict(sayingNothingAfter: 2) }
    let wide = active(whole)
    var requests = 2
    if let hypothesis = labelling(of: wide, around: day, in: zone),
      volumes(active(answer), around: day, by: hypothesis)[day]
        != volumes(wide, around: day, by: hypothesis)[day]
    {
      // Activity may have come between the two.
      answer = try await ask(app, alone)
      requests = 3
      guard tells(answer) else { return ZoneVerdict(sayingNothingAfter: 3) }
    }
    return verdict(
      on: zone, day, asked: alone, answer: active(answer), wide: wide, requests: requests)
  }

  /// The ranges to ask for about a day: it alone, and it with its neighbours.
  func confirming(
    _ day: Day, in zone: BucketZone
  ) -> (alone: ClosedRange<Int>, around: ClosedRange<Int>) {
    (
      range(of: day..<day.advanced(by: 1), in: zone),
      range(of: day.advanced(by: -1)..<day.advanced(by: 2), in: zone)
    )
  }

  private func verdict(
    on zone: BucketZone, _ day: Day, asked alone: ClosedRange<Int>, answer: [Int: Double],
    wide: [Int: Double], requests: Int
  ) -> ZoneVerdict {
    var labels = Set(answer.keys)
    var partial: Set<Int> = []
    var isWhole = false
    if let hypothesis = labelling(of: wide, around: day, in: zone) {
      // A label that names no day near, in this labelling, is stray.
      labels = labels.filter { isNear(hypothesis.day(labelled: $0), day) }
      let here = volumes(answer, around: day, by: hypothesis)[day] ?? 0
      let whole = volumes(wide, around: day, by: hypothesis)[day] ?? 0
      if here < whole { partial = Set(wide.keys.filter { hypothesis.day(labelled: $0) == day }) }
      isWhole = here > 0 && here == whole
    }
    let proof = ZoneProof(instants: alone, labels: labels, partial: partial)
    let outcome: ZoneVerdict.Outcome =
      !proof.agrees(with: zone) ? .contradicts : isWhole ? .agrees : .saysNothing
    return ZoneVerdict(
      outcome: outcome, proof: outcome == .saysNothing ? nil : proof,
      labels: Set(Set(answer.keys).union(wide.keys).map { BucketLabel(.day, $0) }),
      requests: requests)
  }

  private func range(of days: Range<Day>, in zone: BucketZone) -> ClosedRange<Int> {
    zone.start(of: days.lowerBound) * 1000...zone.start(of: days.upperBound) * 1000 - 1
  }

  private func active(_ answer: ZoneAnswer) -> [Int: Double] {
    answer.volumes.filter { $0.value > 0 }
  }

  /// The way of labelling in which most of the answer names days of the zone; `nil` if none of it
  /// does in any.
  private func labelling(
    of answer: [Int: Double], around day: Day, in zone: BucketZone
  ) -> ZoneHypothesis? {
    let named = ZoneHypothesis.both(of: zone).map { hypothesis in
      let volume = volumes(answer, around: day, by: hypothesis).values.reduce(0, +)
      return (hypothesis: hypothesis, volume: volume)
    }
    return named.filter { $0.volume > 0 }.max { $0.volume < $1.volume }?.hypothesis
  }

  private func volumes(
    _ answer: [Int: Double], around day: Day, by hypothesis: ZoneHypothesis
  ) -> [Day: Double] {
    answer.reduce(into: [:]) { volumes, entry in
      guard let named = hypothesis.day(labelled: entry.key), isNear(named, day) else { return }
      volumes[named, default: 0] += entry.value
    }
  }

  /// Whether a named day is at most two days off. No two zones differ by more.
  private func isNear(_ named: Day?, _ day: Day) -> Bool {
    named.map { abs($0.distance(to: day)) <= 2 } ?? false
  }
}
