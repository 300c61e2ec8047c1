import AlmanacCore
import AlmanacTestSupport
import AlmanacTrends
import Foundation
import GRDB
import Testing

@testable import AlmanacStore

/// The catalogue, the views and their documentation say the same.
@Suite struct `The catalogue and what else names metrics` {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../..").standardizedFileURL

  /// The columns of the views that are no figure.
  private static let others: Set<String> = [
    "app_id", "app", "source", "date", "time", "state", "collected_at",
  ]

  @Test(arguments: ["daily", "weekly", "monthly", "quarterly"])
  func `the views have a column for each figure that a metric is made of, and no other`(
    view: String
  ) async throws {
    try await HandmadeArchive.with(first: "2026-01-01", today: "2026-01-02") { handmade in
      let figures = Set(Metric.catalogue.flatMap(\.measure.neededFigures).map(\.name))
      for name in [view, view + "_by_source"] {
        let columns = try handmade.archive.ask { reader in
          try String.fetchAll(reader.db, sql: "SELECT name FROM pragma_table_info('\(name)')")
        }
        #expect(Set(columns).subtracting(Self.others) == figures)
      }
    }
  }

  @Test func `the manual and the README name no metric that there is not`() throws {
    for file in ["README.md", "man/almanac.1"] {
      let text = try String(contentsOf: Self.root.appending(path: file), encoding: .utf8)
      let asked = text.matches(of: /almanac (?:trend|rank) ([a-z0-9_]+)/).map { String($0.1) }
      #expect(asked.count > 1)
      #expect(asked.filter { Metric(name: $0) == nil } == [], "\(file)")
    }
  }

  @Test func `each metric that has an expression is answered as the expression says`() async throws
  {
    let metrics = Metric.catalogue.filter {
      $0.sqlExpression != nil && $0.measure.basis != .cohorts
    }
    try await CollectedArchive.with(seed: 9, months: 3, isHarmed: false) { collected in
      let app = try #require(
        try collected.collection.rows("SELECT app_id FROM app WHERE id = 2")[0][0])
      for metric in metrics {
        let length = AskedRange.Length(21, .day)
        var query = Query(
          "rank", [metric],
          range: try AskedRange(last: length, from: nil, to: nil, default: length))
        query.breakdown = .app
        query.apps = [app]
        query.minVolume = 0
        let ranking = try await collected.ask(query) { try Ranking($0, from: $1) }
        let wanted = try collected.collection.rows(
          """
          SELECT \(metric.sqlExpression ?? "NULL") FROM daily WHERE app_id = '\(app)'
            AND date BETWEEN '2026-12-30' AND '2027-01-19'
          """)[0][0].flatMap { Double($0) }
        let value = (ranking.entries + ranking.apart).first?.value
        #expect((value == nil) == (wanted == nil), "\(metric.name)")
        #expect(abs((value ?? 0) - (wanted ?? 0)) < 1e-9, "\(metric.name)")
      }
    }
  }
}
