import AlmanacCollector
import AlmanacCore
import AlmanacReport
import Foundation

/// The failures of a run as errors for a person: one for each cause, however many apps it struck.
struct RunMessages {
  let report: RunReport

  /// `collecting <apps>: <cause>` and a hint, for each cause.
  var errors: [String] {
    var groups: [(failure: ReadFailure, apps: [App])] = []
    for part in report.failed {
      for failure in part.failures {
        let index = groups.firstIndex {
          $0.failure.kind == failure.kind && $0.failure.cause == failure.cause
        }
        if let index {
          if !groups[index].apps.contains(part.app) { groups[index].apps.append(part.app) }
        } else {
          groups.append((failure, [part.app]))
        }
      }
    }
    return groups.map { failure, apps in
      "collecting \(Self.names(apps)): \(failure.cause.oneLine)\n"
        + "hint: "
        + (failure.hint ?? Self.hint(failure.obstacle, apps)
          ?? Self.hint(failure.kind, failure.status, apps)) + "\n"
    }
  }

  /// `12 apps, 340 requests; buckets: …; 3.2 seconds`.
  var summary: String {
    let failed = report.failed.isEmpty ? "" : " (\(report.failed.count) failed)"
    return "\(report.apps.count.of("app"))\(failed), \(report.requests.of("request")); buckets: "
      + "\(report.counts.words); \(String(format: "%.1f", report.seconds)) seconds\n"
  }

  private static func names(_ apps: [App]) -> String {
    let shown = apps.prefix(3).map { $0.name.oneLine }.joined(separator: ", ")
    return apps.count > 3 ? "\(shown) and \((apps.count - 3).of("more app"))" : shown
  }

  /// - Parameter status: the HTTP status of the last answer, if one came
  private static func hint(
    _ kind: ReadFailure.Kind, _ status: Int?, _ apps: [App]
  ) -> String {
    let server = apps.first?.server ?? "default"
    switch kind {
    case .key:
      return "make a team-wide API key in FastGPT and put it where the key of the server "
        + "\(server) is read from"
    case .account:
      return "settle the account of the team in FastGPT, then run `almanac collect` again"
    case .app:
      return "check its id in the configuration, and that the key's team may see the app; an "
        + "app that is gone can be removed there and keeps its history"
    case .source:
      return "the next run does not ask for it"
    case .request:
      return "the server may be of a version that almanac does not know; please report it"
    case .unsupported:
      return "the app-log API is part of FastGPT's commercial edition; check the url of the "
        + "server \(server)"
    case .unreachable where status != nil:
      return "the server \(server) answers, but not to this; look at it if that lasts. The next "
        + "run reads what is missing"
    case .unreachable:
      return "check the url of the server \(server) and the network; the next run reads what is "
        + "missing"
    case .configuration:
      return "correct what the configuration says of the server \(server)"
    case .badAnswer:
      return "check that the url of the server \(server) is FastGPT's own address, not a login "
        + "page or a proxy"
    }
  }
}
