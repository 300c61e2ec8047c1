import AlmanacCore
import AlmanacReport
import AlmanacStore
import Foundation

/// The gauges of an archive for Prometheus. The names are a contract; docs/monitoring.md explains
/// each.
struct MetricsReport {
  /// A run, told by itself: the archive does not know of one that could not open it, nor by which
  /// signal one was ended.
  struct Run {
    let beganAt: Date
    let endedAt: Date
    let exitCode: Int32
    /// `nil` where nobody measured it.
    let seconds: Double?
  }

  private(set) var gauges = PrometheusText()

  /// - Parameters:
  ///   - status: `nil` where the archive cannot be read
  ///   - run: the run that has just ended; `nil` takes what the archive knows of the newest
  init(_ status: ArchiveStatus?, after run: Run? = nil) {
    gauges.add(
      "almanac_build_info", "The version of almanac; always 1.",
      [([("version", Almanac.version)], 1)])
    let newest = run ?? status?.newestRun
    add(newest)
    // A run that the archive does not know to have ended has no counts.
    addCounts(
      of: status?.ended.flatMap { ended in
        newest.map { ended.startedAt >= $0.beganAt.iso8601 } == true ? ended : nil
      })
    guard let status else { return }
    gauges.add(
      "almanac_collect_last_success_timestamp_seconds",
      "The end of the newest run over everything in which nothing failed; 0 if there was none.",
      Self.seconds(status.lastSuccess) ?? 0)
    add(status.apps.filter { !$0.isRetired })
    gauges.add(
      "almanac_archive_size_bytes", "The size of the archive and its log.", Double(status.bytes))
    gauges.add(
      "almanac_backup_last_success_timestamp_seconds",
      "The moment that the newest backup shows; 0 if there was none.",
      Self.seconds(status.lastBackup) ?? 0)
  }

  private mutating func add(_ run: Run?) {
    gauges.add(
      "almanac_collect_last_run_timestamp_seconds", "The end of the newest run, however it ended.",
      run.map { $0.endedAt.timeIntervalSince1970.rounded() })
    gauges.add(
      "almanac_collect_last_exit_code",
      "The exit code of the newest run; 137 if it was killed.", run.map { Double($0.exitCode) })
    gauges.add(
      "almanac_collect_duration_seconds", "How long the newest run took.", run?.seconds)
  }

  private mutating func addCounts(of run: RunStatus?) {
    let requests = run.map {
      [("answered", $0.requests - $0.requestsFailed), ("failed", $0.requestsFailed)]
    }
    gauges.add(
      "almanac_collect_requests", "The requests of the newest run, by what became of them.",
      (requests ?? []).map { ([("outcome", $0)], Double($1)) })
    let buckets = (run?.counts).map {
      [
        ("new", $0.new), ("revised", $0.revised), ("unchanged", $0.unchanged),
        ("refused", $0.refused),
      ]
    }
    gauges.add(
      "almanac_collect_buckets", "The buckets that the newest run read, by what became of them.",
      (buckets ?? []).map { ([("outcome", $0)], Double($1)) })
  }

  private mutating func add(_ apps: [AppStatus]) {
    func labels(_ app: AppStatus) -> [(String, String)] {
      [("app_id", app.id.text), ("app", app.name)]
    }
    gauges.add(
      "almanac_app_last_success_timestamp_seconds",
      "The end of the newest reading of the app in which nothing failed; 0 if there was none.",
      apps.map { (labels($0), Self.seconds($0.lastSuccess) ?? 0) })
    gauges.add(
      "almanac_app_newest_complete_day_timestamp_seconds",
      "The beginning of the newest day of the app that has ended and is held.",
      apps.compactMap { app in
        guard let day = app.newestCompleteDay, let zone = app.zone else { return nil }
        return (labels(app), Double(zone.start(of: day)))
      })
    gauges.add(
      "almanac_app_gap_buckets", "The buckets of the app that should be known and are not.",
      apps.flatMap { app in
        Grain.allCases.map { grain in
          let gaps = app.gaps.filter { $0.grain == grain }
          let buckets = gaps.map {
            Window(grain, holding: $0.first..<$0.last.advanced(by: 1)).count
          }
          return (labels(app) + [("grain", grain.name)], Double(buckets.reduce(0, +)))
        }
      })
  }

  private static func seconds(_ instant: String?) -> Double? {
    instant.flatMap { Date(iso8601: $0) }?.timeIntervalSince1970
  }
}

extension ArchiveStatus {
  /// The newest run, as far as the archive knows it. One that is still at work is not it; one that
  /// was killed ended at its beginning, for all that is known.
  fileprivate var newestRun: MetricsReport.Run? {
    if let run, run.state == .killed, let start = Date(iso8601: run.startedAt) {
      return MetricsReport.Run(beganAt: start, endedAt: start, exitCode: 137, seconds: nil)
    }
    guard let ended, let start = Date(iso8601: ended.startedAt),
      let end = ended.finishedAt.flatMap({ Date(iso8601: $0) })
    else { return nil }
    return MetricsReport.Run(
      beganAt: start, endedAt: end, exitCode: ended.exitCode, seconds: ended.seconds)
  }
}
