import AlmanacReport
import AlmanacTrends
import ArgumentParser

/// `almanac retention`
struct RetentionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retention",
    abstract: "Show the share of each cohort that was seen again, for each T+N.",
    discussion: """
      A cohort is the users of one bucket. Until bucket T+N has ended its figure is immature, and \
      no rate is given. Of several apps, a person counts once in each. Without a range: the last 12 \
      mature cohorts.

      EXAMPLES
        almanac retention --app "Support bot"
        almanac retention --grain week --offset 1 --offset 4
      """)

  @OptionGroup var question: QuestionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Flag(help: "Count the bucket that has not ended, too.")
  var includeOpen = false

  @Option(
    help: ArgumentHelp(
      "T+N; can be given several times. Default: all that are held.", valueName: "n"))
  var offset: [Int] = []

  func validate() throws {
    try QuestionOptions.validate(offsets: offset)
  }

  func run() throws {
    var query = try question.query("retention", ["retention_rate"], includesOpen: includeOpen) {
      AskedRange.Length(12, $0)
    }
    query.offsets = Array(Set(offset)).sorted()
    let retention = try question.answer(query) { try Retention(query, from: $0) }
    output.print(retention.notes)
    try output.print(RetentionReport(retention).rendition)
  }
}
