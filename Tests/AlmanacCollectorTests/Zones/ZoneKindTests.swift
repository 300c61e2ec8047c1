import AlmanacCollector
import AlmanacCore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Synchronization
import Testing

@Suite struct `A server that cuts its days where it is asked to` {
  private static let now = Date("2026-06-10T02:30:00Z")
  private static let shanghai = TimeZone(identifier: "Asia/Shanghai") ?? .gmt
  private static let east = BucketZone(secondsFromUTC: 28_800)

  private static func day(_ number: Int) -> Date { now.addingTimeInterval(86_400 * Double(number)) }

  private static let busy = DemoFleet.apps(
    count: 1, seed: 21, from: day(-100), until: day(60))[0]

  private static func zone(_ collection: SimulatedCollection) throws -> [String?] {
    try collection.rows("SELECT zone, zone_origin, zone_kind FROM server")[0]
  }

  /// Runs from one day to another, both included; says what was noted and warned of.
  private static func run(
    _ collection: SimulatedCollection, _ days: ClosedRange<Int>
  ) async throws -> [String] {
    let said = Mutex<[String]>([])
    for number in days {
      let report = try await collection.run(at: day(number)) { event in
        switch event {
        case .warned(let text), .noted(let text): said.withLock { $0.append(text) }
        default: break
        }
      }
      #expect(report.failed.isEmpty)
    }
    return said.withLock { $0 }
  }

  @Test func `has days in UTC where nobody says otherwise, and it is told that any can be had`()
    async throws
  {
    try await SimulatedCollection.on([Self.busy], now: Self.now, zone: Self.shanghai) {
      collection in
      collection.server.reconfigure { $0.generation = .newest }
      let said = try await Self.run(collection, 0...2)
      #expect(try Self.zone(collection) == ["UTC", "proved", "asked"])
      #expect(said.count { $0.contains("bucket_time_zone can name any other offset") } == 1)
      let differences = try ArchiveComparison(
        collection, Self.busy, now: Self.day(2)
      ).differences()
      #expect(differences == [])
    }
  }

  @Test func `obeys the configuration, at once and later, for the whole past`() async throws {
    try await SimulatedCollection.on([Self.busy], now: Self.now) { original in
      var collection = original
      collection.server.reconfigure { $0.generation = .newest }
      for (name, offset, days) in [
        ("Asia/Shanghai", 28_800, 0...1), ("UTC-03:30", -12_600, 2...3), ("UTC", 0, 4...4),
      ] {
        collection.zones = ["default": try #require(BucketZone(identifier: name))]
        _ = try await Self.run(collection, days)
        #expect(try Self.zone(collection) == [name, "configured", "asked"])
        // The day before the first one in the new zone may have been active in the old one.
        let now = Self.day(days.upperBound)
        let recount = Recount(Self.busy, now: now, secondsFromUTC: offset)
        for (grain, view) in [("day", "daily"), ("week", "weekly"), ("month", "monthly")] {
          let held = try collection.rows(
            "SELECT date, users, messages, chats FROM \(view) WHERE chats > 0 ORDER BY date")
          let counted = recount.buckets(grain, now: now).filter { $0.value.chats > 0 }
            .sorted { $0.key < $1.key }
          #expect(
            held
              == counted.map {
                [$0.key, "\($0.value.users.count)", "\($0.value.messages)", "\($0.value.chats)"]
              })
        }
      }
    }
  }

  /// The zone that an archive had before its server was upgraded, and how it was labelled.
  struct Upgrade: Sendable, CustomTestStringConvertible {
    let from: ServerProfile.Generation
    let zone: String
    var labels = ServerProfile.LabelStyle.ownMidnight
    var isDeep = false

    var testDescription: String { "\(from), \(zone), \(labels)\(isDeep ? ", read wholly" : "")" }

    static let all = [
      Upgrade(from: .older, zone: "Asia/Shanghai"), Upgrade(from: .current, zone: "UTC"),
      Upgrade(from: .tokens, zone: "Asia/Shanghai", labels: .utcMidnight),
      Upgrade(from: .current, zone: "Asia/Shanghai", isDeep: true),
      Upgrade(from: .tokens, zone: "Asia/Shanghai", labels: .utcMidnight, isDeep: true),
      Upgrade(from: .older, zone: "UTC", isDeep: true),
    ]
  }

