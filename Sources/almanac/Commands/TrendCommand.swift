import AlmanacReport
import AlmanacTrends
import ArgumentParser

/// `almanac trend`
struct TrendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trend",
    abstract: "Show metrics over time.",
    discussion: """
      Of all apps together, or broken down with --by. A gap is not zero: it is unknown, and shown \
      so. A ratio over several buckets or apps is the ratio of the sums. What does not add up, such \
      as users of several apps, is refused, with what to ask instead. Without a range: the last 30 \
      days, 12 weeks, 12 months or 8 quarters. `almanac metrics` lists the metrics.

      EXAMPLES
        almanac trend messages
        almanac trend users --app "Support bot" --last 12w
        almanac trend error_rate --by app --top 5 --last 90d --smooth 7
        almanac trend points --last 6m --compare year --format csv
      """)

  @Argument(help: ArgumentHelp("What to show, such as messages.", valueName: "metric"))
  var metrics: [String]

  @OptionGroup var question: QuestionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Flag(help: "The bucket that has not ended, too.")
  var includeOpen = false

  @Option(help: ArgumentHelp("A series for each.", valueName: "app|source|tag"))
  var by: Query.Breakdown?

  @Option(
    help: ArgumentHelp(
      "Only the largest so many series; the rest becomes \"other\" where that is a true figure.",
      valueName: "count"))
  var top: Int?

  @Option(
    help: ArgumentHelp(
      "Beside an earlier time: previous is as long, moved back by whole weeks at day grain.",
      valueName: "previous|week|year"))
  var compare: Query.Comparison?

  @Option(
    help: ArgumentHelp(
      "The mean of the last so many buckets; of a ratio the ratio of their sums.",
      valueName: "count"))
  var smooth: Int?

  @Flag(help: "The running sum from the beginning of the range.")
  var cumulative = false

  @Flag(help: "The change against the bucket before.")
  var growth = false

  @Option(
    help: ArgumentHelp(
      "Of retained_users and retention_rate: T+N. Default: 1.", valueName: "n"))
  var offset: Int?

  func validate() throws {
    if let top, top < 1 { throw ValidationError("--top takes 1 or more.") }
    if top != nil, by == nil { throw ValidationError("--top needs --by app, source or tag.") }
    if let smooth, !(2...1000).contains(smooth) {
      throw ValidationError("--smooth takes 2 to 1000.")
    }
    try QuestionOptions.validate(offsets: [offset].compactMap(\.self))
  }

  func run() throws {
    var query = try question.query("trend", metrics, includesOpen: includeOpen)
    query.breakdown = by
    query.top = top
    query.comparison = compare
    query.smooth = smooth
    query.isCumulative = cumulative
    query.showsGrowth = growth
    try query.set(offset: offset)
    let trend = try question.answer(query) { try Trend(query, from: $0) }
    output.print(trend.notes)
    try output.print(TrendReport(trend).rendition)
  }
}
