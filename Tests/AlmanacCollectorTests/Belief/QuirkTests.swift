import AlmanacCollector
import AlmanacCore
import AlmanacStore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Synchronization
import Testing

@Suite struct `A server with quirks` {
  private let now = Date("2026-06-10T02:30:00Z")

  private var app: SimulatedApp {
    Fixtures.steady(from: now.addingTimeInterval(-86_400 * 60), days: 70)
  }

  @Test func `that loses a timestamp proves no absence`() async throws {
    try await SimulatedCollection.on([app], now: now) { collection in
      collection.server.reconfigure { $0.quirks = .nullTimestamp }
      collection.server.changeRecords(of: Fixtures.appID) { records in
        records.removeAll {
          $0.time >= Date("2026-06-01T00:00:00Z") && $0.time < Date("2026-06-03T00:00:00Z")
        }
      }
      #expect(try await collection.run(at: now).failed.isEmpty)
      #expect(
        try collection.rows(
          "SELECT first_date, last_date, reason FROM gaps WHERE grain = 'day'")
          == [["2026-06-01", "2026-06-02", "refused"]])
      #expect(try collection.count("SELECT chats FROM daily WHERE date = '2026-05-30'") > 0)
      collection.server.reconfigure { $0.quirks = [] }
      try await collection.run(at: now.addingTimeInterval(86_400))
      #expect(try collection.count("SELECT count(*) FROM gaps") == 0)
      #expect(try collection.count("SELECT chats FROM daily WHERE date = '2026-06-01'") == 0)
    }
  }

  @Test func `that sends one stamp twice has that bucket refused`() async throws {
    try await SimulatedCollection.on([app], now: now) { collection in
      try await collection.run(at: now)
      collection.server.reconfigure { $0.quirks = .doubledStamp }
      let report = try await collection.run(at: now.addingTimeInterval(86_400))
      // It is the newest day that has ended.
      #expect(report.outcome == .partlyFailed)
      #expect(report.failed.first?.failures.first?.cause.contains("2026-06-10") == true)
      #expect(report.counts.refused > 0)
      #expect(try collection.count("SELECT count(*) FROM revisions") == 0)
      let status = try await collection.archive.status()
      #expect(status.refusals.contains { $0.grain == "day" && $0.source == "all" })
    }
  }

  @Test func `that does not measure retention leaves it unknown`() async throws {
    try await SimulatedCollection.on([app], now: now) { collection in
      collection.server.reconfigure { $0.quirks = .noCoarseRetention }
      let warnings = Mutex<[String]>([])
      try await collection.run(at: now) { event in
        if case .warned(let text) = event { warnings.withLock { $0.append(text) } }
      }
      #expect(warnings.withLock { $0.contains { $0.contains("retention by week") } })
      #expect(!warnings.withLock { $0.contains { $0.contains("retention by day") } })
      #expect(try collection.count("SELECT count(retained_users) FROM weekly") == 0)
      #expect(try collection.count("SELECT count(retained_users) FROM daily") > 50)
      collection.server.reconfigure { $0.quirks = [] }
      try await collection.run(at: now.addingTimeInterval(86_400 * 8))
      #expect(try collection.count("SELECT count(retained_users) FROM weekly") > 5)
      #expect(try collection.count("SELECT count(*) FROM revisions WHERE old_value IS NULL") == 0)
    }
  }

  @Test func `that sends tokens has them in columns, and what is zero is known`() async throws {
    try await SimulatedCollection.on([app], now: now) { collection in
      collection.server.reconfigure { $0.generation = .tokens }
      try await collection.run(at: now)
      let totals = try collection.rows("SELECT total_input_tokens, total_output_tokens FROM totals")
      for view in ["daily", "weekly", "monthly", "quarterly"] {
        let tokens = """
          SELECT date, input_tokens, output_tokens, 40 * messages, 100 * messages FROM \(view)
          """
        for row in try collection.rows(tokens)
          + collection.rows(
            tokens.replacing(view, with: "\(view)_by_source"))
        {
          #expect(row[1] != nil && row[1] == row[3] && row[2] == row[4], "\(view) \(row)")
        }
        let sums = try collection.rows("SELECT sum(input_tokens), sum(output_tokens) FROM \(view)")
        #expect(sums == totals, "\(view)")
      }
      #expect(try collection.count("SELECT count(*) FROM daily WHERE input_tokens = 0") > 0)
    }
  }

  @Test func `that sends more has it kept under its own names`() async throws {
    try await SimulatedCollection.on([app], now: now) { collection in
      collection.server.reconfigure {
        $0.generation = .tokens
        $0.totalsCountConversations = true
      }
      try await collection.run(at: now)
      let further = try collection.rows(
        """
        SELECT app, series, figure, value FROM figures
        WHERE grain = 'day' AND source = 'all' AND date = '2026-06-01'
        """)
      #expect(further == [["Support bot", "chatData", "cachedTokens", "20.0"]])
      let status = try await collection.archive.status()
      #expect(
        status.servers.first?.furtherFigures
          == ["chatData.cachedTokens", "getTotalData.totalTokens"])
      let totals = try #require(status.apps.first?.reconciliation)
      #expect(totals.counts == .chatCount)
      #expect(totals.chatsDifference == 0)
      #expect(totals.pointsDifference == 0)
    }
  }
}
