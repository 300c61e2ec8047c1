import AlmanacCore
import AlmanacReport
import AlmanacTrends
import Testing

@testable import AlmanacStore

@Suite struct `A ranking` {
  /// Seven days are enough for a mean of days, whatever the least volume of a ratio.
  @Test(arguments: [("mean_daily_users", true), ("messages", true), ("error_rate", false)])
  func `sets apart what was divided by too little`(metric: String, isRanked: Bool) async throws {
    try await HandmadeArchive.with(first: "2026-03-01", today: "2026-03-08") { handmade in
      try handmade.write(
        from: "2026-03-01", to: "2026-03-07", users: 3, messages: { _ in 4 }, errors: 1)
      var query = try handmade.query("rank", [metric], last: "7d")
      query.breakdown = .app
      let ranking = try await handmade.ranking(query)
      #expect(ranking.entries.count == (isRanked ? 1 : 0))
      #expect(ranking.apart.first?.volume == (isRanked ? nil : 28))
      let table = try RankingReport(ranking).rendition.text(as: .table, for: .none)
      #expect(table.contains("Of") == !isRanked)
    }
  }

  @Test func `says how much of both sides it has where there is no change`() async throws {
    try await HandmadeArchive.with(first: "2026-02-01", today: "2026-03-08") { handmade in
      try handmade.write(from: "2026-02-23", to: "2026-03-07") { _ in 4 }
      var query = try handmade.query("rank", ["messages"], last: "8d")
      query.breakdown = .app
      query.comparison = .previous
      let ranking = try await handmade.ranking(query)
      #expect(ranking.entries.first?.compared?.change == nil)
      let csv = try RankingReport(ranking).rendition.text(as: .csv, for: .none)
      #expect(csv.contains("compared_value,compared_expected,compared_held,change"))
      #expect(csv.contains(",2026-02-14,0,8,0,") || csv.contains(",2026-02-14,,8,0,"), "\(csv)")
      let table = try RankingReport(ranking).rendition.text(as: .table, for: .none)
      #expect(table.contains("8/8") && table.contains("0/8"), "\(table)")
    }
  }
}
