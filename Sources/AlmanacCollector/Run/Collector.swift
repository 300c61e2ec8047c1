import AlmanacCore
import AlmanacStore
import Foundation

// AlmanacCollector runs one collection.
// It owns what to read (Run/), what to believe (Belief/) and the bucket zone (Zones/).
// It refuses HTTP and SQL: answers come from a Feed, changes go to Archive.apply.
// Start here, then read Belief/Belief.swift.

/// Brings an archive up to date with what servers still know.
package struct Collector: Sendable {
  package let archive: Archive
  package let settings: CollectorSettings
  package let clock: CivilClock
  /// The way to each server, by its name in the configuration.
  package let feeds: [String: Feed]
  /// Zones that the configuration names; the others are found.
  package let zones: [String: BucketZone]
  /// All servers of the configuration, those without an app too.
  package let servers: Set<String>

  package init(
    archive: Archive, settings: CollectorSettings, clock: CivilClock, feeds: [String: Feed],
    zones: [String: BucketZone], servers: Set<String> = []
  ) {
    self.archive = archive
    self.settings = settings
    self.clock = clock
    self.feeds = feeds
    self.zones = zones
    self.servers = servers
  }

  /// The zone in which a server's answers are read: the one that the archive knows, else the one
  /// that the configuration names. UTC if there is neither, since there is no activity to cut then.
  func zone(of server: String, known: BucketZone?) -> BucketZone {
    known ?? zones[server] ?? .utc
  }

  /// Makes one run over the configured apps.
  ///
  /// The report tells what servers did wrong. Throws an ``AlmanacError`` for an archive that cannot
  /// be written or contradicts the configuration. A cancelled run ends at once, keeps what it has
  /// committed, and says so in its report.
  package func run(
    _ apps: [App], _ request: RunRequest, report: @escaping @Sendable (RunEvent) -> Void
  ) async throws -> RunReport {
    let start = ContinuousClock.now
    try await archive.checkClock(clock.now())
    let run = try await archive.beginRun(
      at: clock.now(), version: request.version, arguments: arguments(of: request))
    let chosen = apps.filter { request.only?.contains($0.id) ?? true }
    report(.began(apps: chosen.count))
    if archive.hasLostLog {
      report(
        .warned(
          "the last run was broken off and its log \(archive.path)-wal is gone: unless a program has "
            + "moved it into the archive, what it held is lost. The whole past is read again"))
    }

    var result = RunReport()
    do {
      let renames = try await archive.enroll(
        apps, servers: servers, run: run, moved: AppKnowledge.rule(isRecut: true),
        retired: { known, open, _ in known.retired(open: open) })
      for (old, new) in renames {
        report(.noted("the server \(old) is called \(new) now; what was learned of it is kept"))
      }
      try await takeOver(apps, run)
      let isUndone = try await archive.undoAheadClock(
        clock.now(), isRehearsed: clock.isRehearsed, run: run,
        undoing: { ClockUndoing(known: $0, held: $1).changes() },
        expecting: { [grains = settings.grains] known, today in
          Closing.expected(of: known, grains, before: today)
        },
        closing: { known, held, today in
          Closing(known: known, held: held, today: today).changes(isWhole: false)
        })
      if isUndone {
        report(
          .warned(
            "an earlier run had a clock that was ahead of this one, or was set by hand: days that "
              + "have not come are dropped, and what it may have closed too early is read again"))
      }
      result.apps = try await readServers(chosen, request, run, report)
      try await proveMemory(result.apps, run)
      for (server, grain) in try await archive.unmeasuredRetention() {
        report(
          .warned(
            "\(server): has answered nothing but 0 for retention by \(grain); that is taken as "
              + "not measured"))
      }
      result.isInterrupted = Task.isCancelled
    } catch is CancellationError {
      result.isInterrupted = true
    } catch {
      // The run is over all the same. The error that stopped it is thrown, not one that closing it
      // may meet.
      try? await close(run, RunReport(), .failed, RunFailure(error), since: start)
      throw error
    }
    result.seconds = start.duration(to: .now) / .seconds(1)
    try await close(
      run, result, result.outcome, result.worstFailure.map(RunFailure.init), since: start)
    return result
  }

  /// The arguments as typed, behind the clock if one was set for the run.
  private func arguments(of request: RunRequest) -> String {
    guard clock.isRehearsed else { return request.arguments }
    return "\(Archive.rehearsalMark)\(clock.now().iso8601) \(request.arguments)"
  }

  /// Reads the apps of every server, all servers at once, so that a slow or faulty server does not
  /// hold up another. Returns the reports in the order of the apps.
  private func readServers(
    _ apps: [App], _ request: RunRequest, _ run: Int,
    _ report: @escaping @Sendable (RunEvent) -> Void
  ) async throws -> [AppReport] {
    try await withThrowingTaskGroup(of: [AppReport].self) { group in
      let known = try await archive.servers()
      for (server, apps) in Dictionary(grouping: apps, by: \.server) {
        guard let feed = feeds[server] else { continue }
        let part = ServerRun(
          name: server, apps: apps, collector: self, feed: feed,
          known: known[server], request: request, run: run,
          report: report)
        group.addTask { try await part.collect() }
      }
      var reports: [AppID: AppReport] = [:]
      for try await part in group {
        for report in part { reports[report.app.id] = report }
      }
      return apps.map { reports[$0.id] ?? AppReport(app: $0) }
    }
  }

  /// Closes the row of a run. A cancelled task has to do so too, but its own write would throw; so
  /// another task writes.
  private func close(
    _ run: Int, _ report: RunReport, _ outcome: RunOutcome, _ failure: RunFailure?,
    since start: ContinuousClock.Instant
  ) async throws {
    try await Task.detached {
      try await archive.finishRun(
        run, at: clock.now(), outcome: outcome, failure: failure, apps: report.apps.count,
        appsFailed: report.failed.count, seconds: start.duration(to: .now) / .seconds(1),
        keepCaptures: settings.keepCaptures)
    }.value
  }

  /// Takes over the `since` of each app for which the configuration has changed it.
  private func takeOver(_ apps: [App], _ run: Int) async throws {
    let knowledge = try await archive.knowledge()
    for app in apps {
      guard let changes = knowledge[app.id]?.wanted(since: app.since),
        changes.known != changes.before
      else { continue }
      try await archive.apply(changes, run: run, at: clock.now())
    }
  }

  /// Takes older activity, of another app or before all that is wanted, as a proof that its server
  /// remembered the beginnings of its apps.
  private func proveMemory(_ reports: [AppReport], _ run: Int) async throws {
    let knowledge = try await archive.knowledge()
    let servers = try await archive.servers()
    for report in reports {
      guard let known = knowledge[report.app.id], known.memory.possiblyTruncatedDay != nil else {
        continue
      }
      let others = reports.filter {
        $0.app.server == report.app.server && $0.app.id != report.app.id
      }
      guard let seen = (others.map(\.seen) + [report.remembered]).compactMap(\.self).min(),
        known.memory.remembered.map({ seen < $0 }) ?? true
      else { continue }
      let moment = Moment(
        zone: zone(of: report.app.server, known: servers[report.app.server]?.zone),
        now: clock.now(), lookBack: settings.lookBack, run: run)
      let changes = known.remembered(
        seen, partial: try await archive.states(known.key, only: .partial), at: moment)
      try await archive.apply(changes, run: run, at: clock.now())
    }
  }
}
