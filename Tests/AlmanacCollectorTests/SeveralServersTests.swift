import AlmanacCollector
import AlmanacCore
import AlmanacStore
import AlmanacTestSupport
import FastGPT
import FastGPTSimulator
import Foundation
import Logging
import Testing

@Suite struct `Several servers` {
  private let now = Date("2026-06-10T02:30:00Z")

  /// Of one seed, so that both servers are used at the same instants.
  private func app(_ id: String) -> SimulatedApp {
    let records = DemoFleet.apps(
      count: 1, seed: 21, from: now.addingTimeInterval(-86_400 * 60), until: now)[0].records
    return SimulatedApp(id: id, name: id, records: records)
  }

  private func client(_ base: URL) throws -> FastGPTServer {
    var limits = ServerLimits()
    limits.requestsPerSecond = 100_000
    limits.retry.baseDelay = .milliseconds(1)
    return FastGPTServer(
      address: try ServerAddress(base.absoluteString), key: try APIKey("fastgpt-key-of-two"),
      limits: limits, version: "test", logger: Logger(label: "test"))
  }

  @Test func `have each its own zone, and one that stops leaves the other alone`() async throws {
    let now = now
    let profile = { (zone: String) in
      ServerProfile(
        key: "fastgpt-key-of-two", clock: { now }, zone: TimeZone(identifier: zone) ?? .gmt)
    }
    let east = SimulatedServer(profile: profile("Asia/Tokyo"), apps: [app(Fixtures.appID)])
    let west = SimulatedServer(profile: profile("UTC"), apps: [app(Fixtures.otherID)])
    try await HTTPFront.serving(east) { eastBase in
      try await HTTPFront.serving(west) { westBase in
        let clients = ["east": try client(eastBase), "west": try client(westBase)]
        let archive = try Archive.inMemory()
        let apps = [(Fixtures.appID, "east"), (Fixtures.otherID, "west")].compactMap { id, server in
          AppID(id).map { App(id: $0, name: server, server: server) }
        }
        let collector = Collector(
          archive: archive, settings: CollectorSettings(),
          clock: CivilClock(isRehearsed: true) { now }, feeds: clients.mapValues(\.feed),
          zones: [:])
        let request = RunRequest(arguments: "test", version: "test")
        let first = try await collector.run(apps, request) { _ in }
        let servers = try await archive.servers()
        east.reconfigure { $0.zone = .gmt }
        let second = try await collector.run(apps, request) { _ in }
        for client in clients.values { await client.shutdown() }
        #expect(first.failed.isEmpty)
        #expect(servers["east"]?.zone?.identifier == "UTC+09:00")
        #expect(servers["west"]?.zone == .utc)
        #expect(second.failed.map(\.app.server) == ["east"])
      }
    }
  }
}
