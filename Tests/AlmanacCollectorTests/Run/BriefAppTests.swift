import AlmanacCollector
import AlmanacCore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

/// All that is wanted of a brief app fits one request, so that nobody needs to know where it begins.
@Suite struct `Apps that are wanted since less than a year` {
  private let now = Date("2026-06-10T02:30:00Z")

  private func apps(_ count: Int) -> [SimulatedApp] {
    DemoFleet.apps(
      count: count, seed: 3, from: now.addingTimeInterval(-86_400 * 300), until: now)
  }

  private func quarters(_ collection: SimulatedCollection) -> Int {
    collection.server.requests.count { $0.userTimespan == "quarter" }
  }

  private func wanted(_ collection: SimulatedCollection) -> [App] {
    collection.apps.map {
      App(id: $0.id, name: $0.name, server: "default", since: Day("2025-07-01"))
    }
  }

  @Test func `are asked about only until three busy ones can tell the zone`() async throws {
    let apps = apps(30)
    try await SimulatedCollection.on(apps, now: now) { started in
      var collection = started
      collection.settings.grains = [.day]
      let wanted = wanted(collection)
      let report = try await collection.run(at: now, apps: wanted)
      #expect(report.failed.isEmpty)
      #expect((3...16).contains(quarters(collection)))
      #expect(try collection.rows("SELECT zone, zone_origin FROM server") == [["UTC", "proved"]])
      let counted = try collection.rows("SELECT app_id, sum(users) FROM daily GROUP BY app_id")
      for app in apps {
        let users = Set(
          app.records(at: now).map {
            "\(Recount.start("day", Int($0.time.timeIntervalSince1970))) \($0.userID)"
          })
        let held = counted.first { $0[0] == app.id }?[1]
        #expect(held ?? "0" == "\(users.count)")
      }
      // Not even for a new app, now that the zone is known.
      collection.server.forgetRequests()
      try await collection.run(at: now, isDeep: true, apps: wanted)
      #expect(quarters(collection) == 0)
    }
  }

  /// A quiet fleet tells less, so each of its apps is asked about.
  @Test func `are all asked about while none is busy`() async throws {
    let quiet = Fixtures.record("ann", now.addingTimeInterval(-86_400 * 9))
    let app = SimulatedApp(id: Fixtures.appID, name: "Support bot", records: [quiet])
    let silent = SimulatedApp(id: String(repeating: "a", count: 24), name: "Silent")
    try await SimulatedCollection.on([silent, app], now: now) { started in
      var collection = started
      collection.settings.grains = [.day]
      let report = try await collection.run(at: now, apps: wanted(collection))
      #expect(report.failed.isEmpty)
      #expect(quarters(collection) == 2)
      #expect(try collection.rows("SELECT users FROM daily WHERE date = '2026-06-01'") == [["1"]])
      // The zone is assumed, so a deep read asks again.
      collection.server.forgetRequests()
      try await collection.run(at: now, isDeep: true, apps: wanted(collection))
      #expect(quarters(collection) == 2)
    }
  }

  /// Its days show that there is nothing to ask for, until there is.
  @Test func `take two requests while they are silent`() async throws {
    let busy = Fixtures.steady(from: now.addingTimeInterval(-86_400 * 60), days: 70)
    let first = Fixtures.record("ann", now.addingTimeInterval(86_400 * 2.5))
    let silent = SimulatedApp(id: Fixtures.otherID, name: "Silent", records: [first])
    try await SimulatedCollection.on([busy, silent], now: now) { started in
      var collection = started
      collection.zones = ["default": .utc]
      for day in 0..<4 {
        let later = now.addingTimeInterval(86_400 * Double(day))
        collection.server.forgetRequests()
        let report = try await collection.run(at: later, apps: wanted(collection))
        #expect(report.failed.isEmpty)
        let count = collection.server.requests.count { $0.appID == silent.id }
        #expect(day == 0 ? count <= 3 : day < 3 ? count == 2 : count > 8, "day \(day)")
      }
      #expect(
        try collection.rows("SELECT grain, count(*) FROM bucket WHERE app = 2 GROUP BY 1")
          == [["0", "2"], ["1", "1"], ["2", "1"], ["3", "1"]])
    }
  }

  /// Its activity begins before all that is wanted.
  @Test func `keep what is wanted and nothing older`() async throws {
    let records = (-400..<0).map {
      Fixtures.record("ann", now.addingTimeInterval(86_400 * Double($0)))
    }
    let app = SimulatedApp(id: Fixtures.appID, name: "Support bot", records: records)
    try await SimulatedCollection.on([app], now: now) { started in
      var collection = started
      collection.settings.grains = [.day]
      for isDeep in [false, true] {
        try await collection.run(at: now, isDeep: isDeep, apps: wanted(collection))
        #expect(
          try collection.rows("SELECT min(date), count(*), sum(users) FROM daily")
            == [["2025-07-01", "345", "344"]])
        #expect(try collection.rows("SELECT * FROM gaps") == [])
      }
    }
  }

  /// Without activity of the last weeks, nothing that is held can prove where days begin now.
  @Test func `are asked about where the zone was changed after a quiet month`() async throws {
    let records = (-300 ..< -40).flatMap { day in
      [0.1, 0.4, 0.8, 0.95].map { part in
        Fixtures.record("ann", now.addingTimeInterval(86_400 * (Double(day) + part)))
      }
    }
    let app = SimulatedApp(id: Fixtures.appID, name: "Support bot", records: records)
    let zone = try #require(TimeZone(identifier: "Asia/Shanghai"))
    try await SimulatedCollection.on([app], now: now, zone: zone) { started in
      var collection = started
      collection.settings.grains = [.day]
      try await collection.run(at: now, apps: wanted(collection))
      let tokyo = try #require(TimeZone(identifier: "Asia/Tokyo"))
      collection.server.reconfigure { $0.zone = tokyo }
      collection.zones = ["default": try #require(BucketZone(identifier: "UTC+09:00"))]
      collection.server.forgetRequests()
      let report = try await collection.run(at: now, isDeep: true, apps: wanted(collection))
      #expect(report.failed.isEmpty)
      #expect(quarters(collection) == 1)
      #expect(try collection.rows("SELECT zone FROM server") == [["UTC+09:00"]])
      let days = Set(
        records.map { Recount.start("day", Int($0.time.timeIntervalSince1970) + 32_400) })
      #expect(
        try collection.rows("SELECT date FROM daily WHERE users > 0 ORDER BY date").map { $0[0] }
          == days.sorted())
    }
  }

  /// The server still has the quarter before, so it has forgotten nothing of what is wanted.
  @Test func `are whole where a week or more before is still there`() async throws {
    // Nobody was active on the spare day.
    let days = Array(-400 ..< -349) + Array(-340..<0)
    let records = days.map { Fixtures.record("ann", now.addingTimeInterval(86_400 * Double($0))) }
    let app = SimulatedApp(id: Fixtures.appID, name: "Support bot", records: records)
    try await SimulatedCollection.on([app], now: now) { collection in
      try await collection.run(at: now, apps: wanted(collection))
      let first = try collection.rows("SELECT min(date) FROM daily WHERE users > 0")
      #expect(first == [["2025-07-05"]])
      let doubted = try collection.rows(
        """
        SELECT calendar.grain, date, remembered_date FROM bucket
        JOIN calendar ON calendar.grain = bucket.grain AND calendar.day = bucket.day
        JOIN app ON app.id = bucket.app WHERE state = 'partial'
        """)
      #expect(doubted == [])
    }
  }
}
