import AlmanacCollector
import AlmanacCore
import AlmanacTestSupport
import AlmanacTrends
import FastGPTSimulator
import Foundation
import Testing

@testable import AlmanacStore

/// Figures that a server does not send, or has not always sent.
@Suite struct `A figure that is not sent` {
  private static let now = Date("2026-06-10T02:30:00Z")
  private static let start = Date("2026-04-01T00:00:00Z")

  private static func query(
    _ metrics: [String], from: String? = nil, to: String? = nil
  ) throws -> Query {
    Query(
      "trend", metrics.map { Metric(name: $0)! },
      range: try AskedRange(
        last: nil, from: from.flatMap { Day($0) }, to: to.flatMap { Day($0) },
        default: AskedRange.Length(30, .day)))
  }

  /// The first day on which a view has a value, by SQL.
  private static func firstKnown(
    _ column: String, _ collection: SimulatedCollection, app: String = "Support bot"
  ) throws -> String? {
    try collection.rows(
      "SELECT min(date) FROM daily WHERE \(column) IS NOT NULL AND app = '\(app)'")[0][0]
  }

  private static func lacks(_ count: Int, of all: Int, _ figures: String) -> String {
    "\(count) of \(all) buckets \(count == 1 ? "is" : "are") held without \(figures): unknown there, "
      + "which is neither zero nor a gap"
  }

  /// Asks as `trend` does, of an archive as it is or was.
  private static func trend(_ collection: SimulatedCollection, _ query: Query) throws -> Trend {
    try collection.archive.ask(asOf: query.asOf) { try Trend(query, from: $0) }
  }

