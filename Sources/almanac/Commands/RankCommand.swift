import AlmanacReport
import AlmanacTrends
import ArgumentParser

/// `almanac rank`
struct RankCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rank",
    abstract: "Put apps, sources or tags in order of a metric.",
    discussion: """
      A ratio of few events says little, so what lies below --min-volume is listed apart. \
      error_rate and satisfaction come with the interval in which the true share lies (Wilson, 95 \
      percent). They are ordered by its lower end, with --lowest by its upper end. Without a range: \
      the last 30 days.

      EXAMPLES
        almanac rank messages --top 10
        almanac rank error_rate --last 90d
        almanac rank points --by source --app "Support bot" --compare previous
      """)

  @Argument(
    help: ArgumentHelp("What to order by.", valueName: "metric"), completion: .metrics)
  var metric: String

  @OptionGroup var question: QuestionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Flag(help: "Count the bucket that has not ended, too.")
  var includeOpen = false

  @Option(help: ArgumentHelp("What to put in order.", valueName: "app|source|tag"))
  var by: Query.Breakdown = .app

  @Option(
    help: ArgumentHelp(
      "Only this many, the first; the rest becomes \"other\" if that is a true figure.",
      valueName: "count"))
  var top: Int?

  @Flag(help: "Put the lowest first.")
  var lowest = false

  @Option(
    help: ArgumentHelp(
      "The least number that a ratio must be divided by to get a rank. Default: 30.",
      valueName: "count"))
  var minVolume: Int?

  @Option(help: ArgumentHelp("Show an earlier time beside it.", valueName: "previous|week|year"))
  var compare: Query.Comparison?

  @Option(
    help: ArgumentHelp(
      "The N of T+N, for retained_users and retention_rate. Default: 1.", valueName: "n"))
  var offset: Int?

  func validate() throws {
    if let top, top < 1 { throw ValidationError("--top takes 1 or more.") }
    if let minVolume, minVolume < 0 { throw ValidationError("--min-volume takes 0 or more.") }
    try QuestionOptions.validate(offsets: [offset].compactMap(\.self))
  }

  func run() throws {
    var query = try question.query("rank", [metric], includesOpen: includeOpen)
    query.breakdown = by
    query.top = top
    query.lowestFirst = lowest
    try query.set(minVolume: minVolume)
    query.comparison = compare
    try query.set(offset: offset)
    let ranking = try question.answer(query) { try Ranking(query, from: $0) }
    output.print(ranking.notes)
    try output.print(RankingReport(ranking).rendition)
  }
}
