import AlmanacCollector
import AlmanacCore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

/// `team` has gone from the newest servers, and `wechat` has come (docs/server.md, trap 9).
@Suite struct `Sources over an upgrade` {
  private let now = Date("2026-06-10T02:30:00Z")

  private func day(_ number: Int) -> Date { now.addingTimeInterval(86_400 * Double(number)) }

  @Test func `stay in one archive, those that went and those that came`() async throws {
    let teams = (-40..<1).map { Fixtures.record("ann", day($0), source: "team") }
    let shares = (-40..<20).map { Fixtures.record("bob", day($0), source: "share") }
    let chats = (2..<20).map { Fixtures.record("eve", day($0), source: "wechat") }
    let app = SimulatedApp(
      id: Fixtures.appID, name: "Support bot", records: teams + shares + chats)
    try await SimulatedCollection.on([app], now: now) { collection in
      collection.server.reconfigure { $0.knownSources.removeAll { $0 == "wechat" } }
      try await collection.run(at: now)
      let held = """
        SELECT date, users, messages FROM daily_by_source
        WHERE source = 'team' AND date < '2026-06-09' ORDER BY date
        """
      let before = try collection.rows(held)
      #expect(before.count == 39)
      collection.server.reconfigure { profile in
        profile.generation = .newest
        profile.knownSources = ServerProfile.Generation.newest.sources
      }
      for number in 1...5 {
        collection.server.forgetRequests()
        let report = try await collection.run(at: day(number), isDeep: number == 4)
        #expect(report.failed.isEmpty)
        // It is asked for once more, and again in a deep read.
        let asked = collection.server.requests.count { $0.source == ["team"] }
        #expect(asked == (number == 1 || number == 4 ? 1 : 0), "day \(number)")
      }
      #expect(try collection.rows(held) == before)
      let newest = try collection.rows(
        """
        SELECT source, users, messages FROM daily_by_source WHERE date = '2026-06-14' ORDER BY source
        """)
      #expect(newest == [["share", "1", "2"], ["team", "0", nil], ["wechat", "1", "2"]])
      #expect(
        try collection.rows(
          "SELECT name FROM app_source JOIN source ON source.id = source WHERE rejected_at IS NOT NULL"
        )
          == [["team"]])
      #expect(try collection.count("SELECT count(*) FROM revisions WHERE source = 'team'") == 0)
    }
  }
}