  @Test func `is said to be not sent, and leaves no gap`() async throws {
    let app = Fixtures.steady(from: Self.start, days: 70)
    try await SimulatedCollection.on([app], now: Self.now) { collection in
      try await collection.run(at: Self.now)
      let notSent = "the server default does not send input_tokens, output_tokens"
      let trend = try Self.trend(collection, try Self.query(["tokens_per_message"]))
      #expect(
        trend.notes.warnings == [
          Self.lacks(30, of: 30, "one of input_tokens, output_tokens, messages"), notSent,
        ])
      #expect(trend.notes.noDataReason == "no value of it is known")
      #expect(trend.series[0].points.allSatisfy { $0.value == nil })
      #expect(trend.series[0].points.allSatisfy { $0.coverage == Coverage(expected: 1, held: 0) })
      // A metric beside it has all that it needs.
      let both = try Self.trend(collection, try Self.query(["messages", "points_per_1k_tokens"]))
      #expect(both.notes.warnings.last == notSent && both.notes.noDataReason == nil)
      let messages = try Self.trend(collection, try Self.query(["messages"]))
      #expect(messages.notes.warnings == [])
      // A gap stays one.
      try SimulatedCollection.execute(
        "DELETE FROM bucket WHERE grain = 0 AND day = \(Day("2026-06-05")!.number)",
        path: collection.path, patience: 5)
      #expect(
        try Self.trend(collection, try Self.query(["input_tokens"])).notes.warnings == [
          "1 of 30 buckets is not held: a gap is not zero, and a sum covers only what is held",
          Self.lacks(29, of: 30, "input_tokens"), "the server default does not send input_tokens",
        ])
      var ranking = try Self.query(["points_per_1k_tokens"])
      ranking = Query("rank", ranking.metrics, range: ranking.range)
      ranking.breakdown = .app
      let ranked = try collection.archive.ask { try Ranking(ranking, from: $0) }
      #expect(ranked.notes.warnings.contains(notSent))
      let unusual = Query("anomalies", [Metric(name: "input_tokens")!], range: ranking.range)
      let judged = try collection.archive.ask { try Anomalies(unusual, from: $0) }
      #expect(judged.notes.warnings.contains("the server default does not send input_tokens"))
    }
  }

  @Test func `is unknown before the server sends it, and says since when it is known`()
    async throws
  {
    let app = Fixtures.steady(from: Self.start, days: 80)
    try await SimulatedCollection.on([app], now: Self.now) { original in
      var collection = original
      // Coarser buckets would have the days of half a year read again.
      collection.settings = CollectorSettings(
        grains: [.day], retentionOffsets: [:], bySource: false)
      try await collection.run(at: Self.now)
      collection.server.reconfigure { $0.generation = .tokens }
      try await collection.run(at: Self.now.addingTimeInterval(86_400))
      let first = try #require(try Self.firstKnown("input_tokens", collection))
      let before = try collection.count(
        "SELECT count(*) FROM daily WHERE date >= '2026-05-12' AND date < '\(first)'")
      #expect(before > 3)
      let query = try Self.query(["input_tokens"])
      let trend = try Self.trend(collection, query)
      #expect(
        trend.notes.warnings == [
          Self.lacks(before, of: 30, "input_tokens"),
          "the server default sends input_tokens, known from \(first) on",
        ])
      #expect(trend.series[0].points.count { $0.value == nil } == before)
      // A range that ends before it is told the day too.
      let past = try Self.trend(
        collection, try Self.query(["input_tokens"], from: "2026-04-05", to: "2026-05-10"))
      #expect(past.notes.warnings.last == trend.notes.warnings.last)
      // A range that begins with it lacks nothing.
      let known = try Self.trend(collection, try Self.query(["input_tokens"], from: first))
      #expect(known.notes.warnings == [])
      // On the day before the upgrade nothing of it was known.
      var earlier = query
      earlier.asOf = Day("2026-06-10")
      let then = try Self.trend(collection, earlier)
      #expect(
        then.notes.warnings.last
          == "the server default sends input_tokens, known in no day of Support bot")
    }
  }

  @Test func `is told of the server that does not send it, and of no other`() async throws {
    let apps = [
      Fixtures.steady(from: Self.start, days: 80),
      Fixtures.steady(Fixtures.otherID, name: "Other", from: Self.start, days: 80),
    ]
    try await SimulatedCollection.on(apps, now: Self.now) { collection in
      let named = zip(collection.apps, ["old", "new"]).map {
        App(id: $0.id, name: $0.name, server: $1)
      }
      try await collection.run(at: Self.now, only: [named[0].id], apps: named)
      collection.server.reconfigure { $0.generation = .tokens }
      try await collection.run(at: Self.now, only: [named[1].id], apps: named)
      let trend = try Self.trend(collection, try Self.query(["input_tokens"]))
      #expect(
        trend.notes.warnings == [
          Self.lacks(30, of: 60, "input_tokens"), "the server old does not send input_tokens",
        ])
      let sum = try collection.rows(
        "SELECT sum(input_tokens) FROM daily WHERE date = '2026-06-01' AND app = 'Other'")
      let point = trend.series[0].points.first { "\($0.date)" == "2026-06-01" }
      #expect(point?.value == sum[0][0].flatMap { Double($0) })
      #expect(point?.coverage == Coverage(expected: 2, held: 1))
    }
  }

  @Test func `of the user series alone is sent, and shown`() async throws {
    try await HandmadeArchive.with(first: "2026-03-01", today: "2026-03-04") { handmade in
      for day in ["2026-03-01", "2026-03-02", "2026-03-03"] {
        try handmade.write(day, messages: 4)
      }
      try handmade.execute("INSERT INTO server_figure VALUES (1, 'user_input_tokens')")
      try handmade.execute("UPDATE chat_fact SET input_tokens = 7 WHERE day > 20513")
      let trend = try await handmade.trend(try handmade.query("trend", ["input_tokens"]))
      #expect(
        trend.notes.warnings == [
          Self.lacks(1, of: 3, "input_tokens"),
          "the server default sends input_tokens, known from 2026-03-02 on",
        ])
    }
  }
}
