import AlmanacCollector
import AlmanacCore
import AlmanacReport
import Foundation

/// The number of requests of a plan, and the time that they take.
struct Estimate {
  /// The estimate for people: a line for the whole, and one for each part that answers decide.
  let text: String

  init(of plan: RunPlan, under configuration: Configuration) {
    let rate = configuration.requestsPerSecond
    let each = Dictionary(grouping: plan.requests, by: \.server).mapValues(\.count)
    let more = plan.possible.reduce(into: [:]) { $0[$1.server, default: 0] += $1.most }
    // Servers are asked side by side, each at its own pace.
    let least = (each.values.max() ?? 0)
    let most = each.merging(more, uniquingKeysWith: +).values.max() ?? 0
    let possible = plan.possible.map(\.most).reduce(0, +)
    var text = plan.requests.count.counted(as: "request")
    if possible > 0 { text += ", and up to \(possible.grouped) more" }
    text += ": at \(rate.formatted()) a second"
    text += configuration.servers.count > 1 ? " to each server" : ""
    text += " at least \(Self.time(for: least, at: rate))"
    if possible > 0 { text += ", with all of them \(Self.time(for: most, at: rate))" }
    text += "; retries and a slow server take longer\n"
    for requests in plan.possible {
      text += "  up to \(requests.most.grouped) "
      switch requests.reason {
      case .zoneSearch(let server):
        text += "to find the bucket zone of the server \(server)\n"
      case .zoneProof(let server):
        text += "to prove the bucket zone of the server \(server), if yesterday was quiet\n"
      case .history(let apps, let year, let source):
        let all = (each[requests.server] ?? 0) + year + 2 * source
        text +=
          "for the history of \(apps.counted(as: "app")); the first answers tell how long it is. "
        text += "A year\(apps == 1 ? "" : " of each") takes \(year.grouped)"
        text +=
          source > 0
          ? ", and \(source.grouped) for each source; with two sources \(Self.time(for: all, at: rate)) in all\n"
          : ", \(Self.time(for: all, at: rate)) in all\n"
      }
    }
    if configuration.settings.bySource {
      text += "  not counted: the days of sources that are new\n"
    }
    self.text = text
  }

  /// The time in words, such as `40 seconds` or `3 hours`, rounded up.
  static func time(for requests: Int, at rate: Double) -> String {
    let seconds = Double(requests) / rate
    for (unit, length, most) in [("second", 1.0, 120.0), ("minute", 60, 120)]
    where seconds <= length * most {
      return max(1, Int((seconds / length).rounded(.up))).counted(as: unit)
    }
    return Int((seconds / 3600).rounded(.up)).counted(as: "hour")
  }
}
