import AlmanacCore
import AlmanacReport
import AlmanacTestSupport
import AlmanacTrends
import FastGPTSimulator
import Foundation
import Testing

@testable import AlmanacStore

/// Puts random questions to an archive whose apps began late, never began, or are gone.
@Suite struct `Any question` {
  /// The seeds of the questions. `ALMANAC_QUESTIONS=100000` asks so many others, and
  /// `ALMANAC_QUESTIONS=1@SEED` asks the one again that a failure has named.
  private static let seeds = RandomSeeds(
    "ALMANAC_QUESTIONS", usual: 500 * Repetition.seeds.count)

  @Test func `is answered or refused, and the parts of an answer are its whole`() async throws {
    try await CollectedArchive.with(seed: 7, months: 9) { collected in
      try collected.execute(
        """
        UPDATE app SET first_date = '2026-10-15' WHERE id = 2;
        UPDATE app SET first_date = NULL WHERE id = 3;
        """)
      var (answered, refused) = (0, 0)
      for seed in Self.seeds {
        var random = SplitMix64(seed: seed)
        do {
          let query = try RandomQuestion().query(&random)
          let complaint = try await collected.ask(query) { query, reader in
            try Self.complaint(of: query, from: reader)
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
      guard Self.seeds.isMany else { return }
      #expect(min(answered, refused) > Self.seeds.count / 8, "\(answered) and \(refused)")
    }
  }

  /// The fault of the answer to a query; `nil` if it has none.
  private static func complaint(of asked: Query, from reader: FactReader) throws -> String? {
    var query = asked
    // The query names apps by their number in the archive.
    let ids = try reader.apps().reduce(into: [:]) { $0["\($1.key)"] = $1.id.text }
    query.apps = asked.apps.compactMap { ids[$0] }
    switch query.command {
    case "rank":
      return try complaint(of: RankingReport(try Ranking(query, from: reader)).rendition)
    case "summary":
      return try complaint(
        of: SummaryReport(try Summary(query, from: reader)).rendition(for: .none))
    case "retention":
      return try complaint(of: RetentionReport(try Retention(query, from: reader)).rendition)
    case "anomalies":
      return try complaint(of: AnomaliesReport(try Anomalies(query, from: reader)).rendition)
    default:
      let trend = try Trend(query, from: reader)
      if let complaint = try complaint(of: TrendReport(trend).rendition) { return complaint }
      for series in trend.series {
        guard series.points.map(\.date) == trend.span?.starts else { return "points are missing" }
        for point in series.points {
          if point.coverage.held > point.coverage.expected { return "\(point) holds too much" }
          if point.value?.isFinite == false { return "\(point) is no number" }
        }
      }
      return try partsComplaint(of: trend, to: query, from: reader)
    }
  }

  /// The fault of any form of a rendition, in a narrow terminal or without one.
  private static func complaint(of rendition: Rendition) throws -> String? {
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

  /// The fault of an answer whose apps do not add up to all of them together.
  private static func partsComplaint(
    of trend: Trend, to query: Query, from reader: FactReader
  ) throws -> String? {
    guard query.breakdown == .app, query.top == nil, query.smooth == nil, !query.isCumulative,
      query.metrics.allSatisfy({ $0.isAdditive && $0.overApps == .sum })
    else { return nil }
    var whole = query
    whole.breakdown = nil
    for sum in try Trend(whole, from: reader).series {
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
