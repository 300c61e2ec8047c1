import AlmanacCollector
import AlmanacCore
import AlmanacStore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

@Suite struct `The day from which an app is wanted` {
  private let start = Date("2025-10-06T00:00:00Z")
  private let now = Date("2026-06-10T02:30:00Z")

  private func app(since: String?) throws -> App {
    App(
      id: try #require(AppID(Fixtures.appID)), name: "Support bot", server: "default",
      since: since.flatMap { Day($0) })
  }

  private func collecting(
    _ settings: CollectorSettings = CollectorSettings(retentionOffsets: [.week: [1, 4]]),
    from start: Date? = nil, _ body: (SimulatedCollection, SimulatedApp) async throws -> Void
  ) async throws {
    let simulated = Fixtures.steady(from: start ?? self.start, days: 500)
    try await SimulatedCollection.on([simulated], now: now) { original in
      var collection = original
      // Requests about the zone say nothing of this.
      collection.zones = ["default": .utc]
      collection.settings = settings
      try await body(collection, simulated)
    }
  }

  /// Whether the newest run asked for no more than one on another day would.
  private func isDaily(_ collection: SimulatedCollection) throws -> Bool {
    let oldest = try collection.rows(
      """
      SELECT min(first_date), count(*) <= 14 FROM request
      WHERE run_id = (SELECT max(id) FROM run) AND (source > 0 OR grain IS NULL)
      """)[0]
    return try oldest[0] ?? "" > "2026-05-20" && oldest[1] == "1"
      && self.oldest(.quarter, collection) >= (try #require(Day("2026-01-01")))
  }

  private func later(_ days: Int) -> Date { now.addingTimeInterval(86_400 * Double(days)) }

  /// The oldest day that the newest run asked for at a grain, the spare bucket left out.
  private func oldest(_ grain: Grain, _ collection: SimulatedCollection) throws -> Day {
    let asked = try collection.rows(
      """
      SELECT min(first_date) FROM request
      WHERE run_id = (SELECT max(id) FROM run) AND grain = \(grain.rawValue) AND source = 0
      """)[0][0]
    return grain.start(of: try #require(asked.flatMap { Day($0) }), advancedBy: 1)
  }

  /// The rows that are held from before a day.
  private func held(before day: Day, _ collection: SimulatedCollection) throws -> [[String?]] {
    try ["user_fact", "chat_fact", "app_fact", "retention_fact", "bucket"].flatMap { table in
      try collection.rows("SELECT * FROM \(table) WHERE day < \(day.number) ORDER BY 1, 2, 3, 4")
    }
  }

  /// A day in a week, the first of a quarter, the last of a month.
  @Test(arguments: ["2026-03-18", "2026-04-01", "2026-05-31"])
  func `holds from the next run on where it is set or moved later, in deep reads too`(
    _ since: String
  ) async throws {
    try await collecting { collection, simulated in
      // Moved once from nothing, once from an earlier day.
      for (place, first) in [nil, "2025-11-20"].enumerated() {
        let collection = try collection.withNewArchive(named: "since-\(place).db")
        collection.server.changeRecords(of: Fixtures.appID) { $0 = simulated.records }
        try await collection.run(at: now, apps: [app(since: first)])
        let wanted = try #require(Day(since))
        // Days in the coarser buckets that hold the day are read with these.
        let whole = try #require(Grain.allCases.map { $0.start(of: wanted) }.min())
        let before = try held(before: whole, collection)
        #expect(!before.isEmpty)
        // The server's past has changed on either side.
        collection.server.changeRecords(of: Fixtures.appID) { records in
          for index in records.indices where index % 40 == 0 { records[index].messages += 5 }
        }
        try await collection.run(at: later(1), isDeep: true, apps: [app(since: since)])
        for grain in Grain.allCases {
          let first = grain == .day ? whole : grain.start(of: wanted)
          #expect(try oldest(grain, collection) == first, "\(grain)")
        }
        #expect(try held(before: whole, collection) == before)
        #expect(
          try collection.count("SELECT count(*) FROM revisions WHERE date < '\(whole)'") == 0)
        #expect(try collection.count("SELECT count(*) FROM revisions WHERE grain = 'day'") > 0)
        #expect(try collection.count("SELECT count(*) FROM gaps") == 0)
        // The run after a deep one is a daily one again.
        try await collection.run(at: later(2), apps: [app(since: since)])
        #expect(try isDaily(collection))
      }
    }
  }

  @Test(arguments: [nil, "2025-11-20", "2026-02-02"])
  func `has what is missing read where it is moved back or removed`(
    _ earlier: String?
  ) async throws {
    try await collecting(CollectorSettings()) { collection, simulated in
      try await collection.run(at: now, apps: [app(since: "2026-03-18")])
      try await collection.run(at: now, apps: [app(since: "2026-05-20")])
      try await collection.run(at: now, apps: [app(since: earlier)])
      let first = try collection.rows("SELECT min(date) FROM daily")[0][0]
      let wanted = earlier.flatMap { Day($0) }.map { Grain.quarter.start(of: $0) }
      #expect(first == max(wanted, Day("2025-10-06")).map { "\($0)" })
      #expect(try collection.count("SELECT count(*) FROM gaps") == 0)
      #expect(try collection.count("SELECT count(*) FROM revisions") == 0)
      try await collection.run(at: now, apps: [app(since: nil)])
      #expect(try ArchiveComparison(collection, simulated, now: now).differences() == [])
    }
  }

  private func max(_ left: Day?, _ right: Day?) -> Day? {
    [left, right].compactMap(\.self).max()
  }

  /// Buckets that were missing before the day are gaps no more, and nothing waits for them. The
  /// third request is the first of two for the days.
  @Test(arguments: [2, 3, 4])
  func `leaves out what a broken-off run had not read of the time before`(
    _ requests: Int
  ) async throws {
    try await collecting(from: Date("2025-02-03T00:00:00Z")) { collection, _ in
      let since = try app(since: "2026-05-04")
      try await collection.archive.enroll([app(since: nil)], run: 0)
      try await collection.archive.pin(.utc, of: "default", .configured, run: 0)
      try await collection.run(at: now, breakingOffAfter: requests)
      try await collection.run(at: later(1), apps: [since])
      #expect(try oldest(.day, collection) == Day("2026-04-01"))
      #expect(try collection.count("SELECT count(*) FROM gaps") == 0)
      for (view, first) in [
        ("daily", "2026-04-01"), ("weekly", "2026-05-04"), ("monthly", "2026-05-01"),
        ("quarterly", "2026-04-01"),
      ] {
        #expect(
          try collection.rows("SELECT min(date) FROM \(view) WHERE date >= '\(first)'")
            == [[first]], "\(view)")
      }
      try await collection.run(at: later(2), apps: [since])
      #expect(try isDaily(collection))
    }
  }

