import AlmanacCore
import Foundation

// The rules by which an archive is well, for people, for monitoring and for `--fail`.

/// The first thing that is to be said of an app.
package enum AppState: String, Sendable, CaseIterable {
  case ok
  /// Its last attempt failed.
  case failing
  /// Nothing was ever read of it.
  case neverRead = "never read"
  /// Its last success is too old, or the day that had ended by then is not held.
  case stale
  /// A bucket of the newest answers was refused, or is missing since it was refused.
  case refused
  /// Buckets that should be known are not.
  case gaps
  /// The configuration names it no more.
  case retired
}

/// The fate of a run.
package enum RunState: Sendable, Equatable {
  case running
  /// It never ended, and nobody holds the lock.
  case killed
  case ended(RunOutcome)

  package var name: String {
    switch self {
    case .running: "running"
    case .killed: "killed"
    case .ended(let outcome): outcome.rawValue
    }
  }
}

/// The moment at which an archive is judged, and how old a last success may be.
package struct HealthRule: Sendable {
  package let now: Date
  /// The age, in seconds, from which on a last success is too old.
  package let maxAge: TimeInterval
  /// A day and a half: a daily run that failed once.
  package static let usualAge: TimeInterval = 36 * 3600

  package init(now: Date, maxAge: TimeInterval = usualAge) {
    self.now = now
    self.maxAge = maxAge
  }
}

extension AppStatus {
  package func state(by rule: HealthRule) -> AppState {
    if isRetired { return .retired }
    if isFailing { return .failing }
    guard let success = lastSuccess.flatMap({ Date(iso8601: $0) }) else { return .neverRead }
    if rule.now.timeIntervalSince(success) > rule.maxAge || lacksNewestDay(at: success) {
      return .stale
    }
    if refused > 0 || gaps.contains(where: { $0.reason == "refused" }) { return .refused }
    return gaps.isEmpty ? .ok : .gaps
  }

  /// Whether the day that had ended at a success is not held, of an app that has a past by then. A
  /// day that ended within the hour before may not have ended when the app was read.
  private func lacksNewestDay(at success: Date) -> Bool {
    guard let zone, let firstDay else { return false }
    let ended = zone.day(holding: success - 3600).advanced(by: -1)
    return firstDay <= ended && newestCompleteDay.map { $0 < ended } ?? true
  }
}

extension ArchiveStatus {
  /// A line for each thing that is not well; empty if all is.
  package func faults(by rule: HealthRule) -> [String] {
    var faults: [String] = []
    let cause = run?.failure.map { ": \($0.cause)" } ?? ""
    switch run?.state {
    case nil: faults.append("there was no run yet")
    case .killed: faults.append("the newest run was killed")
    case .ended(.failed): faults.append("the newest run failed\(cause)")
    case .ended(.partlyFailed): faults.append("a part of the newest run failed\(cause)")
    case .ended(.interrupted): faults.append("the newest run was interrupted")
    case .running, .ended(.done): break
    }
    let states = apps.map { $0.state(by: rule) }
    for state in AppState.allCases where state != .ok && state != .retired {
      let count = states.count { $0 == state }
      if count > 0 {
        faults.append(
          "\(count) \(count == 1 ? "app is" : "apps are") in the state `\(state.rawValue)`")
      }
    }
    return faults
  }
}
