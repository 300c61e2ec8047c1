import AlmanacCore
import AlmanacReport
import AlmanacStore
import ArgumentParser
import Foundation

/// `almanac status`
struct Status: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show per app the last success, the newest complete day, gaps and failures.",
    discussion: "Reads the archive only: no network, and no configuration if one is named.")

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case table, json
  }

  @OptionGroup var place: Place

  @Option(help: ArgumentHelp("How to print it.", valueName: "table|json"))
  var format: Format = .table

  func run() async throws {
    let archive = try Archive.openForReading(path: try place.databaseToRead())
    let (apps, servers, run) = try await archive.status()
    if run == nil { StandardError.write("no run yet: `almanac collect` makes the first\n") }
    let text: String
    switch format {
    case .table: text = StatusView(apps: apps, servers: servers, run: run).table()
    case .json: text = try StatusView(apps: apps, servers: servers, run: run).json()
    }
    FileHandle.standardOutput.write(Data(text.utf8))
  }
}

/// The status as values to print.
struct StatusView {
  let apps: [AppStatus]
  let servers: [ServerStatus]
  let run: RunStatus?

  func table() -> String {
    var text = TerminalTable(appTable).render()
    let gaps = apps.flatMap { app in
      app.gaps.map { gap in
        "\(app.name): \(gap.grain) \(gap.first)"
          + (gap.first == gap.last ? "" : " to \(gap.last)") + ", \(gap.reason)\n"
      }
    }
    if !gaps.isEmpty { text += "\nGaps\n" + gaps.joined() }
    let failing = apps.filter(\.isFailing)
    if !failing.isEmpty {
      text += "\nFailures\n"
      text += failing.map { "\($0.name): \($0.lastErrorAt ?? ""): \($0.lastError ?? "")\n" }
        .joined()
    }
    if let run {
      text += "\nNewest run: \(run.startedAt), \(run.outcome ?? "not finished"), "
      text += "\(run.apps.of("app")), \(run.requests.of("request")); buckets: \(run.counts.words)\n"
    }
    for server in servers {
      guard let zone = server.zone else { continue }
      text += "Server \(server.name): days begin at midnight \(zone) (\(server.zoneOrigin ?? ""))\n"
    }
    return text
  }

  /// An envelope with the newest run, the servers and the apps.
  func json() throws -> String {
    let apps = apps.map { app -> JSONValue in
      .fields([
        "app_id": .text(app.id.text), "app": .text(app.name), "server": .text(app.server),
        "retired": .flag(app.isRetired), "last_success": text(app.lastSuccess),
        "newest_complete_day": text(app.newestCompleteDay?.description),
        "failing": .flag(app.isFailing), "last_error": text(app.lastError),
        "last_error_at": text(app.lastErrorAt), "refused": .count(app.refused),
        "gaps": .list(
          app.gaps.map { gap in
            .fields([
              "grain": .text(gap.grain.name), "first_date": .text(gap.first.description),
              "last_date": .text(gap.last.description), "reason": .text(gap.reason),
            ])
          }),
      ])
    }
    return try JSONValue.fields([
      "run": run.map(json) ?? .none,
      "servers": .list(
        servers.map { server in
          .fields([
            "server": .text(server.name), "bucket_time_zone": text(server.zone),
            "bucket_time_zone_origin": text(server.zoneOrigin),
          ])
        }),
      "apps": .list(apps),
    ]).render()
  }

  private func json(_ run: RunStatus) -> JSONValue {
    .fields([
      "started_at": .text(run.startedAt), "finished_at": text(run.finishedAt),
      "outcome": text(run.outcome), "apps": .count(run.apps),
      "apps_failed": .count(run.appsFailed), "requests": .count(run.requests),
      "buckets_new": .count(run.counts.new), "buckets_revised": .count(run.counts.revised),
      "buckets_unchanged": .count(run.counts.unchanged),
      "buckets_refused": .count(run.counts.refused),
      "seconds": run.seconds.map { .number($0) } ?? .none,
    ])
  }

  private func text(_ text: String?) -> JSONValue { text.map { .text($0) } ?? .none }

  private var appTable: Table {
    var table = Table([
      .init("app", "App"), .init("last_success", "Last success"),
      .init("newest_complete_day", "Newest day"), .init("gaps", "Gaps"),
      .init("refused", "Refused"), .init("state", "State"),
    ])
    for app in apps {
      table.append([
        .text(app.name), .init(app.lastSuccess), .init(app.newestCompleteDay?.description),
        .count(app.gaps.count), .count(app.refused),
        .text(app.isRetired ? "retired" : app.isFailing ? "failing" : "ok"),
      ])
    }
    return table
  }
}
