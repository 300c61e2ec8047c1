import AlmanacCore
import AlmanacStore
import Foundation

extension ServerRun {
  /// Makes sure that the server's zone is known before its apps are read. An unknown zone is found
  /// by asking; a known one is proved once more. A proof against a proved or configured zone stops
  /// the server's apps. A proof against an assumed zone makes this run read the server's past
  /// again.
  ///
  /// - Parameter keys: the apps' keys in the archive
  func settleZone(
    _ probes: [Probe], _ keys: [AppID: Int], _ outcomes: inout Outcomes
  ) async throws {
    guard await health.reasonToStop() == nil else { return }
    let ledger = ZoneLedger(
      archive: archive, feed: feed, health: health, run: run, keys: keys, now: clock.now)
    let round = ZoneRound(
      server: name, configured: configured, archive: archive, run: run, now: clock.now(),
      allowed: Set(apps.map(\.id)), isDeep: !probes.isEmpty,
      rereading: request.days == nil && request.only == nil
        ? "" : ", by the next run without --from, --to and --app", health: health, ledger: ledger,
      report: report)
    do {
      let busiest = probes.filter { $0.volume > 0 }
        .sorted { ($1.volume, $0.outcome.app.id) < ($0.volume, $1.outcome.app.id) }
      try await round.settle(
        probed: busiest.map(\.outcome.app.id),
        labels: Set(probes.flatMap(\.labels).map { BucketLabel(.quarter, $0) }))
    } catch let failure as ReadFailure {
      await health.stop(failure)
    }
    let isKnown = try await archive.servers()[name]?.zone != nil
    let failures = await ledger.failures
    let requests = await ledger.requests
    for app in apps {
      outcomes[app].requests += requests[app.id] ?? 0
      // Nobody knows where the days of an app with a failure begin. An app without one has no
      // activity.
      if !isKnown, let failure = failures[app.id] { outcomes[app].failures.append(failure) }
    }
  }
}

extension Observation {
  /// The number of messages, or of users on a server that counts no messages. It is only added up
  /// and compared.
  var volume: Double { figures[.chatItemCount] ?? figures[.userCount] ?? 0 }
}
