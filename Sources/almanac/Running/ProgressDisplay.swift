import AlmanacCollector
import AlmanacCore
import AlmanacReport
import AlmanacStore
import Foundation
import NIOConcurrencyHelpers

/// Shows on standard error how a run goes: one bar on a terminal. Otherwise a line for each app that
/// failed, changed or is new, and one each half minute in which nothing else was said.
///
/// The bar counts apps. An app at work counts for the share of its planned requests that are made.
/// Its plan may grow meanwhile, but the bar never runs back.
final class ProgressDisplay: Sendable {
  private struct State {
    var apps = 0
    var finished = 0
    var requests: [AppID: Int] = [:]
    var shares: [AppID: Double] = [:]
    var shown = 0.0
    var drawnAt: ContinuousClock.Instant?
    var spokenAt = ContinuousClock.now
  }

  /// The time after which a run says that it is alive.
  static let silence = Duration.seconds(30)

  // The thread sanitizer does not know the lock of the standard library's `Mutex`.
  private let state = NIOLockedValueBox(State())
  private let verbosity: Verbosity
  private let showsBar: Bool
  private let start = ContinuousClock.now
  private let out: @Sendable (String) -> Void

  init(
    _ verbosity: Verbosity, isTerminal: Bool = StandardError.isTerminal,
    out: @escaping @Sendable (String) -> Void = StandardError.write
  ) {
    self.verbosity = verbosity
    showsBar = isTerminal && verbosity != .quiet
    self.out = out
  }

  func note(_ event: RunEvent) {
    state.withLockedValue { state in
      switch event {
      case .began(let apps):
        state.apps = apps
      case .progressed(let app, let made, let planned):
        state.requests[app] = made
        let share = min(1, Double(made) / Double(max(planned, made, 1)))
        state.shares[app] = max(share, state.shares[app] ?? 0)
      case .finished(let report):
        state.finished += 1
        state.requests[report.app.id] = report.requests
        state.shares[report.app.id] = 1
        if !showsBar, isWorthALine(report) { write(Self.line(on: report), &state) }
      case .believed(let answer, let counts):
        if verbosity == .verbose { write("\(answer): \(counts.words)", &state) }
      case .decided(let text):
        if verbosity == .verbose { write(text, &state) }
      case .noted(let text):
        write(text, &state)
      case .warned(let text):
        write("warning: \(text)", &state)
      }
      if showsBar { draw(&state) }
    }
  }

  /// Leaves the terminal with a clean line.
  func end() { clear() }

  /// Writes a line that comes from elsewhere.
  func tell(_ line: String) { state.withLockedValue { write(line, &$0) } }

  /// Says that the run is alive, where nothing was said for a while and no bar tells it.
  func pulse(after silence: Duration = silence) {
    state.withLockedValue { state in
      guard !showsBar, state.spokenAt.duration(to: .now) >= silence else { return }
      let requests = state.requests.values.reduce(0, +).counted(as: "request")
      write(
        "still at work: \(state.finished) of \(state.apps.counted(as: "app")) done, \(requests), "
          + elapsed, &state)
    }
  }

  /// A daily run adds a day to each app that is well; that is worth no line.
  private func isWorthALine(_ report: AppReport) -> Bool {
    verbosity == .verbose || report.isFirst || !report.failures.isEmpty || report.counts.revised > 0
      || report.counts.refused > 0
  }

  private func write(_ line: String, _ state: inout State) {
    guard verbosity != .quiet else { return }
    state.spokenAt = .now
    clear()
    out(line.oneLine + "\n")
  }

  private func clear() {
    if showsBar { out("\r\u{1B}[K") }
  }

  private var elapsed: String {
    let seconds = Int(start.duration(to: .now) / .seconds(1))
    return "\(seconds / 60):\(seconds % 60 < 10 ? "0" : "")\(seconds % 60)"
  }

  private func draw(_ state: inout State) {
    let now = ContinuousClock.now
    if let drawnAt = state.drawnAt, drawnAt.duration(to: now) < .milliseconds(100),
      state.finished < state.apps
    {
      return
    }
    state.drawnAt = now
    let share = state.apps == 0 ? 1 : state.shares.values.reduce(0, +) / Double(state.apps)
    state.shown = max(state.shown, min(share, 1))
    let width = 24
    let filled = Int(state.shown * Double(width))
    let bar =
      String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
    let requests = state.requests.values.reduce(0, +)
    clear()
    out(
      "[\(bar)] \(Int(state.shown * 100))%  \(state.finished)/\(state.apps) apps  "
        + "\(requests.grouped) requests  \(elapsed)")
  }

  private static func line(on report: AppReport) -> String {
    let name = report.app.name.oneLine
    if let failure = report.failures.first { return "\(name): failed: \(failure.cause.oneLine)" }
    return "\(name): \(report.requests.counted(as: "request")), \(report.counts.words)"
  }
}
