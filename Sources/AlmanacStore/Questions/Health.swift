import AlmanacCore
import Foundation

// The rules by which an archive is well, for people, for monitoring and for `--fail`.

/// What is to be said of an app first.
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

/// What became of a run.
package enum RunState: String, Sendable {
  case running
  /// It never ended, and nobody holds the lock.
  case killed
  case done
  case partlyFailed = "partly failed"
  case failed
  case interrupted
}

/// The moment at which an archive is judged, and how old a last success may be.
package struct HealthRule: Sendable {
  package let now: Date
  /// In seconds.
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
  /// What is not well, a line each; empty if all is well.
  package func faults(by rule: HealthRule) -> [String] {
    var faults: [String] = []
    switch run?.state {
    case nil: faults.append("there was no run yet")
    case .killed: faults.append("the newest run was killed")
    case .failed: faults.append("the newest run failed")
    case .partlyFailed: faults.append("a part of the newest run failed")
    case .interrupted: faults.append("the newest run was interrupted")
    case .running, .done: break
    }
    let states = apps.map { $0.state(by: rule) }
    for state in AppState.allCases where state != .ok && state != .retired {
      let count = states.count { $0 == state }
      if count > 0 {
        faults.append("\(count) \(count == 1 ? "app is" : "apps are") \(state.words)")
      }
    }
    return faults
  }
}

extension AppState {
  /// The state as the end of a sentence about an app.
  fileprivate var words: String {
    switch self {
    case .ok: "ok"
    case .failing: "failing"
    case .neverRead: "not read yet"
    case .stale: "stale"
    case .refused: "answered with what is refused"
    case .gaps: "held with gaps"
    case .retired: "retired"
    }
  }
}
