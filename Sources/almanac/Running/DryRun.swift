import AlmanacCollector
import AlmanacCore
import AlmanacReport
import AlmanacStore
import Foundation

/// What `collect --dry-run` prints: the requests, as far as they can be told without making one.
struct DryRun {
  let configuration: Configuration
  let database: String
  let clock: CivilClock

  func print(_ request: RunRequest) async throws {
    let archive =
      FileManager.default.fileExists(atPath: database)
      ? try Archive.openForReading(path: database) : try Archive.inMemory()
    try archive.refuseDemo()
    let collector = Collector(
      archive: archive, settings: configuration.settings, clock: clock, feeds: [:],
      zones: configuration.servers.reduce(into: [:]) { $0[$1.name] = $1.zone })
    let planned = try await collector.plan(configuration.apps, request)
    var table = Table([
      .init("app", "App"), .init("endpoint", "Endpoint"), .init("source", "Source"),
      .init("grain", "Grain"), .init("offset", "T+"), .init("date_start", "From"),
      .init("date_end", "To"),
    ])
    for request in planned {
      if let chart = request.chart {
        table.append([
          .text(request.app.name), .text("getChartData"), .text("\(chart.source)"),
          .text(chart.grain.name), .count(chart.offset),
          .text(Date.iso8601(milliseconds: chart.instants.lowerBound)),
          .text(Date.iso8601(milliseconds: chart.instants.upperBound)),
        ])
      } else {
        table.append(
          [.text(request.app.name), .text("getTotalData")] + Array(repeating: .none, count: 5))
      }
    }
    try StandardOutput.write(TerminalTable(table).render())
    StandardError.write(
      "\(planned.count.of("request")); what they answer can ask for more: the history of a "
        + "new app, and the weeks, months and quarters of days that changed\n")
  }
}
