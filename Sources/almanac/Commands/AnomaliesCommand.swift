import AlmanacCore
import AlmanacReport
import AlmanacTrends
import ArgumentParser

/// `almanac anomalies`
struct AnomaliesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "anomalies",
    abstract: "Find buckets far from what their past would have them be.",
    discussion: """
      Each bucket is judged by earlier ones alone: a day by the last eight same weekdays, another by \
      the last eight buckets, at least five of them held. It is far off at 3.5 times the scale (the \
      greatest of 1.4826 times the median absolute deviation, the root of the median, and 1), and \
      by at least 20 and 30 percent. Buckets in a row are one anomaly. Without a range: the last 30 \
      days.

      EXAMPLES
        almanac anomalies
        almanac anomalies errors --app "Support bot" --last 90d
        almanac anomalies --last 1d --fail    # for a monitor
      """)

  @Argument(
    help: ArgumentHelp(
      "Counts to judge. Default: messages, points and errors; of each app, users too.",
      valueName: "metric"))
  var metrics: [String] = []

  @OptionGroup var question: QuestionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Option(help: ArgumentHelp("What to judge each of.", valueName: "app|source|tag"))
  var by: Query.Breakdown = .app

  @Flag(help: "End with exit code 4 if there is any.")
  var fail = false

  func run() throws {
    // Users of several apps or sources do not add up.
    let usual =
      (by == .app && question.source.count < 2 ? ["users"] : []) + ["messages", "points", "errors"]
    var query = try question.query("anomalies", metrics.isEmpty ? usual : metrics)
    query.breakdown = by
    let anomalies = try question.answer(query) { try Anomalies(query, from: $0) }
    output.print(anomalies.notes)
    try output.print(AnomaliesReport(anomalies).rendition)
    if anomalies.episodes.isEmpty, anomalies.judged.held > 0 {
      StandardError.write(
        "nothing unusual in \(anomalies.judged.held.grouped) values of \(query.grain)s judged\n")
    }
    if fail, !anomalies.episodes.isEmpty { throw ExitCode(4) }
  }
}
