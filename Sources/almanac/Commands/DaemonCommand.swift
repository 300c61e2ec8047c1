import AlmanacCollector
import AlmanacCore
import AlmanacStore
import ArgumentParser
import Foundation
import Synchronization
import UnixSignals

/// `almanac daemon`
struct DaemonCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "daemon",
    abstract: "Collect every day at the configured time, in the foreground.",
    discussion: """
      For hosts and containers without systemd timers. The time is collect.at of the configuration: \
      "02:30" in the zone of this host ($TZ), or "02:30 Asia/Shanghai"; 02:30 without one. A time \
      that the clock skips falls to the moment after the gap; one that it shows twice counts once.

      A run that was missed while the daemon was down or the host slept is made up for, once. A run \
      that fails does not end the daemon: `almanac status` tells of it, and the next day's run reads \
      what is missing.

      SIGHUP reads the configuration again, and so does each run; one that is wrong leaves the one \
      of before. SIGTERM and Ctrl-C end the daemon: with 0 between two runs, with 143 or 130 where \
      they broke one off. A service manager is told when it is ready and that it lives (Type=notify, \
      WatchdogSec; a run that gets no answer for that long counts as hung, so take half an hour).
      """)

  @OptionGroup var archive: ArchiveOptions

  @OptionGroup(title: "Messages") var messages: MessageOptions

  func run() async throws {
    guard Environment["ALMANAC_NOW"] == nil else {
      throw AlmanacError(
        .usage, "starting the daemon",
        cause: "ALMANAC_NOW is set, and a clock that stands still "
          + "never comes to the next day",
        hint: "unset it, or rehearse a run with `almanac collect`")
    }
    let manager = ServiceManager()
    // The run under way, for the signal that breaks it off.
    let watch = Mutex<Monitoring?>(nil)
    let verbosity = messages.verbosity
    let daemon = try Daemon(
      Daemon.Dependencies(
        load: { [archive] in
          let configuration = try archive.configuration()
          _ = try archive.database(of: configuration)
          return configuration
        },
        lastRun: { [archive] in await Self.lastRun(in: try? archive.database(of: $0)) },
        collect: { [archive] configuration in
          let database = try archive.database(of: configuration)
          let clock = CivilClock { Date() }
          let monitoring = Monitoring(configuration, database: database, clock: clock)
          watch.withLock { $0 = monitoring }
          var run = CollectRun(configuration: configuration, database: database, clock: clock)
          run.verbosity = verbosity
          run.onStart = monitoring.begin
          run.onProgress = manager.feedWatchdog
          return try await Self.collect(run, monitoring)
        },
        say: { verbosity.tell("\($0)\n") },
        manager: manager))
    tellWhatIsMissing()
    let hangUps = await UnixSignalsSequence(trapping: .sighup)
    let reloading = Task { for await _ in hangUps { await daemon.reload() } }
    defer { reloading.cancel() }
    do {
      try await Interruption.watching { try await daemon.run() }
    } catch let interruption as Interruption {
      manager.stopping()
      guard daemon.isCollecting else { return }
      await watch.withLock(\.self)?.end(interruption.exitCode)
      throw interruption
    }
  }

  /// Tells at once of keys and proxies that the first run would not find. They may come until then.
  private func tellWhatIsMissing() {
    do {
      let configuration = try archive.configuration()
      let run = CollectRun(
        configuration: configuration, database: try archive.database(of: configuration),
        clock: CivilClock { Date() })
      _ = try run.accesses()
    } catch {
      StandardError.write("\(error)\nwarning: a run fails for that, unless it is mended by then\n")
    }
  }

  /// The start of the last run over everything. An archive that cannot be read has none: the run that is due
  /// then tells what is wrong with it.
  private static func lastRun(in database: String?) async -> Date? {
    guard let database, let archive = try? Archive.openForReading(path: database) else {
      return nil
    }
    return try? await archive.lastRunOverEverything()
  }

  /// A run with its messages; returns its exit code. One that is broken off is told of by whoever
  /// knows the signal.
  static func collect(
    _ run: CollectRun, _ monitoring: Monitoring
  ) async throws -> Int32 {
    do {
      let report = try await run.run(RunRequest(arguments: "daemon", version: Almanac.version))
      if report.isInterrupted { throw CancellationError() }
      await monitoring.end(report.exitCode)
      return report.exitCode
    } catch let cancellation as CancellationError {
      throw cancellation
    } catch {
      StandardError.write("\(error)\n")
      let code = (error as? any ExitCoded)?.exitCode ?? 1
      await monitoring.end(code)
      return code
    }
  }
}
