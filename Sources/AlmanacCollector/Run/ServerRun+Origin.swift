import AlmanacCore
import AlmanacStore
import Foundation

extension ServerRun {
  /// Finds where the reading of each new app begins, with one request at quarter grain. The same
  /// request is made for an app whose whole past is due to be read again.
  ///
  /// It is left out where all that is wanted fits one request. Only while the zone has to be found,
  /// some of these apps are asked about too, until there are enough busy ones for that.
  ///
  /// Returns what is known of the apps that are due, asked about or not.
  func probe(
    _ knowledge: [AppID: AppKnowledge], _ outcomes: inout Outcomes
  ) async throws -> [Probe] {
    // An earlier run may have failed to learn the zone, and left it to this one.
    let server = try await archive.servers()[name]
    let due = apps.filter { app in
      server?.zone == nil || knowledge[app.id].map { collector.isDeepDue($0, request) } ?? true
    }
    let zone = collector.zone(of: name, known: server?.zone)
    let today = zone.day(holding: clock.now())
    let before = outcomes
    let ask = { @Sendable (app: App) async throws -> Probe in
      var probe = Probe(outcome: before[app], zone: zone)
      guard let key = knowledge[app.id]?.key, await health.reasonToStop() == nil else {
        return probe
      }
      try await self.ask(app, key, &probe)
      report(.progressed(app.id, made: probe.outcome.requests, planned: 12))
      return probe
    }
    var found = try await inParallel(due.filter { !Collector.isBrief($0, today: today) }, ask)
    var brief = due.filter { Collector.isBrief($0, today: today) }[...]
    let all = Set(apps.map(\.id))
    if !brief.isEmpty, try await !collector.canProveZone(of: name, server, asking: all) {
      while !brief.isEmpty, found.count(where: { $0.volume >= Self.busy }) < Self.witnesses {
        found += try await inParallel(Array(brief.prefix(settings.concurrency)), ask)
        brief = brief.dropFirst(settings.concurrency)
      }
    }
    found += brief.map { Probe(outcome: before[$0], zone: zone, isAsked: false) }
    for probe in found { outcomes[probe.outcome.app] = probe.outcome }
    return found
  }

  /// The number of busy apps that are enough to find a zone.
  private static let witnesses = 3
  /// The number of messages from which an app is a busy one.
  private static let busy = 1000.0

  struct Probe: Sendable {
    var outcome: AppReport
    /// The zone in which the request was written. The server's own is not settled yet.
    let zone: BucketZone
    /// Whether the request is made. If not, reading begins with the app's `since`.
    var isAsked = true
    var labels: Set<Int> = []
    /// Whether the answer may tell of older activity than its labels show.
    var isUnsure = false
    /// The number of messages, or of users if the server counts no messages.
    var volume = 0.0
    var entry: RequestRecord?
  }

  private func ask(_ app: App, _ key: Int, _ probe: inout Probe) async throws {
    let read = Collector.originRead(app, today: probe.zone.day(holding: clock.now()))
    let start = ContinuousClock.now
    let entry = { (delivery: Delivery, failure: ReadFailure?) in
      RequestRecord(
        run: run, app: key, about: read, since: start, answeredAt: clock.now(),
        delivery: delivery, failure: failure)
    }
    probe.outcome.requests += 1
    do {
      let answer = try await feed.chart(
        ChartRead(
          app: app.id, source: .all, window: read.window, offset: read.offset,
          zone: probe.zone))
      await health.noteAnswer()
      probe.labels = Set(
        answer.observations.map(\.serverTimestamp)
          + answer.refused.compactMap(\.serverTimestamp))
      probe.isUnsure = answer.refused.contains(where: \.isUnplaceable)
      probe.volume = answer.observations.map(\.volume).reduce(0, +)
      probe.entry = entry(answer.delivery, nil)
    } catch let failure as ReadFailure {
      await health.note(failure, of: app.id)
      probe.outcome.failures.append(failure)
      try await archive.record(entry(failure.delivery, failure))
    }
  }

