import AlmanacCollector
import AlmanacCore
import AlmanacReport
import AlmanacStore
import Foundation

/// Tells those who watch from outside of one run: a heartbeat at its start and its end, and gauges
/// in a file after it. Nothing that goes wrong here changes how the run ends.
struct Monitoring: Sendable {
  private let heartbeat: Heartbeat?
  private let metricsFile: String?
  private let database: String?
  private let clock: CivilClock
  private let began = ContinuousClock.now
  private let starting: Task<Void, Never>?

  /// Begins to watch a run.
  ///
  /// - Parameters:
  ///   - configuration: `nil` where it cannot be used, and the run ends before it has begun
  ///   - metricsFile: the file that a flag names, before the one of the configuration
  ///   - isOverEverything: whether the run is about all apps and days. Another one is no heartbeat,
  ///     since its success would say nothing about the rest
  init(
    _ configuration: Configuration?, metricsFile: String? = nil, database: String?,
    clock: CivilClock, isOverEverything: Bool = true,
    environment: [String: String] = Environment.variables
  ) {
    self.metricsFile = metricsFile ?? configuration?.metricsFile
    self.database = database
    self.clock = clock
    do {
      heartbeat =
        isOverEverything
        ? try configuration.flatMap { try Heartbeat($0, environment: environment) } : nil
    } catch {
      StandardError.write("\(error)\nwarning: this run has no heartbeat\n")
      heartbeat = nil
    }
    starting = heartbeat.map { heartbeat in Task { await heartbeat.start() } }
  }

  /// Tells how the run has ended.
  ///
  /// Whoever finds the lock taken tells nothing: the run that holds it does so at its own end.
  ///
  /// - Parameter isCounted: whether the run came so far that the archive has counted its requests
  func end(_ code: Int32, isCounted: Bool) async {
    guard code != AlmanacError.Code.locked.exitCode else { return }
    let isHurried = code > 128
    // A cancelled task could neither read nor call.
    await Task {
      await writeMetrics(
        MetricsReport.Run(
          endedAt: clock.now(), exitCode: code, seconds: began.duration(to: .now) / .seconds(1),
          isCounted: isCounted))
      if isHurried { starting?.cancel() }
      await starting?.value
      await heartbeat?.end(code, isHurried: isHurried)
    }.value
  }

  /// Watches a run to its end.
  func watching(_ run: () async throws -> RunReport) async throws -> RunReport {
    do {
      let report = try await run()
      await end(report.exitCode, isCounted: true)
      return report
    } catch {
      let code = (error as? any ExitCoded)?.exitCode ?? 1
      // An interrupted run is closed in the archive, too.
      await end(code, isCounted: error is Interruption)
      throw error
    }
  }

  private func writeMetrics(_ run: MetricsReport.Run) async {
    guard let metricsFile else { return }
    do {
      // What an archive that cannot be read does not tell stays as it was told before.
      let archive = database.flatMap { try? Archive.openForReading(path: $0) }
      var gauges = MetricsReport(try? await archive?.status(), after: run).gauges
      if archive == nil, let old = try? String(contentsOfFile: metricsFile, encoding: .utf8) {
        gauges = gauges.filled(from: PrometheusText(reading: old))
      }
      let file = try OutputFile(metricsFile, content: "the metrics", mode: 0o644)
      try file.write { [gauges] in $0.write(gauges.text) }
    } catch {
      StandardError.write("\(error)\n")
    }
  }
}
