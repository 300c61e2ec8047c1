import AlmanacCollector
import AlmanacCore
import AlmanacReport
import AlmanacStore
import Foundation
import Synchronization

/// Tells those who watch from outside of one run: a heartbeat at its start and its end, and gauges
/// in a file after it. Nothing that goes wrong here changes how the run ends.
final class Monitoring: Sendable {
  private let heartbeat: Heartbeat?
  private let metricsFile: String?
  private let database: String?
  private let clock: CivilClock
  private let beganAt: Date
  private let began = ContinuousClock.now
  /// The call at the start, while it may be under way.
  private let starting = Mutex<Task<Void, Never>?>(nil)

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
    beganAt = clock.now()
    do {
      heartbeat =
        isOverEverything
        ? try configuration.flatMap { try Heartbeat($0, environment: environment) } : nil
    } catch {
      StandardError.write("\(error)\nwarning: this run has no heartbeat\n")
      heartbeat = nil
    }
  }

  /// Tells that the run has the lock and begins. Does not wait for an answer.
  func begin() {
    guard let heartbeat else { return }
    starting.withLock { $0 = Task { await heartbeat.start() } }
  }

  /// Tells how the run has ended. If the task is cancelled, it waits for no answer.
  ///
  /// A run that found the lock taken tells nothing: the run that holds it does so at its own end.
  func end(_ code: Int32) async {
    guard code != AlmanacError.Code.locked.exitCode else { return }
    // A cancelled task could not read the archive.
    await Task { await writeMetrics(code) }.value
    let isHurried = code > 128 || Task.isCancelled
    let calling = Task {
      let start = starting.withLock(\.self)
      if isHurried { start?.cancel() }
      await start?.value
      await heartbeat?.end(code, isHurried: isHurried)
    }
    await withTaskCancellationHandler {
      await calling.value
    } onCancel: {
      guard !isHurried else { return }
      self.starting.withLock { $0?.cancel() }
      calling.cancel()
    }
  }

  /// Watches a run to its end. A signal while the end is told cuts that short.
  func watching(_ run: @escaping @Sendable () async throws -> RunReport) async throws -> RunReport {
    let result: Result<RunReport, any Error>
    do {
      result = .success(try await Interruption.watching(run))
    } catch {
      result = .failure(error)
    }
    let code =
      switch result {
      case .success(let report): report.exitCode
      case .failure(let error): (error as? any ExitCoded)?.exitCode ?? 1
      }
    try? await Interruption.watching { await self.end(code) }
    return try result.get()
  }

  private func writeMetrics(_ code: Int32) async {
    guard let metricsFile else { return }
    let run = MetricsReport.Run(
      beganAt: beganAt, endedAt: clock.now(), exitCode: code,
      seconds: began.duration(to: .now) / .seconds(1))
    do {
      let status = try? await database.map { try Archive.openForReading(path: $0) }?.status()
      var gauges = MetricsReport(status, after: run).gauges
      // The archive cannot be read. The file goes on saying the rest of what it said before.
      if status == nil, let old = try? String(contentsOfFile: metricsFile, encoding: .utf8) {
        gauges = gauges.filled(from: PrometheusText(reading: old))
      }
      let file = try OutputFile(metricsFile, content: "the metrics", mode: 0o644)
      try file.write { [gauges] in $0.write(gauges.text) }
    } catch {
      StandardError.write("\(error)\nwarning: the metrics file does not tell of this run\n")
    }
  }
}
