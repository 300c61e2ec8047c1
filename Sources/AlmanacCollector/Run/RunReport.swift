import AlmanacCore
import AlmanacStore

/// An event of a run, told as it happens to a person who watches.
package enum RunEvent: Sendable {
  case began(apps: Int)
  /// The number of requests that an app has made, and the number that it means to make.
  case progressed(AppID, made: Int, planned: Int)
  case finished(AppReport)
  /// An answer was taken in. The text says what it was about; the counts, what was believed of it.
  case believed(String, BucketCounts)
  /// A decision of the collector, for those who want to know all.
  case decided(String)
  /// A finding that is as it should be.
  case noted(String)
  case warned(String)
}

/// The outcome of one app in a run.
package struct AppReport: Sendable {
  package let app: App
  /// Whether nothing of the app was held before.
  package var isFirst = false
  package var requests = 0
  package var counts = BucketCounts()
  /// Whether any answer was taken in.
  package var hasRead = false
  package var failures: [ReadFailure] = []
  /// The oldest active day that the answers showed.
  var seen: Day?
  /// A day before all that was read that the server still remembered.
  var remembered: Day?

  package init(app: App) {
    self.app = app
  }
}

/// The outcome of a run over all its apps.
package struct RunReport: Sendable {
  package var apps: [AppReport] = []
  package var seconds: Double = 0
  package var isInterrupted = false

  package init() {}

  package var requests: Int { apps.reduce(0) { $0 + $1.requests } }
  package var failed: [AppReport] { apps.filter { !$0.failures.isEmpty } }
  package var counts: BucketCounts { apps.reduce(into: BucketCounts()) { $0 += $1.counts } }

  package var outcome: RunOutcome {
    if isInterrupted { return .interrupted }
    if failed.isEmpty { return .done }
    return apps.contains(where: \.hasRead) ? .partlyFailed : .failed
  }

  /// The failure that says most about a run that read nothing.
  package var worstFailure: ReadFailure? {
    let failures = apps.flatMap(\.failures)
    let order: [ReadFailure.Kind] = [
      .key, .account, .configuration, .unsupported, .unreachable,
    ]
    for kind in order {
      if let failure = failures.first(where: { $0.kind == kind }) { return failure }
    }
    return failures.first
  }
}
