import AlmanacCore
import AlmanacReport
import AlmanacTrends
import FastGPTSimulator

@testable import AlmanacStore

/// Makes random questions, about what an archive holds and what it does not.
struct RandomQuestion {
  /// The apps that a question may name; those of a ``CollectedArchive`` by their number there.
  var apps = [["1"], ["2"], ["3"], ["4"], ["1", "2"], ["2", "3"]]
  /// Whether every question names some of them.
  var namesApps = false
  var tags: [[Name]] = [["odd"], ["low"], ["odd", "low"]]
  var sources: [[Name]] = [["api"], ["share"], ["api", "share"], ["all"]]
  var dates = [
    "0000-01-01", "2026-01-01", "2026-07-04", "2026-10-14", "2026-10-15", "2026-10-16",
    "2026-11-30",
    "2026-12-28", "2027-01-04", "2027-01-19", "2027-01-20", "2027-01-21", "9999-12-31",
  ].compactMap { Day($0) }

  private static let commands = ["trend", "trend", "rank", "summary", "retention", "anomalies"]
  private static let metrics =
    Metric.catalogue + [Metric(.init(.chat, "cachedTokens"), named: "cachedTokens")]
  private static let lengths = [
    "1d", "2d", "7d", "30d", "200d", "100000d", "1w", "5w", "60w", "1m", "3m", "20m", "100000m",
    "1q",
    "3q", "100000q",
  ].compactMap { AskedRange.Length($0) }

  func query(_ random: inout SplitMix64) throws -> Query {
    func pick<T>(_ values: [T]) -> T { values.randomElement(using: &random)! }
    func maybe<T>(_ times: Int, _ values: [T]) -> T? {
      Int.random(in: 0..<times, using: &random) == 0 ? pick(values) : nil
    }
    let command = pick(Self.commands)
    let metrics =
      ["summary", "retention"].contains(command)
      ? [] : (0..<(command == "rank" ? 1 : pick([1, 1, 2]))).map { _ in pick(Self.metrics) }
    var query = Query(
      command, command == "retention" ? [Metric(name: "retention_rate")!] : metrics,
      range: try AskedRange(
        last: maybe(2, Self.lengths), from: maybe(4, dates), to: maybe(4, dates),
        default: AskedRange.Length(30, .day)),
      grain: maybe(2, Grain.allCases))
    query.apps = namesApps ? pick(apps) : maybe(3, apps) ?? []
    query.tags = maybe(6, tags) ?? []
    query.sources = maybe(4, sources) ?? []
    query.asOf = maybe(8, dates)
    query.includesOpen = maybe(4, [true]) ?? false
    query.offset = pick([1, 1, 3, 99])
    query.comparison = maybe(3, Query.Comparison.allCases)
    if command == "retention" { query.offsets = maybe(2, [[1], [3], [1, 3], [99]]) ?? [] }
    guard ["trend", "rank", "anomalies"].contains(command) else { return query }
    query.breakdown = maybe(2, Query.Breakdown.allCases)
    if command == "rank", query.breakdown == nil { query.breakdown = .app }
    guard command == "trend" else {
      query.top = command == "rank" ? maybe(2, [1, 2, 9]) : nil
      query.lowestFirst = maybe(2, [true]) ?? false
      return query
    }
    query.top = query.breakdown == nil ? nil : maybe(3, [1, 2, 9])
    query.smooth = maybe(5, [2, 7, 1000])
    query.isCumulative = maybe(6, [true]) ?? false
    query.showsGrowth = maybe(5, [true]) ?? false
    return query
  }

  /// The answers of an archive to one question for each seed, or the refusals.
  func answers(of archive: Archive, seeds: Range<UInt64>) throws -> [String] {
    try seeds.map { seed in
      var random = SplitMix64(seed: seed)
      do {
        let query = try query(&random)
        let text = try archive.ask(asOf: query.asOf) { reader in
          try Self.rendition(of: query, from: reader).text(as: .json, for: .none)
        }
        return "\(seed) \(query.arguments.joined(separator: " "))\n\(text)"
      } catch let error as AlmanacError where error.code == .usage {
        return "\(seed) \(error)"
      }
    }
  }

  /// The answer to any kind of question.
  static func rendition(of query: Query, from reader: FactReader) throws -> Rendition {
    switch query.command {
    case "rank": RankingReport(try Ranking(query, from: reader)).rendition
    case "retention": RetentionReport(try Retention(query, from: reader)).rendition
    case "anomalies": AnomaliesReport(try Anomalies(query, from: reader)).rendition
    case "summary": SummaryReport(try Summary(query, from: reader)).rendition(for: .none)
    default: TrendReport(try Trend(query, from: reader)).rendition
    }
  }
}
