import AlmanacCollector
import AlmanacCore
import AlmanacStore
import FastGPT
import Foundation
import Logging

/// One run with everything that it needs: lock, archive, a client for each server, progress.
struct Collection: Sendable {
  let configuration: Configuration
  let database: String
  let clock: CivilClock
  var credential = Credential()

  /// Prints progress and errors to standard error, the summary to standard output. A cancelled run
  /// has no summary.
  func run(_ request: RunRequest) async throws -> RunReport {
    // Whatever is wrong with configuration and keys is told before anything is touched.
    let ways = try ways()
    let servers = clients(ways)
    let progress = Progress()
    let report: RunReport
    var summary = ""
    do {
      let lock = try ArchiveLock(database: database, makesFile: true)
      defer { withExtendedLifetime(lock) {} }
      if lock.isNew {
        let kept = try lock.keepLogs()
        StandardError.write(
          RunMessages.ofNew(database, remains: lock.remains, kept: kept))
      }
      let archive = try Archive.openForWriting(path: database, refusingDemo: true)
      let collector = collector(archive, feeds: servers.mapValues(\.feed))
      do {
        report = try await collector.run(configuration.apps, request, report: progress.note)
      } catch {
        // That the file is elsewhere may be why.
        try lock.checkPlace(of: database)
        throw error
      }
      progress.end()
      let messages = RunMessages(
        report: report,
        keySources: ways.reduce(into: [:]) { $0[$1.server.name] = $1.keySource })
      messages.errors.forEach(StandardError.write)
      try lock.checkPlace(of: database)
      if !report.isInterrupted {
        summary = messages.summary(archive: database, newest: try await archive.newestHeldDays())
      }
    } catch {
      progress.end()
      for server in servers.values { await server.shutdown() }
      throw error
    }
    for server in servers.values { await server.shutdown() }
    try StandardOutput.write(summary)
    return report
  }

  /// What collects into an archive.
  func collector(_ archive: Archive, feeds: [String: Feed]) -> Collector {
    Collector(
      archive: archive, settings: configuration.settings, clock: clock, feeds: feeds,
      zones: configuration.servers.reduce(into: [:]) { $0[$1.name] = $1.zone },
      servers: Set(configuration.servers.map(\.name)))
  }

  /// What it takes to reach a server.
  struct Way {
    let server: Configuration.Server
    let key: APIKey
    /// Variable or file, where the key was found.
    let keySource: String
    let route: Route
  }

  /// To each server that has an app. Throws an ``AlmanacError`` for a key or a route that is missing
  /// or cannot be used.
  func ways() throws -> [Way] {
    let used = Set(configuration.apps.map(\.server))
    let routing = Routing(environment: credential.environment)
    return try configuration.servers.filter { used.contains($0.name) }.map { server in
      let found = try credential.key(of: server)
      return Way(
        server: server, key: try found.usable(), keySource: found.source,
        route: try routing.route(of: server, to: server.address))
    }
  }

  private func clients(_ ways: [Way]) -> [String: FastGPTServer] {
    var limits = ServerLimits()
    limits.timeout = configuration.timeout
    limits.requestsPerSecond = configuration.requestsPerSecond
    limits.concurrency = configuration.settings.concurrency
    return ways.reduce(into: [:]) { clients, way in
      clients[way.server.name] = FastGPTServer(
        address: way.server.address, key: way.key, route: way.route, limits: limits,
        version: Almanac.version, logger: Logger(label: "almanac"))
    }
  }
}
