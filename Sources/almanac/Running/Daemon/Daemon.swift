import AlmanacCore
import Foundation
import Synchronization

/// Collects once a day at the configured time, for hosts without a timer.
///
/// It counts nothing down: every half minute at most, it looks at the clock and at the last run. So
/// a host that slept, a clock that was set and a change of the clocks need no rules of their own.
final class Daemon: Sendable {
  /// What a daemon does its work with.
  struct Means: Sendable {
    var now: @Sendable () -> Date = { Date() }
    /// Returns after a while; throws if the daemon is to end.
    var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    /// Reads the configuration. Throws an ``AlmanacError``.
    var load: @Sendable () throws -> Configuration
    /// The start of the last whole run in the archive; `nil` without one.
    var lastRun: @Sendable (Configuration) async -> Date?
    /// Makes a run and tells of all that goes wrong. Returns the exit code of the same run by
    /// `almanac collect`; throws `CancellationError` if it was broken off.
    var collect: @Sendable (Configuration) async throws -> Int32
    var say: @Sendable (String) -> Void = { StandardError.write("\($0)\n") }
    var manager = ServiceManager()
  }

  private struct State {
    var configuration: Configuration
    var isCollecting = false
  }

  private let means: Means
  private let state: Mutex<State>

  /// Throws an ``AlmanacError`` where the configuration is wrong. A later fault keeps the old one.
  init(_ means: Means) throws {
    self.means = means
    state = Mutex(State(configuration: try means.load()))
  }

  /// Whether a run is under way.
  var isCollecting: Bool { state.withLock(\.isCollecting) }

  private var configuration: Configuration { state.withLock(\.configuration) }

  /// Collects until the task is cancelled.
  func run() async throws {
    var lastRun = await means.lastRun(configuration)
    means.manager.ready("waiting")
    if isDue(after: lastRun) {
      means.say(
        lastRun.map { "the newest run began at \(text(of: $0)): catching up" }
          ?? "no whole run yet: collecting")
    } else {
      tellNext()
    }
    while true {
      if isDue(after: lastRun) {
        lastRun = means.now()
        try await collect()
        tellNext()
      }
      means.manager.feedWatchdog()
      let left = configuration.schedule.next(after: means.now()).timeIntervalSince(means.now())
      try await means.sleep(min(pause, .seconds(max(left, 0.01))))
    }
  }

  /// The longest time between two looks at the clock.
  private var pause: Duration {
    min(.seconds(30), means.manager.watchdog.map { $0 / 3 } ?? .seconds(30))
  }

  /// Whether a run was due since the last one. A clock that is set back by some hours does not make
  /// the same run due again; a last run that is more than a day ahead was made by a clock that was
  /// wrong.
  private func isDue(after lastRun: Date?) -> Bool {
    let now = means.now()
    guard let lastRun, lastRun.timeIntervalSince(now) < 86_400 else { return true }
    return lastRun < configuration.schedule.last(until: now)
  }

  private func collect() async throws {
    // Whoever changes the file need not send a signal.
    readConfiguration(isAsked: false)
    means.manager.status("collecting")
    state.withLock { $0.isCollecting = true }
    let code = try await means.collect(configuration)
    state.withLock { $0.isCollecting = false }
    if code != 0 { means.say("this run has exit code \(code); the daemon goes on") }
  }

  /// Reads the configuration again, as `SIGHUP` asks. One that is wrong leaves the old one, and is
  /// told of.
  func reload() {
    means.manager.reloading()
    readConfiguration(isAsked: true)
    means.manager.ready(isCollecting ? "collecting" : "waiting")
    if !isCollecting { tellNext() }
  }

  private func readConfiguration(isAsked: Bool) {
    do {
      let new = try means.load()
      state.withLock { $0.configuration = new }
      if isAsked { means.say("the configuration is read again") }
    } catch {
      means.say("\(error)")
      means.say("the configuration is wrong; the one of before stays")
    }
  }

  private func tellNext() {
    let next = text(of: configuration.schedule.next(after: means.now()))
    means.say("the next run is due at \(next)")
    means.manager.status("the next run is due at \(next)")
  }

  private func text(of date: Date) -> String { configuration.schedule.text(of: date) }
}