  @Test(arguments: Upgrade.all)
  func `keeps every complete figure of before it was upgraded`(upgrade: Upgrade) async throws {
    let zone = try #require(TimeZone(identifier: upgrade.zone))
    try await SimulatedCollection.on([Self.busy], now: Self.now, zone: zone) { collection in
      collection.server.reconfigure { profile in
        profile.generation = upgrade.from
        profile.labels = upgrade.labels
      }
      _ = try await Self.run(collection, 0...1)
      let held = """
        SELECT date, users, new_users, messages, chats, errors, points, good_feedback, bad_feedback,
          response_seconds FROM daily WHERE date < '2026-06-10' ORDER BY date
        """
      let before = try collection.rows(held)
      let origin = try Self.zone(collection).prefix(2)
      collection.server.reconfigure { profile in
        profile.generation = .newest
        profile.labels = .ownMidnight
      }
      try await collection.run(at: Self.day(2), isDeep: upgrade.isDeep)
      _ = try await Self.run(collection, 3...5)
      #expect(try collection.rows(held) == before)
      // An old server has come to count all users who are seen again.
      let counted = upgrade.from == .older ? "figure NOT LIKE 'retained%'" : "1"
      let revised = try collection.rows(
        "SELECT figure, grain FROM revisions WHERE \(counted) LIMIT 4")
      #expect(revised == [])
      #expect(try Self.zone(collection).prefix(2) == origin)
      let isKnown = upgrade.isDeep || upgrade.labels == .utcMidnight
      #expect(try Self.zone(collection)[2] == (isKnown ? "asked" : "own"))
      #expect(try collection.count("SELECT count(*) FROM gaps") == 0)
    }
  }

  @Test func `reads a past again whose zone was assumed, once`() async throws {
    let app = DemoFleet.officeApp(
      seed: 3, zone: Self.shanghai, from: Self.day(-60), until: Self.day(40))
    try await SimulatedCollection.on([app], now: Self.now, zone: Self.shanghai) { collection in
      collection.server.reconfigure { $0.labels = .utcMidnight }
      _ = try await Self.run(collection, 0...1)
      #expect(try Self.zone(collection) == ["UTC", "assumed", "own"])
      collection.server.reconfigure { profile in
        profile.generation = .newest
        profile.labels = .ownMidnight
      }
      try await collection.run(at: Self.day(2), isDeep: true)
      #expect(try Self.zone(collection) == ["UTC", "proved", "asked"])
      let said = try await Self.run(collection, 3...4)
      #expect(said.allSatisfy { !$0.contains("read again") })
      let differences = try ArchiveComparison(collection, app, now: Self.day(4)).differences()
      #expect(differences == [])
    }
  }

  /// It begins to label days with their own midnight, or goes back to a server that does not.
  @Test func `is not mistaken where the labels alone change`() async throws {
    try await SimulatedCollection.on([Self.busy], now: Self.now, zone: Self.shanghai) {
      collection in
      let steps: [(ServerProfile.Generation, ServerProfile.LabelStyle)] = [
        (.current, .utcMidnight), (.tokens, .ownMidnight), (.newest, .ownMidnight),
        (.tokens, .utcMidnight),
      ]
      for (number, step) in steps.enumerated() {
        collection.server.reconfigure { ($0.generation, $0.labels) = step }
        try await collection.run(at: Self.day(2 * number), isDeep: step.0 == .newest)
        let said = try await Self.run(collection, 2 * number + 1...2 * number + 1)
        #expect(said == [])
        #expect(try Self.zone(collection).first == "UTC+08:00")
        let kind = step.0 == .newest ? "asked" : "own"
        #expect(try Self.zone(collection).last == kind, "\(step)")
      }
      #expect(try collection.count("SELECT count(*) FROM gaps") == 0)
      #expect(try collection.count("SELECT count(*) FROM revisions") == 0)
    }
  }

  @Test func `is not asked for a zone with daylight saving`() async throws {
    try await SimulatedCollection.on([Self.busy], now: Self.now) { original in
      var collection = original
      collection.server.reconfigure { $0.generation = .newest }
      collection.zones = ["default": try #require(BucketZone(identifier: "America/New_York"))]
      let report = try await collection.run(at: Self.now)
      #expect(report.worstFailure?.kind == .configuration)
      #expect(
        report.worstFailure?.hint
          == "set bucket_time_zone of the server default to UTC-05:00 or UTC-04:00")
      #expect(try collection.count("SELECT count(*) FROM bucket") == 0)
      collection.zones = ["default": BucketZone(secondsFromUTC: -18_000)]
      _ = try await Self.run(collection, 0...1)
      let differences = try ArchiveComparison(
        collection, Self.busy, now: Self.day(1), secondsFromUTC: -18_000
      ).differences()
      #expect(differences == [])
    }
  }

  @Test func `stops where the zone of before has daylight saving, and loses nothing`() async throws
  {
    let zone = try #require(TimeZone(identifier: "America/New_York"))
    try await SimulatedCollection.on([Self.busy], now: Self.now, zone: zone) { original in
      var collection = original
      collection.zones = ["default": try #require(BucketZone(identifier: "America/New_York"))]
      _ = try await Self.run(collection, 0...1)
      collection.zones = [:]
      _ = try await Self.run(collection, 2...2)
      let before = try collection.rows("SELECT * FROM chat_fact")
      collection.server.reconfigure { $0.generation = .newest }
      let report = try await collection.run(at: Self.day(3))
      #expect(report.worstFailure?.kind == .configuration)
      #expect(
        report.worstFailure?.hint?.contains("UTC-05:00 or UTC-04:00, and what it still has") == true
      )
      #expect(try collection.rows("SELECT * FROM chat_fact") == before)
      collection.zones = ["default": BucketZone(secondsFromUTC: -14_400)]
      _ = try await Self.run(collection, 4...5)
      let differences = try ArchiveComparison(
        collection, Self.busy, now: Self.day(5), secondsFromUTC: -14_400
      ).differences()
      #expect(differences == [])
    }
  }
}

