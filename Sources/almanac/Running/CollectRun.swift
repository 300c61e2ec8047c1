import AlmanacCollector
import AlmanacCore
import AlmanacStore
import FastGPT
import Foundation
import Logging

/// One run with everything that it needs: lock, archive, a client for each server, progress.
struct CollectRun: Sendable {
  let configuration: Configuration
  let database: String
  let clock: CivilClock
  var credential = Credential()
  var verbosity = Verbosity.usual
  /// Called once the lock is held.
  var onStart: @Sendable () -> Void = {}
  /// Called with each answer and failure, and around a migration.
  var onProgress: @Sendable () -> Void = {}

  /// Prints progress and errors to standard error, the summary to standard output. A cancelled run
  /// and a quiet one have no summary.
  func run(_ request: RunRequest) async throws -> RunReport {
    announce()
    // Faults of configuration and keys are told before anything is touched.
    let accesses = try accesses()
    let progress = ProgressDisplay(verbosity)
    let servers = clients(for: accesses, progress)
    let pulse = Task {
      while !Task.isCancelled {
        try await Task.sleep(for: ProgressDisplay.silence / 10)
        progress.pulse()
      }
    }
    defer { pulse.cancel() }
    let report: RunReport
    var summary = ""
    do {
      let lock = try ArchiveLock(database: database, makesFile: true)
      defer { withExtendedLifetime(lock) {} }
      onStart()
      if lock.isNew {
        let kept = try lock.keepLogs()
        verbosity.tell(RunMessages.onNew(database, remains: lock.remains, kept: kept))
      }
      let archive = try Archive.openForWriting(path: database, refusingDemo: true) {
        onProgress()
        verbosity.tell(RunMessages.on($0, of: $1))
      }
      let collector = collector(
        into: archive, feeds: servers.mapValues { watched($0.feed) })
      do {
        report = try await collector.run(configuration.apps, request, report: progress.note)
      } catch {
        // The reason may be that the file is elsewhere now.
        try lock.checkPlace(of: database)
        throw error
      }
      progress.end()
      let messages = RunMessages(
        report: report,
        keySources: accesses.reduce(into: [:]) { $0[$1.server.name] = $1.keySource })
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
    if verbosity != .quiet { try StandardOutput.write(summary) }
    for line in Stage.report { StandardError.write(line + "\n") }
    return report
  }

  /// The feed, each read of which tells that the run gets on.
  private func watched(_ feed: Feed) -> Feed {
    Feed(
      totals: { app in
        defer { onProgress() }
        return try await feed.totals(app)
      },
      chart: { read in
        defer { onProgress() }
        return try await feed.chart(read)
      })
  }

  /// Tells whether the clock was set by hand, and of what is odd in the configuration.
  func announce() {
    if clock.isRehearsed {
      verbosity.tell("the clock is set by ALMANAC_NOW: \(clock.now().iso8601)\n")
    }
    for warning in configuration.warnings(at: clock.now()) {
      verbosity.tell("warning: \(warning)\n")
    }
  }

  /// The collector of this run.
  func collector(into archive: Archive, feeds: [String: Feed]) -> Collector {
    Collector(
      archive: archive, settings: configuration.settings, clock: clock, feeds: feeds,
      zones: configuration.servers.reduce(into: [:]) { $0[$1.name] = $1.zone },
      servers: Set(configuration.servers.map(\.name)))
  }

  /// The things that it takes to reach a server.
  struct Access {
    let server: Configuration.Server
    let key: APIKey
    /// The variable or file in which the key was found.
    let keySource: String
    let route: Route
  }

  /// The access to each server that has an app. Throws an ``AlmanacError`` for a key or a route
  /// that is missing or cannot be used.
  func accesses() throws -> [Access] {
    let used = Set(configuration.apps.map(\.server))
    let routing = Routing(environment: credential.environment)
    return try configuration.servers.filter { used.contains($0.name) }.map { server in
      let found = try credential.key(of: server)
      return Access(
        server: server, key: try found.usable(), keySource: found.source,
        route: try routing.route(of: server, to: server.address))
    }
  }

  private func clients(
    for accesses: [Access], _ progress: ProgressDisplay
  ) -> [String: FastGPTServer] {
    let logger =
      verbosity == .verbose
      ? Logger(label: "almanac") { _ in MessageLog(write: progress.tell) }
      : Logger(label: "almanac")
    var limits = ServerLimits()
    limits.timeout = configuration.timeout
    limits.requestsPerSecond = configuration.requestsPerSecond
    limits.concurrency = configuration.settings.concurrency
    return accesses.reduce(into: [:]) { clients, access in
      clients[access.server.name] = FastGPTServer(
        address: access.server.address, key: access.key, route: access.route, limits: limits,
        version: Almanac.version, logger: logger)
    }
  }
}
