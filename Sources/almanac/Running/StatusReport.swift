import AlmanacCore
import AlmanacReport
import AlmanacStore
import Foundation

/// Turns the status of an archive into a table, text and JSON.
struct StatusReport {
  private let status: ArchiveStatus
  private let rule: HealthRule

  init(_ status: ArchiveStatus, by rule: HealthRule) {
    self.status = status
    self.rule = rule
  }

  private var apps: [AppStatus] { status.apps }

  /// The status as gauges.
  var gauges: PrometheusText { MetricsReport(status).gauges }

  /// Each form of the status. Programs that read rows get the apps.
  var rendition: Rendition {
    Rendition(
      [.init("Apps", appTable)], records: Records(appTable), json: json, below: remarks)
  }

  /// The text below the table of apps, for people.
  private var remarks: String {
    var text = section(
      "Gaps",
      apps.flatMap { app in
        app.gaps.map { gap in
          "\(app.name): \(gap.grain) \(gap.first)"
            + (gap.first == gap.last ? "" : " to \(gap.last)") + ", \(gap.reason)"
        }
      })
    text += section(
      "Failures",
      apps.filter(\.isFailing).map {
        "\($0.name): \($0.lastErrorAt ?? ""): \($0.lastError ?? "")"
      })
    text += section("Refused by the newest run about each app", status.refusals.map(words(on:)))
    text += section(
      "Totals that differ from the sum of the days", apps.compactMap(words(onTotalsOf:)))
    text += section(
      "Forgotten by the server, and kept here",
      apps.compactMap { app in app.forgotten.map { "\(app.name): up to \($0)" } })
    text += section(
      "Partly cut in the zone of before, until a run without --from, --to and --app has read it",
      apps.filter { $0.isRecut && !$0.isRetired }.map(\.name))
    text += section(
      "Held as another zone cut it, since the server had forgotten it",
      apps.compactMap { app in
        app.zoneSince.map { "\(app.name): before \($0)" }
      })
    if let run = status.run {
      let clock = run.isRehearsed ? " (a clock set by ALMANAC_NOW)" : ""
      text += "\nNewest run: \(run.startedAt)\(clock), \(words(on: run))\n"
      if run.causes.isEmpty, let failure = run.failure {
        text += "  the run itself failed: \(failure.cause.oneLine)\n"
      }
      for (cause, apps) in run.causes {
        text += "  \(apps.counted(as: "app")): \(cause.oneLine)\n"
      }
    }
    text += "Newest backup: \(status.lastBackup ?? "none")\n"
    for server in status.servers {
      guard let zone = server.zone else { continue }
      text += "Server \(server.name): days begin at midnight \(zone) (\(server.zoneOrigin ?? ""))"
      text += "\(words(on: server.zoneKind))\n"
      if !server.unmeasuredRetention.isEmpty {
        let grains = server.unmeasuredRetention.map(\.name).joined(separator: ", ")
        text += "  does not measure retention by \(grains): it has answered nothing but 0\n"
      }
      if !server.furtherFigures.isEmpty {
        let figures = server.furtherFigures.joined(separator: ", ")
        text += "  sends figures without a column: \(figures)\n"
      }
    }
    return text
  }

  /// Lines under a heading, the first fifty of them; nothing without lines.
  private func section(_ heading: String, _ lines: [String]) -> String {
    guard !lines.isEmpty else { return "" }
    let more = lines.count > 50 ? "and \(lines.count - 50) more; --format json has all\n" : ""
    return "\n\(heading)\n" + lines.prefix(50).map { $0 + "\n" }.joined() + more
  }

  private func words(on kind: Archive.ZoneKind?) -> String {
    switch kind {
    case .asked: "; it cuts them where it is asked to"
    case .own: "; it cuts them in its own zone, wherever it is asked to"
    case .refusing: "; it cuts them in its own zone, and refuses to be asked for another"
    case nil: ""
    }
  }

  /// The fate of a run in words. Its counts are known once it has ended.
  private func words(on run: RunStatus) -> String {
    switch run.state {
    case .running: run.state.name
    case .killed:
      "killed: it has no end, and nobody holds the lock. What it committed is kept, and the next "
        + "run reads the rest"
    case .ended(let outcome):
      "\(outcome.rawValue), \(run.apps.counted(as: "app")), "
        + "\(run.requests.counted(as: "request")); buckets: \(run.counts.words)"
    }
  }

  private func words(on refusal: RefusalStatus) -> String {
    let place = "\(refusal.grain) \(refusal.date ?? "without a date"), \(refusal.source)"
    return "\(refusal.app): \(place): \(refusal.field): \(refusal.reason)"
  }

