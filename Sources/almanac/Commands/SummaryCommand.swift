import AlmanacCore
import AlmanacReport
import AlmanacTrends
import ArgumentParser

/// `almanac summary`
struct SummaryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "summary",
    abstract: "Show the headline numbers of a period against the one before and a year before.",
    discussion: """
      Also shows the apps that moved the messages most, those that have gone quiet, and how much of \
      the period is held. Users are mean_daily_users for one app and user_days for several: only \
      the server can count the distinct users of a period. A change is given only if both sides are \
      wholly held. Without a range: the last 7 days.

      EXAMPLES
        almanac summary
        almanac summary --app "Support bot" --last 1m
        almanac summary --tag customer --format markdown
      """)

  @OptionGroup var question: QuestionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Flag(help: "Count the bucket that has not ended, too.")
  var includeOpen = false

  func run() throws {
    let query = try question.query("summary", [], includesOpen: includeOpen) { grain in
      grain == .day ? AskedRange.Length(7, .day) : AskedRange.Length(1, grain)
    }
    let summary = try question.answer(query) { try Summary(query, from: $0) }
    output.print(summary.notes)
    try output.print(SummaryReport(summary).rendition(for: output.terminal))
  }
}
