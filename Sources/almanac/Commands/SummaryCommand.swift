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
      With the apps that moved the messages most, those that have gone quiet, and how much of the \
      period is held. Users are mean_daily_users of one app and user_days of several: distinct \
      users of a period can only be counted by the server. A change is given only where both sides \
      are wholly held. Without a range: the last 7 days.

      EXAMPLES
        almanac summary
        almanac summary --app "Support bot" --last 1m
        almanac summary --tag customer --format markdown
      """)

  @OptionGroup var question: QuestionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Flag(help: "The bucket that has not ended, too.")
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
