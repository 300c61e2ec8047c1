import AlmanacCore
import AlmanacReport
import AlmanacTrends
import Foundation
import Testing

@testable import AlmanacStore

/// A server may send any number that a Double holds, and a question adds many of them up.
@Suite struct `Points beyond every sum` {
  private static let most = Double.greatestFiniteMagnitude

  /// The answers about days that have these points in turn.
  private func answers(
    _ points: [Double], _ body: (HandmadeArchive, Rendition) throws -> Void
  ) async throws {
    let days = points.count
    try await HandmadeArchive.with(first: "2026-09-01", today: "2026-12-01") { handmade in
      try handmade.write(from: "2026-09-01", to: "2026-11-30", users: 3, messages: { _ in 2 })
      for (place, points) in points.enumerated() {
        try handmade.execute(
          "UPDATE chat_fact SET points = \(points) WHERE day % \(days) = \(place)")
      }
      for change in [
        { _ in }, { $0.comparison = .previous }, { $0.smooth = 7 },
        { ($0.isCumulative, $0.metrics) = (true, [$0.metrics[0]]) },
        { $0.showsGrowth = true }, { $0.breakdown = .app },
      ] as [(inout Query) -> Void] {
        var query = try handmade.query("trend", ["points", "points_per_message"], last: "30d")
        change(&query)
        try body(handmade, TrendReport(try await handmade.trend(query)).rendition)
      }
      for metric in ["points", "points_per_message"] {
        var query = try handmade.query("rank", [metric], last: "30d")
        (query.breakdown, query.comparison) = (.app, .previous)
        try body(handmade, RankingReport(try await handmade.ranking(query)).rendition)
      }
      let summary = try await handmade.summary(try handmade.query("summary", [], last: "14d"))
      try body(handmade, SummaryReport(summary).rendition(for: .none))
      var query = try handmade.query("anomalies", ["points"], last: "30d")
      query.breakdown = .app
      let anomalies = try handmade.archive.ask { try Anomalies(query, from: $0) }
      try body(handmade, AnomaliesReport(anomalies).rendition)
    }
  }

  @Test(arguments: [
    [most], [most, -most], [-most], [.leastNonzeroMagnitude, 0], [1, most, .leastNonzeroMagnitude],
  ])
  func `are shown in every format, and never as infinite`(_ points: [Double]) async throws {
    try await answers(points) { _, rendition in
      for format in OutputFormat.allCases {
        let glyphs: [Glyphs] = format == .chart ? Glyphs.allCases : [.braille]
        for glyphs in glyphs {
          let terminal = Terminal(width: 80, glyphs: glyphs, hasColor: false)
          let text: String
          do {
            text = try rendition.text(as: format, for: terminal)
          } catch let error as AlmanacError where format == .chart {
            #expect(error.code == .usage)
            continue
          }
          let words = text.lowercased().split { !$0.isLetter }
          #expect(!words.contains("inf") && !words.contains("nan"), "\(format): \(text)")
        }
      }
    }
  }

  @Test func `have no sum, and none of it is zero`() async throws {
    try await HandmadeArchive.with(first: "2026-09-01", today: "2026-12-01") { handmade in
      try handmade.write(from: "2026-09-01", to: "2026-11-30", users: 3, messages: { _ in 2 })
      try handmade.execute("UPDATE chat_fact SET points = \(Self.most)")
      var query = try handmade.query("trend", ["points"], last: "3d")
      let days = try await handmade.trend(query).series.flatMap(\.points)
      #expect(days.map(\.value) == [Self.most, Self.most, Self.most])
      query.smooth = 2
      let means = try await handmade.trend(query).series.flatMap(\.points)
      #expect(means.map(\.value) == [nil, nil, nil])
      #expect(means.map(\.coverage.held) == [2, 2, 2])
    }
  }
}
