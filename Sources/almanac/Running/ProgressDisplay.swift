import AlmanacCollector
import AlmanacCore
import AlmanacReport
import AlmanacStore
import Foundation
import NIOConcurrencyHelpers

/// Shows on standard error how a run goes: one bar on a terminal, a line for each app otherwise.
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
  }

  // The thread sanitizer does not know the lock of the standard library's `Mutex`.
  private let state = NIOLockedValueBox(State())
  private let showsBar: Bool
  private let start = ContinuousClock.now

  init(showsBar: Bool = StandardError.isTerminal) {
    self.showsBar = showsBar
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
        if !showsBar { write(Self.line(on: report) + "\n") }
      case .noted(let text):
        write("\(text.oneLine)\n")
      case .warned(let text):
        write("warning: \(text.oneLine)\n")
      }
      if showsBar { draw(&state) }
    }
  }

  /// Leaves the terminal with a clean line.
  func end() { write("") }

  /// Writes in the place of the bar, if there is one.
  private func write(_ text: String) {
    StandardError.write((showsBar ? "\r\u{1B}[K" : "") + text)
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
    let seconds = Int(start.duration(to: now) / .seconds(1))
    let requests = state.requests.values.reduce(0, +)
    write(
      "[\(bar)] \(Int(state.shown * 100))%  \(state.finished)/\(state.apps) apps  "
        + "\(requests.grouped) requests  \(seconds / 60):\(seconds % 60 < 10 ? "0" : "")"
        + "\(seconds % 60)")
  }

  private static func line(on report: AppReport) -> String {
    let name = report.app.name.oneLine
    if let failure = report.failures.first { return "\(name): failed: \(failure.cause.oneLine)" }
    return "\(name): \(report.requests.counted(as: "request")), \(report.counts.words)"
  }
}
