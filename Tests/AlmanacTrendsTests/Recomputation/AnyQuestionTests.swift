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
          let query = try RandomQuestion().query(&random)
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
