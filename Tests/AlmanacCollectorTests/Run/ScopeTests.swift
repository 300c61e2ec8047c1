import AlmanacCollector
import AlmanacCore
import AlmanacStore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

@Suite struct `What a run covers` {
  private let start = Date("2026-01-05T00:00:00Z")
  private let now = Date("2026-06-10T02:30:00Z")
  private let id = AppID(Fixtures.appID)

  private func app(since: Day?, name: String = "Support bot") throws -> App {
    App(id: try #require(id), name: name, tags: ["cn"], server: "default", since: since)
  }

  @Test func `begins at since, moved outward to the buckets that hold it`() async throws {
    let simulated = Fixtures.steady(from: start, days: 200)
    try await SimulatedCollection.on([simulated], now: now) { collection in
      let app = try app(since: Day("2026-05-13"))
      try await collection.run(at: now, apps: [app])
      #expect(try collection.rows("SELECT min(date) FROM weekly") == [["2026-05-11"]])
      #expect(try collection.rows("SELECT min(date) FROM monthly") == [["2026-05-01"]])
      #expect(try collection.rows("SELECT min(date) FROM quarterly") == [["2026-04-01"]])
      // The days reach back to the start of the oldest bucket, and are believed.
      #expect(try collection.rows("SELECT min(date) FROM daily") == [["2026-04-01"]])
      #expect(
        try collection.rows("SELECT messages FROM quarterly ORDER BY date LIMIT 1")
          == collection.rows("SELECT sum(messages) FROM daily WHERE date < '2026-07-01'"))

      try await collection.run(at: now, apps: [try self.app(since: nil)])
      #expect(try ArchiveComparison(collection, simulated, now: now).differences() == [])
    }
  }

  @Test func `of a range is that range, and older activity is found by the next run`()
    async throws
  {
    let simulated = Fixtures.steady(from: start, days: 200)
    let other = Fixtures.steady(Fixtures.otherID, name: "Other", from: start, days: 200)
    try await SimulatedCollection.on([simulated, other], now: now) { collection in
      let days = try #require(Day("2026-03-04"))..<(try #require(Day("2026-03-09")))
      try await collection.run(at: now, days: days, only: [try #require(id)])
      #expect(
        try collection.rows("SELECT DISTINCT app FROM daily") == [["Support bot"]])
      // The quarter of the range needs its days from its first on.
      #expect(
        try collection.rows("SELECT min(date), max(date) FROM daily")
          == [["2026-01-05", "2026-03-08"]])
      #expect(
        try collection.rows("SELECT reason FROM gaps WHERE grain = 'day'") == [["never read"]])
      try await collection.run(at: now)
      for app in [simulated, other] {
        #expect(try ArchiveComparison(collection, app, now: now).differences() == [])
      }
      #expect(try collection.count("SELECT count(*) FROM gaps") == 0)
    }
  }

  @Test func `reads a settled range again when asked to`() async throws {
    let simulated = Fixtures.steady(from: start, days: 200)
    try await SimulatedCollection.on([simulated], now: now) { collection in
      try await collection.run(at: now)
      collection.server.changeRecords(of: Fixtures.appID) { $0[0].messages = 9 }
      let days = try #require(Day("2026-01-05"))..<(try #require(Day("2026-01-06")))
      try await collection.run(at: now, days: days)
      #expect(try collection.count("SELECT messages FROM daily WHERE date = '2026-01-05'") == 11)
      #expect(
        try collection.rows(
          "SELECT DISTINCT grain FROM revisions WHERE source = 'all' ORDER BY grain")
          == [["day"], ["month"], ["quarter"], ["week"]])
    }
  }

  @Test func `of an app without any activity asks little and states nothing`() async throws {
    let silent = SimulatedApp(id: Fixtures.appID, name: "Silent")
    try await SimulatedCollection.on([silent], now: now) { collection in
      for day in 0..<3 {
        let report = try await collection.run(at: now.addingTimeInterval(86_400 * Double(day)))
        #expect(report.requests == 3 && report.outcome == .done)
      }
      #expect(try collection.count("SELECT count(*) FROM daily") == 0)
      #expect(try collection.count("SELECT count(*) FROM gaps") == 0)
      collection.server.changeRecords(of: Fixtures.appID) {
        $0.append(Fixtures.record("ann", now.addingTimeInterval(86_400 * 2.5)))
      }
      try await collection.run(at: now.addingTimeInterval(86_400 * 4))
      #expect(
        try collection.rows("SELECT date, users FROM daily ORDER BY date")
          == [["2026-06-12", "1"], ["2026-06-13", "0"], ["2026-06-14", "0"]])
    }
  }

  @Test func `leaves out an app that left the configuration, and keeps its history`()
    async throws
  {
    let simulated = Fixtures.steady(from: start, days: 200)
    let other = Fixtures.steady(Fixtures.otherID, name: "Other", from: start, days: 200)
    try await SimulatedCollection.on([simulated, other], now: now) { collection in
      try await collection.run(at: now)
      let rows = try collection.count("SELECT count(*) FROM daily")
      try await collection.run(
        at: now.addingTimeInterval(86_400 * 9), apps: [try app(since: nil, name: "新名字")])
      #expect(try collection.count("SELECT count(*) FROM daily") == rows + 9)
      #expect(
        try collection.rows("SELECT app, retired FROM freshness ORDER BY retired")
          == [["新名字", "0"], ["Other", "1"]])
      #expect(try collection.count("SELECT count(*) FROM gaps") == 0)
      #expect(try collection.count("SELECT count(*) FROM daily WHERE app = 'Support bot'") == 0)
    }
  }

  /// The server moves the end of the range by calendar months: 28 February becomes 28 May, and
  /// who came back on the 30th would be missed without a spare month behind it.
  @Test func `sees who came back in the last days of a longer month`() async throws {
    let app = SimulatedApp(
      id: Fixtures.appID, name: "Support bot",
      records: [
        Fixtures.record("eve", Date("2026-02-10T09:00:00Z")),
        Fixtures.record("eve", Date("2026-05-30T09:00:00Z")),
      ])
    try await SimulatedCollection.on([app], now: now) { collection in
      try await collection.run(at: now)
      #expect(
        try collection.rows(
          """
          SELECT cohort_users, retained_users FROM retention
          WHERE grain = 'month' AND date = '2026-02-01' AND offset = 3
          """) == [["1", "1"]])
    }
  }

  @Test func `without a grain that was read before keeps what is whole of it`() async throws {
    try await SimulatedCollection.on([Fixtures.steady(from: start, days: 200)], now: now) {
      original in
      var collection = original
      try await collection.run(at: now)
      collection.settings = CollectorSettings(grains: [.day, .month])
      try await collection.run(at: now.addingTimeInterval(86_400 * 9))
      #expect(
        try collection.rows("SELECT max(date), count(*) FROM weekly WHERE state = 'open'")
          == [[nil, "0"]])
      #expect(try collection.rows("SELECT max(date) FROM weekly") == [["2026-06-01"]])
      #expect(try collection.count("SELECT count(*) FROM gaps") == 0)
    }
  }

  @Test func `without by_source still knows the users of each source`() async throws {
    try await SimulatedCollection.on([Fixtures.steady(from: start, days: 200)], now: now) {
      original in
      var collection = original
      collection.settings.bySource = false
      try await collection.run(at: now)
      #expect(
        try collection.rows(
          """
          SELECT source, users, messages FROM daily_by_source
          WHERE date = '2026-06-08' ORDER BY source
          """) == [["api", "1", nil], ["share", "1", nil]])
      #expect(collection.server.requests.allSatisfy { $0.source == nil })
    }
  }
}
