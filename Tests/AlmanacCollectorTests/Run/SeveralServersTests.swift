import AlmanacCollector
import AlmanacCore
import AlmanacStore
import AlmanacTestSupport
import FastGPT
import FastGPTSimulator
import Foundation
import Logging
import Synchronization
import Testing

@Suite struct `Several servers` {
  private let now = Date("2026-06-10T02:30:00Z")

  /// An app with the records of one seed, so that both servers are used at the same instants.
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

  private func profile(_ zone: String) -> ServerProfile {
    ServerProfile(
      key: "fastgpt-key-of-two", clock: { [now] in now },
      zone: TimeZone(identifier: zone) ?? .gmt)
  }

  /// Serves an app in the east and one in the west, with a run that may be repeated.
  private func serving(
    east: ServerProfile, west: ServerProfile? = nil, concurrency: Int = 8,
    zones: [String: BucketZone] = [:],
    _ body: (
      _ east: SimulatedServer, _ archive: Archive,
      _ run: (@escaping @Sendable (RunEvent) -> Void) async throws -> RunReport
    ) async throws -> Void
  ) async throws {
    let east = SimulatedServer(profile: east, apps: [app(Fixtures.appID)])
    let west = SimulatedServer(profile: west ?? profile("UTC"), apps: [app(Fixtures.otherID)])
    try await HTTPFront.serving(east) { eastBase in
      try await HTTPFront.serving(west) { westBase in
        let clients = ["east": try client(eastBase), "west": try client(westBase)]
        let archive = try Archive.inMemory()
        let apps = [(Fixtures.appID, "east"), (Fixtures.otherID, "west")].compactMap { id, server in
          AppID(id).map { App(id: $0, name: server, server: server) }
        }
        let collector = Collector(
          archive: archive, settings: CollectorSettings(concurrency: concurrency),
          clock: CivilClock(isRehearsed: true) { [now] in now }, feeds: clients.mapValues(\.feed),
          zones: zones)
        try await body(east, archive) { report in
          try await collector.run(
            apps, RunRequest(arguments: "test", version: "test"), report: report)
        }
        for client in clients.values { await client.shutdown() }
      }
    }
  }

  @Test func `have each its own zone, and one that stops leaves the other alone`() async throws {
    try await serving(east: profile("Asia/Tokyo")) { east, archive, run in
      let first = try await run { _ in }
      let servers = try await archive.servers()
      east.reconfigure { $0.zone = .gmt }
      let second = try await run { _ in }
      #expect(first.failed.isEmpty)
      #expect(servers["east"]?.zone?.identifier == "UTC+09:00")
      #expect(servers["west"]?.zone == .utc)
      #expect(second.failed.map(\.app.server) == ["east"])
    }
  }

  /// Each argument is a way in which one server can be wrong.
  @Test(arguments: ["zone", "key", "App key", "labels", "dead"])
  func `are read whatever is wrong with one of them`(fault: String) async throws {
    var profile = profile("Asia/Tokyo")
    switch fault {
    case "key": profile.key = "another-key-of-somebody-else"
    case "App key": profile.appKeys = ["fastgpt-key-of-two": Fixtures.appID]
    case "labels": profile.labels = .utcMidnightOfFirstRecord
    case "dead":
      profile.interceptor = Interceptor { _, _ in RawResponse(status: 503, html: "busy") }
    default: break
    }
    if fault == "App key" { profile.key = "the-key-of-the-team" }
    let zones: [String: BucketZone] = fault == "zone" ? ["east": .utc] : [:]
    try await serving(east: profile, concurrency: 1, zones: zones) { _, archive, run in
      let report = try await run { _ in }
      #expect(report.outcome == .partlyFailed)
      #expect(report.failed.map(\.app.server) == ["east"])
      let held = try archive.ask { reader in
        try reader.apps().map { app in
          try reader.buckets(
            FactReader.FactQuery(
              app: app.key, source: 0, grain: .day,
              days: Day(number: 0)..<Day(number: 30_000)), [.userCount]
          ).isEmpty
        }
      }
      #expect(held == [true, false], "of the east nothing, of the west something")
    }
  }