  @Test func `takes the gaps before it from apps that the run leaves alone, too`() async throws {
    let other = Fixtures.steady(Fixtures.otherID, name: "Other", from: start, days: 300)
    try await SimulatedCollection.on([Fixtures.steady(from: start, days: 300), other], now: now) {
      collection in
      let id = try #require(AppID(Fixtures.otherID))
      let march = try #require(Day("2026-03-04"))
      try await collection.run(at: now, days: march..<march.advanced(by: 5), only: [id])
      #expect(try collection.count("SELECT count(*) FROM gaps") > 0)
      let wanted = App(id: id, name: "Other", server: "default", since: Day("2026-05-06"))
      try await collection.run(
        at: now, only: [try #require(AppID(Fixtures.appID))], apps: [app(since: nil), wanted])
      #expect(
        try collection.rows("SELECT grain, first_date FROM gaps ORDER BY first_date, grain")
          == [["month", "2026-05-01"], ["week", "2026-05-04"], ["day", "2026-05-06"]])
    }
  }

  /// The range may reach back however far; `--from 0001-01-01` once asked 27,523 times for three
  /// apps.
  @Test func `or its first activity is where a range is cut`() async throws {
    try await collecting { collection, _ in
      let end = try #require(Day("2026-06-11"))
      let asked = { (from: String, app: App) -> [String?] in
        collection.server.forgetRequests()
        try await collection.run(
          at: now, days: try #require(Day(from))..<end, apps: [app])
        return collection.server.requests.map(\.dateStart)
      }
      for since in [nil, "2026-02-11"] {
        let app = try app(since: since)
        try await collection.run(at: now, apps: [app])
        let first = since ?? "2025-10-06"
        let right = try await asked(first, app)
        for from in ["0001-01-01", "1970-01-01", "2020-02-29", "2025-10-01"] {
          #expect(try await asked(from, app) == right, "\(from)")
        }
        #expect(
          try oldest(.day, collection) == Grain.quarter.start(of: try #require(Day(first))))
      }
    }
  }

  @Test func `is not needed to cut a range of an app without any activity`() async throws {
    let silent = SimulatedApp(id: Fixtures.appID, name: "Silent")
    try await SimulatedCollection.on([silent], now: now) { collection in
      for from in ["0001-01-01", "2026-06-01"] {
        let range = try #require(Day(from))..<(try #require(Day("2026-06-11")))
        #expect(try await collection.run(at: now, days: range).requests == 3)
      }
    }
  }

  @Test func `is cut off in a plan as in the run that follows`() async throws {
    try await collecting { collection, _ in
      try await collection.run(at: now)
      for (since, days) in [("2026-03-18", nil), ("2026-03-18", "0001-01-01"), ("2026-05-31", nil)]
      {
        let app = try app(since: since)
        let request = RunRequest(
          days: days.flatMap { Day($0) }.map { $0..<Day(number: 30_000) }, isDeep: days == nil,
          arguments: "test", version: "test")
        let collector = Collector(
          archive: collection.archive, settings: collection.settings,
          clock: CivilClock(isRehearsed: true) { [now] in now }, feeds: [:], zones: [:])
        let planned = try await collector.plan([app], request).requests
          .compactMap(\.chart)
        collection.server.forgetRequests()
        try await collection.run(
          at: now, days: request.days, isDeep: request.isDeep, apps: [app])
        let oldest = { (grain: Grain) in
          planned.filter { $0.grain == grain }.map(\.instants.lowerBound).min()
            .map { Date.iso8601(milliseconds: $0) }
        }
        for grain in [Grain.week, .month] {
          let asked = collection.server.requests.filter { $0.userTimespan == grain.name }
            .compactMap(\.dateStart).min()
          #expect(oldest(grain) == asked, "\(grain)")
        }
      }
    }
  }
}
