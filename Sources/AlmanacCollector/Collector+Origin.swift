import AlmanacCore
import AlmanacStore
import Foundation

extension Collector {
  /// Finds where the reading of each new app begins, with one request at quarter grain, and sees
  /// to the zones of the servers. The same request begins the reading of the whole past of an app
  /// for which it is due.
  ///
  /// Returns what the requests came to for the apps that needed one.
  func probe(
    _ apps: [App], _ request: RunRequest, _ run: Int, _ health: [String: ServerHealth],
    _ report: @escaping @Sendable (RunEvent) -> Void
  ) async throws -> [AppID: AppReport] {
    let standings = try await archive.standings()
    let new = apps.filter { standings[$0.id].map { isDeepDue($0, request) } ?? true }
    let found = try await inParallel(new) { app -> Probe in
      var probe = Probe(outcome: AppReport(app: app))
      guard let feed = feeds[app.server], let health = health[app.server],
        let key = standings[app.id]?.key, await health.reasonToStop() == nil
      else { return probe }
      try await ask(app, key, run, feed, health, &probe)
      report(.progressed(app.id, made: probe.outcome.requests, planned: 12))
      return probe
    }
    let asked = try await settleZones(of: apps, found, run, health, report)
    try await writeOrigins(found)
    var outcomes = found.reduce(into: [AppID: AppReport]()) { $0[$1.outcome.app.id] = $1.outcome }
    for app in apps {
      outcomes[app.id, default: AppReport(app: app)].requests += asked[app.id] ?? 0
    }
    return outcomes
  }

  /// Whether reading begins with the origin: nothing is known of the app yet, or the whole past
  /// is due.
  func isDeepDue(_ standing: Standing, _ request: RunRequest) -> Bool {
    guard standing.origin != nil else { return true }
    if request.isDeep { return true }
    let today = BucketZone.utc.day(holding: clock.now())
    let due = standing.deep.map { $0.advanced(by: settings.deepEvery) <= today } ?? true
    return due && request.days == nil
  }

  struct Probe: Sendable {
    var outcome: AppReport
    var labels: Set<Int> = []
    /// Whether the answer may tell of older activity than its labels show.
    var isUnsure = false
    /// Messages, or users where those are not counted.
    var volume = 0.0
    var entry: LedgerEntry?
  }

  /// Quarters of ten years at most, or from the app's `since`.
  static func originRead(_ app: App, today: Day) -> PlannedRead {
    let oldest = Grain.quarter.start(of: today, advancedBy: -37)
    let from = max(oldest, app.since.map { Grain.quarter.start(of: $0) } ?? oldest)
    let days = min(from, today)..<today.advanced(by: 1)
    return PlannedRead(
      source: .all, offset: 1, window: Window(.quarter, holding: days), settles: false,
      begins: false)
  }

  private func ask(
    _ app: App, _ key: Int, _ run: Int, _ feed: Feed, _ health: ServerHealth,
    _ probe: inout Probe
  ) async throws {
    let zone = zones[app.server] ?? .utc
    let read = Self.originRead(app, today: zone.day(holding: clock.now()))
    let start = ContinuousClock.now
    let entry = { (delivery: Delivery, failure: ReadFailure?) in
      LedgerEntry(
        run: run, app: key, about: read, since: start, answeredAt: clock.now(),
        delivery: delivery, failure: failure)
    }
    probe.outcome.requests += 1
    do {
      let answer = try await feed.chart(
        ChartRead(
          app: app.id, source: .all, window: read.window, offset: read.offset, zone: zone))
      await health.noteAnswer()
      probe.labels = Set(answer.observations.map(\.label) + answer.refused.compactMap(\.label))
      probe.isUnsure = answer.refused.contains(where: \.isUnplaceable)
      probe.volume = answer.observations.map(\.volume).reduce(0, +)
      probe.entry = entry(answer.delivery, nil)
    } catch let failure as ReadFailure {
      await health.note(failure)
      probe.outcome.failures.append(failure)
      try await archive.record(entry(failure.delivery, failure))
    }
  }

  private func writeOrigins(_ probes: [Probe]) async throws {
    let servers = try await archive.servers()
    for probe in probes {
      guard let entry = probe.entry else { continue }
      let app = probe.outcome.app
      let zone = zones[app.server] ?? servers[app.server]?.zone ?? .utc
      let window = Self.originRead(app, today: zone.day(holding: clock.now())).window
      let buckets = probe.labels.map { zone.bucket(.quarter, labelled: $0) }
      let placed = buckets.compactMap { $0 }.filter(window.mayHold)
      // Where a bucket cannot be placed, the oldest one may be anywhere in the window.
      let isUnsure = probe.isUnsure || placed.count < buckets.count
      let oldest = isUnsure ? Bucket(.quarter, holding: window.kept.lowerBound) : placed.min()
      let origin = oldest.map { max($0.start, app.since ?? $0.start) }
      // Activity in a quarter before the first one that is wanted.
      let older = placed.min().flatMap { bucket in
        app.since.flatMap { bucket.end <= $0 ? bucket : nil }
      }
      try await archive.beginDeepRead(
        origin, since: app.since, remembered: older?.end.advanced(by: -1),
        today: BucketZone.utc.day(holding: clock.now()), entry)
    }
  }
}