@Suite struct `A server that refuses an offset in the text of an instant` {
  private let now = Date("2026-06-10T02:30:00Z")
  private let shanghai = TimeZone(identifier: "Asia/Shanghai") ?? .gmt

  /// The number of requests whose text had another offset than `Z`.
  private func refused(_ collection: SimulatedCollection) -> Int {
    collection.server.requests.compactMap(\.dateStart).count { !$0.hasSuffix("Z") }
  }

  @Test(arguments: [nil, BucketZone(secondsFromUTC: 28_800)])
  func `is asked in UTC, and cuts its days in its own zone`(configured: BucketZone?) async throws {
    let app = DemoFleet.apps(
      count: 1, seed: 21, from: now.addingTimeInterval(-86_400 * 100),
      until: now.addingTimeInterval(86_400 * 10))[0]
    try await SimulatedCollection.on([app], now: now, zone: shanghai) { original in
      var collection = original
      if let configured { collection.zones = ["default": configured] }
      collection.server.reconfigure { $0.quirks = .refusesOffsets }
      for day in 0...2 {
        collection.server.forgetRequests()
        let report = try await collection.run(at: now.addingTimeInterval(86_400 * Double(day)))
        #expect(report.failed.isEmpty)
        // A known one is not asked so again; a first run may meet it twice.
        #expect(refused(collection) == (day > 0 ? 0 : configured == nil ? 2 : 4))
      }
      #expect(
        try collection.rows("SELECT zone, zone_kind FROM server")[0] == ["UTC+08:00", "refusing"])
      let last = now.addingTimeInterval(86_400 * 2)
      let differences = try ArchiveComparison(
        collection, app, now: last, secondsFromUTC: 28_800
      ).differences()
      #expect(differences == [])
      // An upgrade is noticed by the next deep read.
      collection.server.reconfigure { profile in
        profile.quirks = []
        profile.generation = .newest
      }
      try await collection.run(at: last, isDeep: true)
      #expect(
        try collection.rows("SELECT zone, zone_kind FROM server")[0] == ["UTC+08:00", "asked"])
      #expect(try collection.count("SELECT count(*) FROM revisions") == 0)
    }
  }

  /// A request that fails once for another reason says nothing of offsets; on a server that cuts where
  /// it is asked to, another answer would be cut elsewhere.
  @Test(arguments: [ServerProfile.Generation.newest, .current], [5, 9, 14])
  func `is not one that refuses a single request`(
    generation: ServerProfile.Generation, number: Int
  ) async throws {
    let app = DemoFleet.apps(
      count: 1, seed: 21, from: now.addingTimeInterval(-86_400 * 500),
      until: now.addingTimeInterval(86_400 * 10))[0]
    try await SimulatedCollection.on([app], now: now, zone: shanghai) { original in
      var collection = original
      collection.zones = ["default": BucketZone(secondsFromUTC: 28_800)]
      let charts = Mutex(0)
      collection.server.reconfigure { profile in
        profile.generation = generation
        profile.interceptor = Interceptor { request, _ in
          guard request.endpoint == .chart else { return nil }
          let count = charts.withLock { count in
            count += 1
            return count
          }
          let body = #"{"code":507001,"statusText":"invalidParams","message":"","data":null}"#
          return count == number ? RawResponse(status: 500, body: Array(body.utf8)) : nil
        }
      }
      try await collection.run(at: now)
      let kind = generation == .newest ? "asked" : "own"
      #expect(try collection.rows("SELECT zone_kind FROM server") == [[kind]])
      // What was not read is missing and not wrong.
      let later = now.addingTimeInterval(86_400)
      let report = try await collection.run(at: later)
      #expect(report.failed.isEmpty)
      let differences = try ArchiveComparison(
        collection, app, now: later, secondsFromUTC: 28_800
      ).differences()
      #expect(differences == [])
      #expect(try collection.count("SELECT count(*) FROM revisions") == 0)
    }
  }

  @Test func `is found out in the middle of a run, too`() async throws {
    let app = Fixtures.steady(from: Date("2026-01-01T00:00:00Z"), days: 60)
    try await SimulatedCollection.on([app], now: now, zone: shanghai) { original in
      var collection = original
      collection.zones = ["default": BucketZone(secondsFromUTC: 28_800)]
      try await collection.run(at: now)
      // Nothing was active for months, so that no zone is proved before the apps are read.
      collection.server.reconfigure { $0.quirks = .refusesOffsets }
      let report = try await collection.run(at: now.addingTimeInterval(86_400))
      #expect(report.failed.isEmpty)
      #expect(try collection.rows("SELECT zone_kind FROM server") == [["refusing"]])
    }
  }
}
