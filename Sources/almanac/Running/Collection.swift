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

  /// Prints progress and errors to standard error, the summary to standard output.
  func run(_ request: RunRequest) async throws -> RunReport {
    // Whatever is wrong with configuration and keys is told before anything is touched.
    let servers = try clients()
    let progress = Progress()
    let interruption = Interruption()
    let (report, summary): (RunReport, String)
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
        report = try await interruption.watching {
          try await collector.run(configuration.apps, request, report: progress.note)
        }
      } catch {
        // That the file is elsewhere may be why.
        try lock.checkPlace(of: database)
        throw error
      }
      progress.end()
      let messages = RunMessages(report: report)
      messages.errors.forEach(StandardError.write)
      try lock.checkPlace(of: database)
      summary = messages.summary(archive: database, newest: try await archive.newestHeldDays())
    } catch {
      progress.end()
      for server in servers.values { await server.shutdown() }
      throw error
    }
    for server in servers.values { await server.shutdown() }
    if let code = interruption.exitCode {
      StandardError.write("interrupted; what was committed is kept\n")
      throw Interrupted(exitCode: code)
    }
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

  private func clients() throws -> [String: FastGPTServer] {
    var limits = ServerLimits()
    limits.timeout = configuration.timeout
    limits.requestsPerSecond = configuration.requestsPerSecond
    limits.concurrency = configuration.settings.concurrency
    return try ways().reduce(into: [:]) { clients, way in
      clients[way.server.name] = FastGPTServer(
        address: way.server.address, key: way.key, route: way.route, limits: limits,
        version: Almanac.version, logger: Logger(label: "almanac"))
    }
  }

  /// The key of each server that has an app, and the route to it. Throws an ``AlmanacError`` for one
  /// that is missing or cannot be used.
  func ways() throws -> [(server: Configuration.Server, key: APIKey, route: Route)] {
    let used = Set(configuration.apps.map(\.server))
    let routing = Routing(environment: credential.environment)
    return try configuration.servers.filter { used.contains($0.name) }.map { server in
      (
        server, try APIKey(try credential.key(of: server)),
        try routing.route(of: server, to: server.address)
      )
    }
  }
}

/// The end of a run by a signal; everything has been said.
struct Interrupted: ExitCoded, CustomStringConvertible {
  let exitCode: Int32
  var description: String { "" }
}
