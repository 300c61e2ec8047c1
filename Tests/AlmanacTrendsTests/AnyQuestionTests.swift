import AlmanacCore
import AlmanacReport
import AlmanacTestSupport
import AlmanacTrends
import FastGPTSimulator
import Foundation
import Testing

@testable import AlmanacStore

/// Questions by chance to an archive with apps that began late, never, or are gone.
@Suite struct `Any question` {
  /// `ALMANAC_QUESTIONS=100000` asks so many others, and `ALMANAC_QUESTIONS=1@SEED` the one again
  /// that a failure has told.
  private static let seeds: [UInt64] = {
    let wish =
      ProcessInfo.processInfo.environment["ALMANAC_QUESTIONS"]?.split(separator: "@") ?? []
    let count = wish.first.flatMap { UInt64($0) } ?? 800
    let first =
      wish.isEmpty ? 0 : wish.dropFirst().first.flatMap { UInt64($0) } ?? .random(in: 0...1 << 60)
    return (0..<count).map { first + $0 }
  }()

  private static let commands = ["trend", "trend", "rank", "summary", "retention", "anomalies"]
  private static let dates = [
    "0000-01-01", "2026-01-01", "2026-07-04", "2026-10-14", "2026-10-15", "2026-10-16",
    "2026-11-30",
    "2026-12-28", "2027-01-04", "2027-01-19", "2027-01-20", "2027-01-21", "9999-12-31",
  ].compactMap { Day($0) }
  private static let lengths = [
    "1d", "2d", "7d", "30d", "200d", "100000d", "1w", "5w", "60w", "1m", "3m", "20m", "100000m",
    "1q",
    "3q", "100000q",
  ].compactMap { AskedRange.Length($0) }

  @Test func `is answered or refused, and the parts of an answer are its whole`() async throws {
    try await Fleet.on(seed: 7, months: 9) { fleet in
      try fleet.execute(
        """
        UPDATE app SET first_date = '2026-10-15' WHERE id = 2;
        UPDATE app SET first_date = NULL WHERE id = 3;
        """)
      var (answered, refused) = (0, 0)
      for seed in Self.seeds {
        var random = SplitMix64(seed: seed)
        do {
          let query = try Self.query(&random)
          let complaint = try await fleet.ask(query) { query, reader in
            try Self.complaint(query, reader)
          }
          answered += 1
          if let complaint {
            Issue.record("ALMANAC_QUESTIONS=1@\(seed): \(query.command): \(complaint.prefix(600))")
            return
          }
        } catch let error as AlmanacError where error.code == .usage {
          refused += 1
          #expect(!error.cause.isEmpty && !error.hint.isEmpty)
        }
      }
      guard Self.seeds.count >= 500 else { return }
      #expect(min(answered, refused) > Self.seeds.count / 8, "\(answered) and \(refused)")
    }
  }

  private static func query(_ random: inout SplitMix64) throws -> Query {
    func pick<T>(_ values: [T]) -> T { values.randomElement(using: &random)! }
    func maybe<T>(_ times: Int, _ values: [T]) -> T? {
      Int.random(in: 0..<times, using: &random) == 0 ? pick(values) : nil
    }
    let command = pick(commands)
    let metrics =
      ["summary", "retention"].contains(command)
      ? [] : (0..<(command == "rank" ? 1 : pick([1, 1, 2]))).map { _ in pick(Metric.catalogue) }
    var query = Query(
      command, command == "retention" ? [Metric(name: "retention_rate")!] : metrics,
      range: try AskedRange(
        last: maybe(2, lengths), from: maybe(4, dates), to: maybe(4, dates),
        default: AskedRange.Length(30, .day)),
      grain: maybe(2, Grain.allCases))
    query.apps = maybe(3, [["1"], ["2"], ["3"], ["4"], ["1", "2"], ["2", "3"]]).map { $0 } ?? []
    query.tags = maybe(6, [["odd"], ["low"], ["odd", "low"]]) ?? []
    query.sources = maybe(4, [["api"], ["share"], ["api", "share"], ["all"]]) ?? []
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

  /// What is wrong with an answer, if anything is.
  private static func complaint(_ asked: Query, _ reader: FactReader) throws -> String? {
    var query = asked
    // By number, as the apps stand in the archive.
    let ids = try reader.apps().reduce(into: [:]) { $0["\($1.key)"] = $1.id.text }
    query.apps = asked.apps.compactMap { ids[$0] }
    switch query.command {
    case "rank":
      return try complaint(RankingReport(try Ranking(query, reader)).rendition)
    case "summary":
      return try complaint(SummaryReport(try Summary(query, reader)).rendition(for: .none))
    case "retention":
      return try complaint(RetentionReport(try Retention(query, reader)).rendition)
    case "anomalies":
      return try complaint(AnomaliesReport(try Anomalies(query, reader)).rendition)
    default:
      let trend = try Trend(query, reader)
      if let complaint = try complaint(TrendReport(trend).rendition) { return complaint }
      for series in trend.series {
        guard series.points.map(\.date) == trend.span?.starts else { return "points are missing" }
        for point in series.points {
          if point.coverage.held > point.coverage.expected { return "\(point) holds too much" }
          if point.value?.isFinite == false { return "\(point) is no number" }
        }
      }
      return try partsComplaint(trend, query, reader)
    }
  }

  /// Every form of it, in a narrow terminal and without one.
  private static func complaint(_ rendition: Rendition) throws -> String? {
    for terminal in [
      Terminal.none, Terminal(width: 40, glyphs: .ascii, hasColor: false),
      Terminal(width: 90, glyphs: .blocks, hasColor: true),
    ] {
      for format in OutputFormat.allCases {
        let text: String
        do {
          text = try rendition.text(as: format, for: terminal)
        } catch let error as AlmanacError where format == .chart && error.code == .usage {
          continue
        }
        if format == .json,
          (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] == nil
        {
          return "no JSON: \(text)"
        }
        if text.contains("nan") || text.contains("inf") { return "\(format): \(text)" }
      }
    }
    return nil
  }

  /// What adds up is, app by app and source by source, what it is of all together.
  private static func partsComplaint(
    _ trend: Trend, _ query: Query, _ reader: FactReader
  ) throws -> String? {
    guard query.breakdown == .app, query.top == nil, query.smooth == nil, !query.isCumulative,
      query.metrics.allSatisfy({ $0.isAdditive && $0.overApps == .sum })
    else { return nil }
    var whole = query
    whole.breakdown = nil
    for sum in try Trend(whole, reader).series {
      let parts = trend.series.filter { $0.metric == sum.metric }
      for place in sum.points.indices {
        let points = parts.map { $0.points[place] }
        let held = points.reduce(Coverage()) { $0 + $1.coverage }
        let value = points.compactMap(\.value).reduce(0, +)
        guard held == sum.points[place].coverage,
          abs(value - (sum.points[place].value ?? 0)) <= 1e-9 * max(1, abs(value))
        else { return "\(sum.points[place]) is not the sum of \(points)" }
      }
    }
    return nil
  }
}
