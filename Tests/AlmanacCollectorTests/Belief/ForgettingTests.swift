import AlmanacCollector
import AlmanacCore
import AlmanacStore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

@Suite struct `A server that forgets` {
  private func steady(
    _ id: String = Fixtures.appID, from first: Date, days: Int
  ) -> SimulatedApp {
    Fixtures.steady(id, from: first, days: days)
  }

  private func runs(
    _ collection: SimulatedCollection, from first: Date, days: Int, step: Int = 1
  ) async throws {
    for day in stride(from: 0, to: days, by: step) {
      let report = try await collection.run(at: first.addingTimeInterval(86_400 * Double(day)))
      #expect(report.failed.isEmpty)
    }
  }

  @Test(arguments: [7, 30, 45])
  func `lowers nothing and zeroes nothing`(keepsDays: Int) async throws {
    let first = Date("2026-05-20T02:30:00Z")
    let app = steady(from: first.addingTimeInterval(-86_400 * 3), days: 70)
    try await SimulatedCollection.on([app], now: first) { collection in
      collection.server.reconfigure { $0.keepsDays = keepsDays }
      try await runs(collection, from: first, days: 60)
      #expect(
        try collection.rows(
          """
          SELECT date FROM daily WHERE state <> 'open' AND (chats <> messages / 2 OR chats <>
            1 + ((julianday(date) - julianday('2026-05-17')) % 2 = 0))
          """) == [])
      #expect(try collection.count("SELECT count(*) FROM revisions WHERE reason = 'fell'") == 0)
      #expect(try collection.count("SELECT count(*) FROM gaps") == 0)
      let totals = try await collection.archive.status().apps.first?.reconciliation
      #expect(totals?.chatsDifference == 0 && totals?.pointsDifference == 0)
      #expect(
        try collection.rows("SELECT DISTINCT state FROM daily WHERE date < '2026-05-25' ORDER BY 1")
          == [["expired"], ["partial"]])
      // This month was read while the server still knew its first day: 31 days at noon, one or two
      // chats each.
      #expect(
        try collection.rows("SELECT chats, state FROM monthly WHERE date = '2026-06-01'")
          == [
            [
              keepsDays < 30 ? "\(try collection.count(Self.chatsOfJune))" : "45",
              keepsDays < 30 ? "partial" : "expired",
            ]
          ])
    }
  }

  private static let chatsOfJune = "SELECT chats FROM monthly WHERE date = '2026-06-01'"

  @Test func `before its first read leaves only the oldest buckets in doubt`() async throws {
    let now = Date("2026-07-05T02:30:00Z")
    let start = now.addingTimeInterval(-86_400 * 400)
    let late = steady(Fixtures.otherID, from: now.addingTimeInterval(-86_400 * 120), days: 120)
    try await SimulatedCollection.on([steady(from: start, days: 400), late], now: now) {
      collection in
      collection.server.reconfigure { $0.keepsDays = 180 }
      try await collection.run(at: now)
      let partial = { (app: String) in
        try ["daily", "weekly", "monthly", "quarterly"].map { view in
          try collection.rows(
            "SELECT date FROM \(view) WHERE app_id = '\(app)' AND state = 'partial'")
        }
      }
      // Noon of 6 January is 180 days back and kept; the server may have lost that morning.
      #expect(
        try partial(Fixtures.appID)
          == [[["2026-01-06"]], [["2026-01-05"]], [["2026-01-01"]], [["2026-01-01"]]])
      // The other app shows that March is remembered, and not that the quarter's start is.
      #expect(try partial(Fixtures.otherID) == [[], [], [], [["2026-01-01"]]])
    }
  }

  @Test func `and remembers again has everything whole at the next deep read`() async throws {
    let first = Date("2026-05-20T02:30:00Z")
    let app = steady(from: first.addingTimeInterval(-86_400 * 100), days: 120)
    try await SimulatedCollection.on([app], now: first) { collection in
      try await collection.run(at: first)
      collection.server.reconfigure { $0.keepsDays = 30 }
      try await runs(collection, from: first.addingTimeInterval(86_400), days: 4)
      #expect(try collection.count("SELECT count(*) FROM daily WHERE state = 'expired'") > 60)
      collection.server.reconfigure { $0.keepsDays = nil }
      let last = first.addingTimeInterval(86_400 * 6)
      try await collection.run(at: last, isDeep: true)
      #expect(try collection.rows("SELECT forgotten_date FROM app") == [[nil]])
      #expect(try ArchiveComparison(collection, app, now: last).differences() == [])
    }
  }

  @Test func `while nobody asked leaves gaps, not zeros`() async throws {
    let first = Date("2026-05-20T02:30:00Z")
    let app = steady(from: first.addingTimeInterval(-86_400 * 10), days: 80)
    try await SimulatedCollection.on([app], now: first) { collection in
      collection.server.reconfigure { $0.keepsDays = 30 }
      try await collection.run(at: first)
      try await runs(collection, from: first.addingTimeInterval(86_400 * 50), days: 3)
      // 9 June 02:30 is thirty days before the first of those runs.
      #expect(
        try collection.rows("SELECT first_date, last_date FROM gaps WHERE grain = 'day'")
          == [["2026-05-20", "2026-06-08"]])
      let zeros = try collection.rows(
        "SELECT date, state FROM daily WHERE messages = 0 AND state <> 'open'")
      #expect(zeros == [])
      #expect(
        try collection.rows(
          "SELECT date, state FROM daily WHERE date BETWEEN '2026-05-19' AND '2026-06-10'")
          == [
            ["2026-05-19", "expired"], ["2026-06-09", "partial"],
            ["2026-06-10", "expired"],
          ])
    }
  }

  @Test func `does not make a quiet app forgotten`() async throws {
    let first = Date("2026-05-20T02:30:00Z")
    let app = DemoFleet.appOfOneConversation(at: first.addingTimeInterval(-86_400 * 40))
    try await SimulatedCollection.on([app], now: first) { collection in
      collection.server.reconfigure { $0.keepsDays = 60 }
      try await runs(collection, from: first, days: 30)
      #expect(try collection.count("SELECT count(*) FROM gaps") == 0)
      #expect(try collection.count("SELECT sum(chats) FROM daily") == 1)
      #expect(try collection.count("SELECT count(*) FROM daily") == 70)
    }
  }
}