  /// The differences between totals and days in words; `nil` if they agree.
  private func words(onTotalsOf app: AppStatus) -> String? {
    guard let totals = app.reconciliation else { return nil }
    var parts: [String] = []
    if let difference = totals.chatsDifference, difference != 0 {
      parts.append(
        "\(totals.totalChats ?? 0) \(totals.counts.name) in all, the days hold "
          + "\(totals.heldChats ?? 0)")
    }
    if let difference = totals.pointsDifference, difference != 0 {
      parts.append(
        "\(totals.totalPoints ?? 0) points in all, the days hold \(totals.heldPoints ?? 0)")
    }
    return parts.isEmpty ? nil : "\(app.name): " + parts.joined(separator: "; ")
  }

  /// An envelope with the newest run, the servers and the apps.
  private var json: JSONValue {
    let apps = apps.map { app -> JSONValue in
      .fields([
        "app_id": .text(app.id.text), "app": .text(app.name), "server": .text(app.server),
        "state": .text(app.state(by: rule).rawValue), "retired": .flag(app.isRetired),
        "last_success": text(app.lastSuccess),
        "newest_complete_day": text(app.newestCompleteDay?.description),
        "failing": .flag(app.isFailing), "last_error": text(app.lastError),
        "last_error_at": text(app.lastErrorAt), "refused": .count(app.refused),
        "forgotten_date": text(app.forgotten?.description),
        "recut": .flag(app.isRecut),
        "bucket_time_zone_since": text(app.zoneSince?.description),
        "totals": app.reconciliation.map(json(of:)) ?? .none,
        "gaps": .list(
          app.gaps.map { gap in
            .fields([
              "grain": .text(gap.grain.name), "first_date": .text(gap.first.description),
              "last_date": .text(gap.last.description), "reason": .text(gap.reason),
            ])
          }),
      ])
    }
    let faults = status.faults(by: rule)
    return .fields([
      "well": .flag(faults.isEmpty), "faults": .list(faults.map { .text($0) }),
      "at": .text(rule.now.iso8601), "max_age_seconds": .count(Int(rule.maxAge)),
      "last_success": text(status.lastSuccess), "last_backup": text(status.lastBackup),
      "run": status.run.map(json(of:)) ?? .none,
      "refusals": .list(
        status.refusals.map { refusal in
          .fields([
            "app": .text(refusal.app), "source": .text(refusal.source),
            "grain": .text(refusal.grain), "date": text(refusal.date),
            "field": .text(refusal.field), "reason": .text(refusal.reason),
            "refused_at": .text(refusal.refusedAt),
          ])
        }),
      "servers": .list(
        status.servers.map { server in
          .fields([
            "server": .text(server.name), "bucket_time_zone": text(server.zone),
            "bucket_time_zone_origin": text(server.zoneOrigin),
            "bucket_time_zone_kind": text(server.zoneKind?.rawValue),
            "unmeasured_retention": .list(
              server.unmeasuredRetention.map { .text($0.name) }),
            "further_figures": .list(server.furtherFigures.map { .text($0) }),
          ])
        }),
      "apps": .list(apps),
    ])
  }

  /// The totals beside the held number that comes nearest to each; see ``Reconciliation``.
  private func json(of totals: Reconciliation) -> JSONValue {
    .fields([
      "counts": .text(totals.counts.name),
      "total_chats": totals.totalChats.map { .count($0) } ?? .none,
      "held_chats": totals.heldChats.map { .count($0) } ?? .none,
      "total_points": totals.totalPoints.map { .number($0) } ?? .none,
      "held_points": totals.heldPoints.map { .number($0) } ?? .none,
    ])
  }

  private func json(of run: RunStatus) -> JSONValue {
    .fields([
      "started_at": .text(run.startedAt), "finished_at": text(run.finishedAt),
      "state": .text(run.state.name),
      "outcome": run.finishedAt == nil ? .none : .text(run.state.name),
      "exit_code": run.isOver ? .count(Int(run.exitCode)) : .none,
      "cause": text(run.failure?.cause),
      "causes": .list(
        run.causes.map { .fields(["cause": .text($0.cause), "apps": .count($0.apps)]) }),
      "apps": .count(run.apps),
      "apps_failed": .count(run.appsFailed), "requests": .count(run.requests),
      "buckets_new": .count(run.counts.new), "buckets_revised": .count(run.counts.revised),
      "buckets_unchanged": .count(run.counts.unchanged),
      "buckets_refused": .count(run.counts.refused),
      "seconds": run.seconds.map { .number($0) } ?? .none,
      "clock_set_by_hand": .flag(run.isRehearsed),
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
        .text(app.state(by: rule).rawValue),
      ])
    }
    return table
  }
}
