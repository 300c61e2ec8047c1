import AlmanacCollector
import AlmanacCore
import AlmanacStore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Synchronization
import Testing

@Suite struct `The zone of a server, run by run` {
  private let now = Date("2026-06-10T02:30:00Z")
  private let shanghai = TimeZone(identifier: "Asia/Shanghai") ?? .gmt

  private var busy: SimulatedApp {
    DemoFleet.apps(
      count: 1, seed: 21, from: now.addingTimeInterval(-86_400 * 100),
      until: now.addingTimeInterval(86_400 * 10))[0]
  }

  private func zone(_ collection: SimulatedCollection) throws -> [String?] {
    try collection.rows("SELECT zone, zone_origin FROM server")[0]
  }

  @Test(arguments: [ServerProfile.LabelStyle.ownMidnight, .utcMidnight])
  func `is proved where activity decides it`(labels: ServerProfile.LabelStyle) async throws {
    try await SimulatedCollection.on([busy], now: now, zone: shanghai) { collection in
      collection.server.reconfigure { $0.labels = labels }
      try await collection.run(at: now)
      let found = try zone(collection)
      #expect(found == ["UTC+08:00", "proved"])
      #expect(try collection.count("SELECT count(*) FROM zone_proof") > 0)
      #expect(
        try ArchiveComparison(collection, busy, now: now, secondsFromUTC: 28_800).differences()
          == [])
    }
  }

  /// Nine to six in Shanghai is one to ten in UTC: both cut the same days.
  @Test func `is assumed for a bot of office hours, and its days are right`() async throws {
    let app = DemoFleet.officeApp(
      seed: 3, zone: shanghai, from: now.addingTimeInterval(-86_400 * 60),
      until: now.addingTimeInterval(86_400 * 10))
    try await SimulatedCollection.on([app], now: now, zone: shanghai) { collection in
      collection.server.reconfigure { $0.labels = .utcMidnight }
      for day in 0..<5 {
        collection.server.forgetRequests()
        let report = try await collection.run(at: now.addingTimeInterval(86_400 * Double(day)))
        #expect(report.failed.isEmpty)
        if day > 0 { #expect(collection.server.requests.count < 20) }
      }
      #expect(try zone(collection) == ["UTC", "assumed"])
      #expect(try collection.count("SELECT count(*) FROM gaps") == 0)
      let days = try collection.rows("SELECT date, chats FROM daily WHERE chats > 0")
      let counted = Recount(
        app, now: now.addingTimeInterval(86_400 * 4), secondsFromUTC: 28_800
      ).buckets("day", now: now.addingTimeInterval(86_400 * 4)).filter { $0.value.chats > 0 }
      #expect(
        Dictionary(uniqueKeysWithValues: days.map { ($0[0] ?? "", $0[1] ?? "") })
          == counted.mapValues { "\($0.chats)" })
    }
  }

  @Test func `that was assumed is found when activity contradicts it`() async throws {
    let office = DemoFleet.officeApp(
      seed: 3, zone: shanghai, from: now.addingTimeInterval(-86_400 * 60), until: now)
    // Somebody is awake from now on in the small hours of Shanghai, which are the UTC evening.
    let nights = (0..<6).flatMap { day in
      (0..<16).map { half in
        Fixtures.record(
          "owl", now.addingTimeInterval(86_400 * Double(day) + 1800 * Double(half) + 48_000))
      }
    }
    let app = SimulatedApp(
      id: office.id, name: office.name, records: office.records + nights)
    try await SimulatedCollection.on([app], now: now, zone: shanghai) { collection in
      collection.server.reconfigure { $0.labels = .utcMidnight }
      try await collection.run(at: now)
      #expect(try zone(collection) == ["UTC", "assumed"])
      let warnings = Mutex<[String]>([])
      for day in 1...4 {
        try await collection.run(at: now.addingTimeInterval(86_400 * Double(day))) { event in
          if case .warned(let text) = event { warnings.withLock { $0.append(text) } }
        }
      }
      #expect(try zone(collection)[0] == "UTC+08:00")
      #expect(warnings.withLock { $0.contains { $0.contains("its past is read again") } })
      let last = now.addingTimeInterval(86_400 * 4)
      let differences = try ArchiveComparison(
        collection, app, now: last, secondsFromUTC: 28_800
      ).differences()
      #expect(differences == [])
    }
  }

  @Test func `that is proved and contradicted stops the server until it is said`() async throws {
    try await SimulatedCollection.on([busy], now: now, zone: shanghai) { original in
      var collection = original
      try await collection.run(at: now)
      let before = try collection.rows("SELECT * FROM user_fact")
      collection.server.reconfigure { $0.zone = .gmt }
      let next = now.addingTimeInterval(86_400)
      let report = try await collection.run(at: next)
      #expect(report.failed.count == 1)
      let cause = report.failed.first?.failures.first?.cause ?? ""
      #expect(cause.contains("no longer begin at midnight UTC+08:00"))
      #expect(report.failed.first?.failures.first?.hint?.contains("bucket_time_zone") == true)
      #expect(try collection.rows("SELECT * FROM user_fact") == before)
      collection.zones = ["default": .utc]
      let healed = try await collection.run(at: next)
      #expect(healed.failed.isEmpty)
      #expect(try zone(collection) == ["UTC", "proved"])
      #expect(try collection.count("SELECT count(*) FROM revisions WHERE reason = 'recut'") > 100)
      #expect(try collection.count("SELECT count(*) FROM revisions WHERE reason <> 'recut'") == 0)
      // The day before the first one in the old zone, if it was active, is not in the new one.
      let held = try collection.rows(
        "SELECT date, chats FROM daily WHERE chats > 0 AND state <> 'open'")
      let counted = Recount(busy, now: next).buckets("day", now: next)
      #expect(held.allSatisfy { counted[$0[0] ?? ""]?.chats == Int($0[1] ?? "") })
    }
  }

  @Test func `is refused where the configuration contradicts the answers`() async throws {
    try await SimulatedCollection.on([busy], now: now, zone: shanghai) { original in
      var collection = original
      collection.zones = ["default": .utc]
      let report = try await collection.run(at: now)
      #expect(report.outcome == .failed)
      #expect(report.worstFailure?.kind == .configuration)
      #expect(report.worstFailure?.hint?.contains("UTC+08:00") == true)
      let held = try collection.count("SELECT count(*) FROM bucket")
      #expect(held == 0)
    }
  }

  /// The server is wrong from the first run on, or was well before.
  @Test(arguments: [false, true], [nil, BucketZone.utc, BucketZone(secondsFromUTC: 28_800)])
  func `that no answer agrees with stores nothing`(
    wasWell: Bool, configured: BucketZone?
  ) async throws {
    try await SimulatedCollection.on([busy], now: now, zone: shanghai) { original in
      var collection = original
      if wasWell { try await collection.run(at: now) }
      if let configured { collection.zones = ["default": configured] }
      let before = try collection.rows("SELECT * FROM user_fact")
      collection.server.reconfigure { $0.labels = .utcMidnightOfFirstRecord }
      let report = try await collection.run(at: now.addingTimeInterval(86_400))
      #expect(report.outcome == .failed)
      #expect([.badAnswer, .configuration].contains(report.worstFailure?.kind))
      #expect(try collection.rows("SELECT * FROM user_fact") == before)
      collection.server.reconfigure { $0.labels = .ownMidnight }
      if configured != .utc {
        #expect(try await collection.run(at: now.addingTimeInterval(86_400)).failed.isEmpty)
        #expect(try zone(collection) == ["UTC+08:00", "proved"])
      }
    }
  }

  @Test func `is stopped where the clocks change and an offset is configured`() async throws {
    let winter = Date("2026-03-20T02:30:00Z")
    let berlin = try #require(TimeZone(identifier: "Europe/Berlin"))
    let app = DemoFleet.apps(
      count: 1, seed: 21, from: winter.addingTimeInterval(-86_400 * 20),
      until: winter.addingTimeInterval(86_400 * 80))[0]
    try await SimulatedCollection.on([app], now: winter, zone: berlin) { original in
      var collection = original
      collection.zones = ["default": BucketZone(secondsFromUTC: 3600)]
      #expect(try await collection.run(at: winter).failed.isEmpty)
      for spring in ["2026-04-02T02:30:00Z", "2026-04-03T02:30:00Z"] {
        let before = try collection.rows("SELECT * FROM user_fact")
        let day = try #require(Date(iso8601: spring))
        let report = try await collection.run(at: day)
        #expect(report.worstFailure?.kind == .configuration)
        #expect(report.worstFailure?.hint?.contains("Europe/Berlin") == true)
        #expect(try collection.rows("SELECT * FROM user_fact") == before)
      }
      let last = Date("2026-04-04T02:30:00Z")
      collection.zones = ["default": try #require(BucketZone(identifier: "Europe/Berlin"))]
      #expect(try await collection.run(at: last).failed.isEmpty)
      #expect(try collection.count("SELECT count(*) FROM revisions WHERE reason = 'recut'") == 0)
    }
  }

  @Test func `is nobody's business while there is no activity`() async throws {
    try await SimulatedCollection.on([DemoFleet.unusedApp()], now: now) { collection in
      for day in 0..<3 {
        let report = try await collection.run(at: now.addingTimeInterval(86_400 * Double(day)))
        #expect(report.failed.isEmpty)
        // The three requests are for the key, the totals and the origin.
        #expect(report.requests == 3)
      }
      #expect(try zone(collection) == [nil, nil])
      #expect(try collection.count("SELECT count(*) FROM gaps") == 0)
    }
  }
}
