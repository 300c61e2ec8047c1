import AlmanacCollector
import AlmanacCore
import AlmanacReport
import AlmanacStore
import Foundation

/// The failures of a run as errors for people: one error for each cause, however many apps have it.
struct RunMessages {
  let report: RunReport
  /// The variable or file in which the key of each server was found.
  let keySources: [String: String]

  /// The line `collecting <apps>: <cause>` and a hint, for each cause.
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
      "collecting \(Self.names(of: apps)): \(failure.cause.oneLine)\n"
        + "hint: \(hint(about: failure, for: apps))\n"
    }
  }

  /// The line `12 apps, 340 requests; buckets: …; 3.2 seconds`, and one that names the archive and
  /// the newest day in it.
  func summary(archive: String, newest: (any: Day?, ended: Day?)) -> String {
    let failed = report.failed.isEmpty ? "" : " (\(report.failed.count) failed)"
    return
      "\(report.apps.count.counted(as: "app"))\(failed), \(report.requests.counted(as: "request")); buckets: "
      + "\(report.counts.words); \(String(format: "%.1f", report.seconds)) seconds\n"
      + "archive: \(archive); newest day held: \(Self.words(on: newest))\n"
  }

  /// The newest days in words, such as `2026-06-09, and 2026-06-10 so far`.
  private static func words(on newest: (any: Day?, ended: Day?)) -> String {
    guard let any = newest.any else { return "none" }
    guard let ended = newest.ended, ended < any else {
      return newest.ended == nil ? "\(any) so far" : "\(any)"
    }
    return "\(ended), and \(any) so far"
  }

  /// The message on an archive that a run has made, and on the remains of another beside it.
  static func onNew(_ archive: String, remains: [String], kept: [String]) -> String {
    var text = "made a new archive at \(archive)\n"
    guard !remains.isEmpty else { return text }
    text += "warning: a database was here: \(remains.joined(separator: ", ")) "
    text += remains.count == 1 ? "is" : "are"
    text += " left of it. It was moved or deleted, and the new archive holds only what the server "
    text += "still has.\n"
    for log in kept { text += "warning: what it had not yet written is kept in \(log)\n" }
    return text + "hint: to go on with the old one, put it or a backup in the place of \(archive) "
      + (kept.isEmpty ? "" : "(and its log beside it, under the name that it had) ")
      + "and run `almanac collect` again\n"
  }

  /// The message before an archive of an older schema is rewritten, and the one after it.
  static func on(_ stage: SchemaUpgrade.Stage, of upgrade: SchemaUpgrade) -> String {
    switch stage {
    case .begins:
      "migrating the archive \(upgrade.path) from schema \(upgrade.oldVersion) to "
        + "\(upgrade.newVersion): it takes up to \(upgrade.sizes.room) beside it meanwhile, and "
        + "\(upgrade.sizes.free) are free\n"
    case .ended:
      upgrade.backup.map { "the archive as it was is kept in \($0)\n" } ?? ""
    }
  }

  private static func names(of apps: [App]) -> String {
    let shown = apps.prefix(3).map { $0.name.oneLine }.joined(separator: ", ")
    return apps.count > 3 ? "\(shown) and \((apps.count - 3).counted(as: "more app"))" : shown
  }

  /// The hint of the failure itself, else the one against its obstacle, else the one for its kind.
  private func hint(about failure: ReadFailure, for apps: [App]) -> String {
    guard let hint = failure.hint else {
      return Self.hint(against: failure.obstacle, for: apps)
        ?? hint(about: failure.kind, status: failure.status, for: apps)
    }
    let source = keySources[apps.first?.server ?? ""]
    return failure.kind == .key ? hint + (source.map { ". This one is \($0)" } ?? "") : hint
  }

  /// - Parameter status: the HTTP status of the last answer, if one came
  private func hint(
    about kind: ReadFailure.Kind, status: Int?, for apps: [App]
  ) -> String {
    let server = apps.first?.server ?? "default"
    switch kind {
    case .key:
      let source = keySources[server].map { ", which is \($0)" } ?? ""
      return "make a team-wide API key in FastGPT and put it where the key of the server "
        + "\(server) is read from\(source)"
    case .account:
      return "settle the account of the team in FastGPT, then run `almanac collect` again"
    case .app:
      return "check its id in the configuration, and that the key's team may see the app; an "
        + "app that is gone can be removed there and keeps its history"
    case .source:
      return "there is nothing to do: the next run does not ask for this source"
    case .request:
      return "the server may be of a version that almanac does not know; please report it"
    case .unsupported:
      return "the app-log API is part of FastGPT's commercial edition; check the url of the "
        + "server \(server)"
    case .unreachable where status != nil:
      return "the server \(server) answers with errors; look into its log if that lasts. The next "
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
