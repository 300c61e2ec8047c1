import AlmanacCore
import Foundation
import Synchronization

/// Collects once a day at the configured time, for hosts without a timer.
///
/// It counts nothing down: every half minute at most, it looks at the clock and at the last run. So
/// a host that slept, a clock that was set and a change of the clocks need no rules of their own.
final class Daemon: Sendable {
  /// The parts that a daemon is made of, so that a test can give it a host of its own.
  struct Dependencies: Sendable {
    var now: @Sendable () -> Date = { Date() }
    /// Returns after a while; throws if the daemon is to end.
    var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    /// Reads the configuration. Throws an ``AlmanacError``.
    var load: @Sendable () throws -> Configuration
    /// The start of the last run over everything in the archive; `nil` without one.
    var lastRun: @Sendable (Configuration) async -> Date?
    /// Makes a run and tells of all that goes wrong. Returns the exit code of the same run by
    /// `almanac collect`; throws `CancellationError` if it was broken off.
    var collect: @Sendable (Configuration) async throws -> Int32
    /// Writes a line about how things go.
    var say: @Sendable (String) -> Void
    /// Writes a line about what went wrong.
    var complain: @Sendable (String) -> Void = { StandardError.write("\($0)\n") }
    var manager = ServiceManager()
  }

  private struct State {
    var configuration: Configuration
    var schedule: Schedule
    /// When the schedule last changed; `nil` if it never did.
    var changedAt: Date?
    var lastRun: Date?
    var isCollecting = false
  }

  /// The exit code of a run that found the lock taken.
  private static let locked: Int32 = 75
  /// Seconds until a run is tried again that found the lock taken.
  private static let patience: TimeInterval = 300

  private let dependencies: Dependencies
  private let state: Mutex<State>

  /// Throws an ``AlmanacError`` where the configuration is wrong. A later fault keeps the old one.
  init(_ dependencies: Dependencies) throws {
    self.dependencies = dependencies
    let configuration = try dependencies.load()
    state = Mutex(
      State(configuration: configuration, schedule: try Self.schedule(of: configuration)))
  }

  private static func schedule(of configuration: Configuration) throws -> Schedule {
    if let schedule = configuration.schedule { return schedule }
    throw AlmanacError(
      .configuration, "reading the time at which the daemon collects",
      cause: "this host's time zone, by $TZ or /etc/localtime, has no name that almanac knows",
      hint: "name one: at: \"02:30 Asia/Shanghai\" below `collect:`, or set TZ=Asia/Shanghai")
  }

  /// Whether a run is under way.
  var isCollecting: Bool { state.withLock(\.isCollecting) }

  private var current: State { state.withLock { $0 } }

  /// Collects until the task is cancelled.
  func run() async throws {
    await lookUpLastRun()
    dependencies.manager.ready("waiting")
    if isDue {
      let last = current.lastRun
      dependencies.say(
        last.map { "the last run over everything began at \(text(of: $0)): catching up" }
          ?? "no run over everything is known: collecting")
    } else {
      tellNext()
    }
    var retryAt: Date?
    while true {
      let now = dependencies.now()
      if isDue, retryAt.map({ now >= $0 || now < $0 - Self.patience }) ?? true {
        let code = try await collect()
        if code == Self.locked {
          // The run that holds the lock may be over less than everything.
          await lookUpLastRun()
          retryAt = dependencies.now() + Self.patience
        } else {
          state.withLock { $0.lastRun = now }
          retryAt = nil
        }
        tellNext()
      }
      dependencies.manager.feedWatchdog()
      let left = current.schedule.next(after: dependencies.now())
        .timeIntervalSince(dependencies.now())
      try await dependencies.sleep(min(pause, .seconds(max(left, 0.01))))
    }
  }

  private func lookUpLastRun() async {
    let found = await dependencies.lastRun(current.configuration)
    state.withLock { $0.lastRun = found }
  }

  /// The longest time between two looks at the clock.
  private var pause: Duration {
    min(.seconds(30), dependencies.manager.watchdog.map { $0 / 3 } ?? .seconds(30))
  }

  /// Whether a run was due since the last one. A clock that is set back by some hours does not make
  /// the same run due again; a last run that is more than a day ahead was made by a clock that was
  /// wrong. A new schedule whose time has passed today wants a run only if today had none.
  private var isDue: Bool {
    let (now, state) = (dependencies.now(), current)
    guard let lastRun = state.lastRun, lastRun.timeIntervalSince(now) < 86_400 else { return true }
    let moment = state.schedule.last(until: now)
    guard lastRun < moment else { return false }
    guard let changedAt = state.changedAt, moment <= changedAt else { return true }
    let zone = state.schedule.zone
    return zone.day(holding: lastRun) < zone.day(holding: moment)
  }

  private func collect() async throws -> Int32 {
    // Whoever changes the file need not send a signal.
    readConfiguration(isAsked: false)
    dependencies.manager.status("collecting")
    state.withLock { $0.isCollecting = true }
    let code = try await dependencies.collect(current.configuration)
    state.withLock { $0.isCollecting = false }
    if code != 0 { dependencies.complain("this run has exit code \(code); the daemon goes on") }
    return code
  }

  /// Reads the configuration again, as `SIGHUP` asks. One that is wrong leaves the old one, and is
  /// told of.
  func reload() async {
    dependencies.manager.reloading()
    let database = current.configuration.database
    readConfiguration(isAsked: true)
    if current.configuration.database != database { await lookUpLastRun() }
    dependencies.manager.ready(isCollecting ? "collecting" : "waiting")
    if !isCollecting { tellNext() }
  }

  private func readConfiguration(isAsked: Bool) {
    do {
      let new = try dependencies.load()
      let schedule = try Self.schedule(of: new)
      let now = dependencies.now()
      state.withLock { state in
        if state.schedule != schedule { state.changedAt = now }
        state.schedule = schedule
        state.configuration = new
      }
      if isAsked { dependencies.say("the configuration is read again") }
    } catch {
      dependencies.complain("\(error)")
      dependencies.complain("the configuration is wrong; the one of before stays")
    }
  }

  private func tellNext() {
    let next = text(of: current.schedule.next(after: dependencies.now()))
    let words = isDue ? "a run is due and begins soon" : "the next run is due at \(next)"
    dependencies.say(words)
    dependencies.manager.status(words)
  }

  private func text(of date: Date) -> String { current.schedule.text(of: date) }
}
