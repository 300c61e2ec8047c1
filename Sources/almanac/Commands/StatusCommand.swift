import AlmanacCollector
import AlmanacCore
import AlmanacReport
import AlmanacStore
import ArgumentParser
import Foundation

/// `almanac status`
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show per app the last success, the newest complete day, gaps and failures.",
    discussion: """
      Says of each app the first of these that holds: retired (the configuration names it no more), \
      failing (its last attempt failed), never read, stale (its last success is older than --max-age, \
      or the day that had ended by then is not held), refused (an answer of the newest run about it \
      was not believed), gaps, ok. Of the newest run it says whether it is running, was killed, or why it \
      failed.

      Also shows what the newest run refused and why, where the totals differ from the sum of the \
      days, what the server has forgotten, its bucket zone, and figures that it sends and almanac \
      has no column for. Reads the archive only: no network, and no configuration if an \
      archive is named.
      """)

  @OptionGroup var archive: ArchiveOptions

  @Option(
    help: ArgumentHelp(
      "The age of a last success from which on an app is stale.", valueName: "36h|2d|90m"),
    transform: FlagValue.age)
  var maxAge: TimeInterval = HealthRule.usualAge

  @Flag(help: "End with 4 unless every app is ok or retired and the newest run is running or done.")
  var fail = false

  @Option(
    help: ArgumentHelp(
      "How to print it; prometheus prints gauges in the text format 0.0.4.",
      valueName: "table|csv|json|jsonl|markdown|prometheus"))
  var format: Format = .table

  @OptionGroup(title: "Output") var output: OutputPlace

  /// The forms of a status: of the forms of an answer all but a chart, and gauges.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case table, csv, json, jsonl, markdown, prometheus
  }

  func run() async throws {
    let archive = try archive.openedToRead()
    let status = try await archive.status()
    let rule = HealthRule(now: try CivilClock.fromEnvironment().now(), maxAge: maxAge)
    if status.run == nil { StandardError.write("no run yet: `almanac collect` makes the first\n") }
    let report = StatusReport(status, by: rule)
    if let format = OutputFormat(rawValue: format.rawValue) {
      try output.print(report.rendition, as: format)
    } else {
      try output.write { $0.write(report.gauges.text) }
    }
    let faults = status.faults(by: rule)
    guard fail, !faults.isEmpty else { return }
    StandardError.write("not well: \(faults.joined(separator: "; "))\n")
    throw ExitCode(4)
  }
}
