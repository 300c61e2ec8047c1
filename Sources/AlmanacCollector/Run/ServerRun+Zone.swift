import AlmanacCore
import AlmanacStore
import Foundation

extension ServerRun {
  /// Sees to it that the zone of the server is known before its apps are read: found by asking
  /// where it is not, proved once more where it is. A proof against a proved or configured zone
  /// stops the server's apps; one against an assumed zone has its past read again.
  ///
  /// - Parameter keys: those of the apps in the archive
  func settleZone(
    _ probes: [Probe], _ keys: [AppID: Int], _ outcomes: inout Outcomes
  ) async throws {
    guard await health.reasonToStop() == nil else { return }
    let ledger = ZoneLedger(
      archive: archive, feed: feed, health: health, run: run, keys: keys, now: clock.now)
    let round = ZoneRound(
      server: name, configured: configured, archive: archive, run: run, now: clock.now(),
      allowed: Set(apps.map(\.id)), health: health, ledger: ledger, report: report)
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
      // Nobody knows where the days of such an app begin; the others have no activity.
      if !isKnown, let failure = failures[app.id] { outcomes[app].failures.append(failure) }
    }
  }
}

extension Observation {
  /// Messages, or users on a server that does not count those; it only has to add up.
  var volume: Double { figures[.chatItemCount] ?? figures[.userCount] ?? 0 }
}
