import AlmanacReport
import AlmanacTrends
import ArgumentParser

/// `almanac trend`
struct TrendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trend",
    abstract: "Show metrics over time.",
    discussion: """
      Shows all apps together, or each by itself with --by. A gap is not zero: it is unknown, and \
      is shown as such. A ratio over several buckets or apps is the ratio of the sums. What does not \
      add up, such as users of several apps, is refused, with what to ask instead. Without a range: \
      the last 30 days, 12 weeks, 12 months or 8 quarters. `almanac metrics` lists the metrics.

      A number of the server that almanac has no metric for is asked for by the server's own name, \
      such as cachedTokens. Only the server knows its unit and how it adds up, so it is shown of one \
      app and source, bucket by bucket. Where two series have a figure of one name, the series goes \
      in front: chatData.cachedTokens.

      EXAMPLES
        almanac trend messages
        almanac trend users --app "Support bot" --last 12w
        almanac trend error_rate --by app --top 5 --last 90d --smooth 7
        almanac trend points --last 6m --compare year --format csv
      """)

  @Argument(
    help: ArgumentHelp("What to show, such as messages.", valueName: "metric"),
    completion: .metrics)
  var metrics: [String]

  @OptionGroup var question: QuestionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Flag(help: "Count the bucket that has not ended, too.")
  var includeOpen = false

  @Option(
    help: ArgumentHelp("Show a series for each app, source or tag.", valueName: "app|source|tag"))
  var by: Query.Breakdown?

  @Option(
    help: ArgumentHelp(
      "Only this many series, the largest; the rest becomes \"other\" if that is a true figure.",
      valueName: "count"))
  var top: Int?

  @Option(
    help: ArgumentHelp(
      "Show an earlier time beside it; previous is as long, at day grain moved by whole weeks.",
      valueName: "previous|week|year"))
  var compare: Query.Comparison?

  @Option(
    help: ArgumentHelp(
      "Show the mean of this many buckets; for a ratio, the ratio of their sums.",
      valueName: "count"))
  var smooth: Int?

  @Flag(help: "Show the running sum from the beginning of the range.")
  var cumulative = false

  @Flag(help: "Show the change from the bucket before.")
  var growth = false

  @Option(
    help: ArgumentHelp(
      "The N of T+N, for retained_users and retention_rate. Default: 1.", valueName: "n"))
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
