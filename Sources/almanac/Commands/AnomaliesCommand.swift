import AlmanacCore
import AlmanacReport
import AlmanacTrends
import ArgumentParser

/// `almanac anomalies`
struct AnomaliesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "anomalies",
    abstract: "Find buckets that lie far from what their past suggests.",
    discussion: """
      Each bucket is compared with the median of earlier ones: a day with the last eight of its \
      weekday, another bucket with the last eight. At least five of them must be held. A bucket is \
      far off if it differs by at least 3.5 times the scale, by at least 20, and by at least 30 \
      percent. The scale is the greatest of 1.4826 times the median absolute deviation, the root of \
      the median, and 1. Buckets in a row are one anomaly. Without a range: the last 30 days.

      EXAMPLES
        almanac anomalies
        almanac anomalies errors --app "Support bot" --last 90d
        almanac anomalies --last 1d --fail    # for a monitor
      """)

  @Argument(
    help: ArgumentHelp(
      "Counts to judge. Default: messages, points and errors, and users if apps are judged.",
      valueName: "metric"), completion: .metrics)
  var metrics: [String] = []

  @OptionGroup var question: QuestionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Option(
    help: ArgumentHelp("Judge each app, source or tag by itself.", valueName: "app|source|tag"))
  var by: Query.Breakdown = .app

  @Flag(help: "End with exit code 4 if there is an anomaly.")
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
        "nothing unusual: \(anomalies.judged.held.grouped) \(query.grain) values were judged\n")
    }
    if fail, !anomalies.episodes.isEmpty { throw ExitCode(4) }
  }
}