  /// Writes where the reading of the apps begins, except for apps that have failed since.
  func writeOrigins(_ probes: [Probe], _ outcomes: Outcomes) async throws {
    guard !probes.isEmpty else { return }
    let server = try await archive.servers()[name]
    let knowledge = try await archive.knowledge()
    let isStopped = await health.reasonToStop() != nil
    for probe in probes where !probe.isAsked && !isStopped {
      let app = probe.outcome.app
      guard let known = knowledge[app.id], outcomes[app].failures.isEmpty else { continue }
      let changes = known.backfill(
        from: app.since, since: app.since, remembered: nil,
        today: BucketZone.utc.day(holding: clock.now()))
      try await archive.apply(changes, run: run, at: clock.now())
    }
    for probe in probes {
      guard let entry = probe.entry else { continue }
      if isStopped || !outcomes[probe.outcome.app].failures.isEmpty {
        try await archive.record(entry)
        continue
      }
      let app = probe.outcome.app
      guard let known = knowledge[app.id] else { continue }
      let zone = collector.zone(of: name, known: server?.zone)
      let window = Collector.originRead(app, today: zone.day(holding: clock.now())).window
      // A server that cuts where it is asked to has cut these quarters in the zone of the request.
      let cut = server?.zoneKind == .asked ? probe.zone : zone
      let buckets = probe.labels.map { cut.bucket(.quarter, labelled: $0) }
      let placed = buckets.compactMap { $0 }.filter(window.mayHold)
      // The oldest bucket may be anywhere in the window if one bucket cannot be placed.
      let isUnsure = probe.isUnsure || placed.count < buckets.count
      let oldest = isUnsure ? Bucket(.quarter, holding: window.kept.lowerBound) : placed.min()
      let origin = oldest.map { bucket in
        // The activity may begin on the day before in another zone.
        let start = cut == zone ? bucket.start : bucket.start.advanced(by: -1)
        return max(start, app.since ?? start)
      }
      // An active quarter before `since` shows how far back the server remembers.
      let older = placed.min().flatMap { bucket in
        app.since.flatMap { bucket.end <= $0 ? bucket : nil }
      }
      try await archive.apply(
        known.backfill(
          from: origin, since: app.since, remembered: older?.end.advanced(by: -1),
          today: BucketZone.utc.day(holding: clock.now())), entry)
    }
  }
}

extension Collector {
  /// Whether reading begins with the request for the origin: nothing is known of the app yet, or
  /// its whole past is due.
  func isDeepDue(_ known: AppKnowledge, _ request: RunRequest) -> Bool {
    guard known.origin != nil else { return true }
    if request.isDeep { return true }
    let today = BucketZone.utc.day(holding: clock.now())
    // A date in the future was written under a clock that was ahead.
    let due =
      known.deep.map { $0.advanced(by: settings.deepEvery) <= today || $0 > today } ?? true
    return due && request.days == nil
  }

  /// Whether all that is wanted of an app's days fits one request, so that nobody needs to know
  /// where they begin.
  static func isBrief(_ app: App, today: Day) -> Bool {
    guard let since = app.since, since <= today else { return false }
    return Window(.day, holding: since..<today.advanced(by: 1)).chunks.count == 1
  }

  /// Whether a server's zone is known, neither assumed nor to be changed, and can be proved with
  /// activity that is held.
  func canProveZone(
    of name: String, _ server: Archive.KnownServer?, asking apps: Set<AppID>
  ) async throws -> Bool {
    guard let server, let zone = server.zone, server.zoneOrigin != .assumed,
      zones[name] == nil || zones[name] == zone
    else { return false }
    let busiest = try await archive.busiestDays(
      of: server.name, since: ZoneRound.recently(at: clock.now()))
    return busiest.contains { apps.contains($0.app) }
  }

  /// The read that finds an app's origin: quarters of ten years at most, or from the app's `since`.
  static func originRead(_ app: App, today: Day) -> PlannedRead {
    let oldest = Grain.quarter.start(of: today, advancedBy: -37)
    let from = max(oldest, app.since.map { Grain.quarter.start(of: $0) } ?? oldest)
    let days = min(from, today)..<today.advanced(by: 1)
    return PlannedRead(
      source: .all, offset: 1, window: Window(.quarter, holding: days), settles: false,
      begins: false)
  }
}
