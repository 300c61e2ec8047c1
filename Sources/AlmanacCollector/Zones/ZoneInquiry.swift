import AlmanacCore
import AlmanacStore

/// One search for a server's zone while it goes on: the requests made, and what they told.
struct ZoneInquiry {
  let search: ZoneSearch
  private(set) var evidence: ZoneEvidence
  private(set) var requests = 0

  private var rhythms: [AppID: ZoneRhythm] = [:]
  private var asked: [AppID: Set<ClosedRange<Int>>] = [:]
  private var empty: [AppID: [ClosedRange<Int>]] = [:]

  init(search: ZoneSearch, evidence: ZoneEvidence) {
    self.search = search
    self.evidence = evidence
  }

  /// Asks for the last days, app after app, then for parts of the active ones, until the zone is
  /// settled or as many requests have been made.
  mutating func look(back days: Int, at apps: [AppID], most: Int) async throws {
    let end = search.now * 1000
    let range = end - days * 86_400_000...end
    for app in apps {
      requests += 1
      evidence.noteWide(range, of: app, volumes: try await search.ask(app, range).volumes)
      // Another app may have been active on the days about which the hypotheses still differ.
      if evidence.isSettled, !evidence.differ(from: range.lowerBound, to: end) { return }
    }
    // An hour of next to no activity is most likely empty: few messages are worth few requests.
    let volume = evidence.days.reduce(0) { $0 + $1.volume }
    let most = min(Double(most), Double(requests + 4) + volume)
    while Double(requests) < most, !evidence.isSettled, let window = nextWindow() {
      try await ask(window)
    }
  }

  /// Whether older days may tell more. Recent days may not have settled the zone, or they lie in
  /// one season only and cannot show the clocks of the other.
  func needsOlder(than recent: Int, within reach: Int) -> Bool {
    let end = search.now * 1000
    return !evidence.isSettled
      || evidence.differ(from: end - reach * 86_400_000, to: end - recent * 86_400_000)
  }

  /// Asks for one whole day of the likeliest zone, alone; if the answer refutes that zone, the next
  /// one is asked about. Returns whether the zone is proved.
  mutating func close() async throws -> Bool {
    while let leader = evidence.known.first, !evidence.isContradicted {
      let busiest = evidence.days.first { day in
        guard let span = leader.span(labelled: day.label)?.instants else { return false }
        return span.upperBound <= search.now * 1000 && evidence.covers(span, of: day.app)
      }
      guard let busiest, let day = leader.day(labelled: busiest.label),
        requests + 3 <= ZoneSearch.mostRequests
      else { return false }
      let verdict = try await search.confirm(
        leader.zone, app: busiest.app, day: day, volume: busiest.volume)
      requests += verdict.requests
      if let proof = verdict.proof { evidence.note(proof) }
      if verdict.outcome != .contradicts {
        return verdict.outcome == .agrees && evidence.isSettled
      }
      // The same zone again would be asked the same.
      guard evidence.known.first?.zone != leader.zone else { return false }
    }
    return false
  }

  private func nextWindow() -> ZoneWindow? {
    ZoneWindowChoice(evidence: evidence, rhythms: rhythms, asked: asked, empty: empty).best()
  }

  private mutating func ask(_ window: ZoneWindow) async throws {
    requests += 1
    let answer = try await search.ask(window.app, window.instants).volumes
    let found = evidence.noteNarrow(window.instants, volumes: answer)
    asked[window.app, default: []].insert(window.instants)
    if found == 0 { empty[window.app, default: []].append(window.instants) }
    rhythms[window.app, default: ZoneRhythm()]
      .note(window.instants, volume: window.volume, found: found)
  }
}