  @Test func `do not wait for the slow one among them`() async throws {
    var slow = profile("UTC")
    slow.interceptor = Interceptor { _, genuine in
      var late = genuine
      late.delay = .milliseconds(25)
      return late
    }
    try await serving(east: slow, concurrency: 1) { _, _, run in
      let finished = Mutex<[String]>([])
      _ = try await run { event in
        if case .finished(let report) = event {
          finished.withLock { $0.append(report.app.server) }
        }
      }
      #expect(finished.withLock { $0 } == ["west", "east"])
    }
  }

  /// Two servers with the same apps, one in Tokyo, one in UTC.
  private func collecting(
    _ body: (
      _ collect: (Archive, [App]) async throws -> [String], _ apps: (String, String) -> [App]
    ) async throws -> Void
  ) async throws {
    let now = now
    let profile = { (zone: String) in
      ServerProfile(
        key: "fastgpt-key-of-two", clock: { now }, zone: TimeZone(identifier: zone) ?? .gmt)
    }
    let both = [app(Fixtures.appID), app(Fixtures.otherID)]
    let east = SimulatedServer(profile: profile("Asia/Tokyo"), apps: both)
    let west = SimulatedServer(profile: profile("UTC"), apps: both)
    try await HTTPFront.serving(east) { eastBase in
      try await HTTPFront.serving(west) { westBase in
        let clients = ["east": try client(eastBase), "west": try client(westBase)]
        var feeds = clients.mapValues(\.feed)
        feeds["occident"] = feeds["west"]
        try await body({ [feeds] archive, apps in
          let notes = Mutex<[String]>([])
          let collector = Collector(
            archive: archive, settings: CollectorSettings(grains: [.week], bySource: false),
            clock: CivilClock(isRehearsed: true) { now }, feeds: feeds, zones: [:])
          let report = try await collector.run(
            apps, RunRequest(arguments: "test", version: "test")
          ) { event in
            if case .noted(let note) = event { notes.withLock { $0.append(note) } }
          }
          #expect(report.failed.isEmpty)
          return notes.withLock(\.self)
        }) { first, second in
          [(Fixtures.appID, first), (Fixtures.otherID, second)].compactMap { id, server in
            AppID(id).map { App(id: $0, name: id, server: server) }
          }
        }
        for client in clients.values { await client.shutdown() }
      }
    }
  }

  @Test func `keep what was learned of them under a new name`() async throws {
    try await collecting { collect, apps in
      let archive = try Archive.inMemory()
      _ = try await collect(archive, apps("east", "west"))
      let west = try await archive.servers()["west"]
      let notes = try await collect(archive, apps("east", "occident"))
      // Nothing is found out that was known.
      #expect(notes == ["the server west is called occident now; what was learned of it is kept"])
      let servers = try await archive.servers()
      #expect(servers.keys.sorted() == ["east", "occident"])
      #expect(servers["occident"]?.zone == .utc)
      #expect(servers["occident"]?.zoneProofs.first == west?.zoneProofs.first)
    }
  }

  /// The zone of the other may be known, or be found in the same run.
  @Test(arguments: [true, false])
  func `have an app that moves between them read again where days begin elsewhere`(
    _ isKnown: Bool
  ) async throws {
    try await collecting { collect, apps in
      let archive = try Archive.inMemory()
      _ = try await collect(archive, apps(isKnown ? "east" : "west", "west"))
      _ = try await collect(archive, isKnown ? apps("east", "east") : apps("west", "east"))
      let fresh = try Archive.inMemory()
      _ = try await collect(fresh, isKnown ? apps("east", "east") : apps("west", "east"))
      #expect(try await archive.newestDays(200).rows == fresh.newestDays(200).rows)
      #expect(try await archive.knowledge().values.allSatisfy { !$0.isRecut })
    }
  }
}
