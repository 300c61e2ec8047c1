import AlmanacCore
import AlmanacStore
import Foundation

extension Collector {
  /// Sees to it that the zone of every server is known before its apps are read: found by asking
  /// where it is not, proved once more where it is. A proof against a proved zone stops the
  /// server's apps; one against an assumed zone has its past read again.
  ///
  /// Returns the requests that this took, by the app that was asked about. Throws an
  /// ``AlmanacError`` for a configured zone that the answers disprove.
  func settleZones(
    of apps: [App], _ probes: [Probe], _ run: Int, _ health: [String: ServerHealth],
    _ report: @escaping @Sendable (RunEvent) -> Void
  ) async throws -> [AppID: Int] {
    var requests: [AppID: Int] = [:]
    for name in Set(apps.map(\.server)).sorted() {
      guard let feed = feeds[name], let health = health[name] else { continue }
      let keys = try await archive.standings().mapValues(\.key)
      let ledger = ZoneLedger(
        archive: archive, feed: feed, health: health, run: run, keys: keys, now: clock.now)
      let round = ZoneRound(
        server: name, configured: zones[name], archive: archive, now: clock.now(),
        allowed: Set(apps.filter { $0.server == name }.map(\.id)), ledger: ledger,
        report: report)
      let mine = probes.filter { $0.outcome.app.server == name }
      do {
        let busiest = mine.filter { $0.volume > 0 }
          .sorted { ($1.volume, $0.outcome.app.id) < ($0.volume, $1.outcome.app.id) }
        try await round.settle(
          busiest.map(\.outcome.app.id), mine.reduce(into: []) { $0.formUnion($1.labels) })
      } catch let failure as ReadFailure {
        await health.stop(failure)
      }
      for (app, count) in await ledger.requests { requests[app, default: 0] += count }
    }
    return requests
  }
}

extension Observation {
  /// Messages, or users on a server that does not count those; it only has to add up.
  var volume: Double { figures[.chatItemCount] ?? figures[.userCount] ?? 0 }
}
