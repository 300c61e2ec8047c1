import AlmanacCollector
import AlmanacCore
import AlmanacReport
import AlmanacStore
import Foundation

/// Prints the requests of a run, as far as they can be told without making one.
struct DryRun {
  private let run: CollectRun

  init(of run: CollectRun) {
    self.run = run
  }

  /// Prints a table of the requests, and an estimate. Throws every error that the run would throw
  /// before its first request.
  func print(_ request: RunRequest) async throws {
    run.announce()
    _ = try run.accesses()
    let archive = try Archive.openForPlanning(path: run.database)
    try archive.refuseDemo()
    let plan = try await run.collector(into: archive, feeds: [:])
      .plan(run.configuration.apps, request)
    try StandardOutput.write(TerminalTable(table(of: plan)).render())
    StandardError.write(Estimate(of: plan, under: run.configuration).text)
  }

  private func table(of plan: RunPlan) -> Table {
    var table = Table([
      .init("app", "App"), .init("purpose", "For"), .init("endpoint", "Endpoint"),
      .init("source", "Source"), .init("grain", "Grain"), .init("offset", "T+"),
      .init("date_start", "From"), .init("date_end", "To"),
    ])
    for request in plan.requests {
      let head: [Table.Cell] = [
        .text(request.app?.name ?? "(server \(request.server))"),
        .text(request.purpose.rawValue),
      ]
      if let chart = request.chart {
        table.append(
          head + [
            .text("getChartData"), .text("\(chart.source)"), .text(chart.grain.name),
            .count(chart.offset),
            .text(Date.iso8601(milliseconds: chart.instants.lowerBound, in: chart.zone)),
            .text(Date.iso8601(milliseconds: chart.instants.upperBound, in: chart.zone)),
          ])
      } else {
        table.append(head + [.text("getTotalData")] + Array(repeating: .none, count: 5))
      }
    }
    return table
  }
}
