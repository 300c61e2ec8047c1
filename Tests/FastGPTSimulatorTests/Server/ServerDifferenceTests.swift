import FastGPTSimulator
import Foundation
import Testing

struct ServerDifferenceTests {
  private static func zone(_ identifier: String) throws -> TimeZone {
    try #require(TimeZone(identifier: identifier))
  }

  @Test(arguments: [
    ("day", ["2026-03-05T00:00:00Z", "2026-03-06T00:00:00Z"]),
    ("week", ["2026-03-02T00:00:00Z"]),
    ("month", ["2026-03-01T00:00:00Z"]),
    ("quarter", ["2026-01-01T00:00:00Z"]),
  ])
  func `a bucket cut in Shanghai may be labelled at UTC midnight`(
    timespan: String, labels: [String]
  ) throws {
    let shanghai = try Self.zone("Asia/Shanghai")
    // The Shanghai day 2026-03-05 begins at 16:00 UTC of the day before.
    let fixture = Fixture([
      record("ann", "2026-03-04T16:00:00Z"), record("ann", "2026-03-05T15:59:59.999Z"),
      record("ann", "2026-03-05T16:00:00Z"),
    ]) {
      $0.zone = shanghai
      $0.labels = .utcMidnight
    }
    let chart = try fixture.open(
      from: "2026-01-01T00:00:00Z", through: "2026-03-31T00:00:00Z", by: timespan)
    #expect(chart.users.map(\.timestamp) == labels.map(ms))
    #expect(chart.chats.map(\.timestamp) == labels.map(ms))
    #expect(chart.apps.map(\.timestamp) == labels.map(ms))
    #expect(chart.chats.map { $0["chatCount"] } == (timespan == "day" ? [2, 1] : [3]))
  }

  @Test func `labels at UTC midnight do not shift when New York's clocks do`() throws {
    // 8 March 2026 has 23 hours there and 1 November 25: one record at each edge.
    let edges = [
      "2026-03-08T04:59:59.999Z", "2026-03-08T05:00:00Z", "2026-03-09T03:59:59.999Z",
      "2026-03-09T04:00:00Z", "2026-11-01T03:59:59.999Z", "2026-11-01T04:00:00Z",
      "2026-11-02T04:59:59.999Z", "2026-11-02T05:00:00Z",
    ]
    let zone = try Self.zone("America/New_York")
    let fixture = Fixture(edges.map { record("ann", $0) }) {
      $0.zone = zone
      $0.labels = .utcMidnight
    }
    func days() throws -> [String: Double] {
      let chart = try fixture.open(
        from: "2026-01-01T00:00:00Z", through: "2026-12-31T00:00:00Z")
      return Dictionary(
        uniqueKeysWithValues: chart.chats.map { bucket in
          let label = Date(timeIntervalSince1970: Double(bucket.timestamp ?? 0) / 1000)
          return (label.ISO8601Format(), bucket["chatCount"] ?? 0)
        })
    }
    #expect(
      try days() == [
        "2026-03-07T00:00:00Z": 1, "2026-03-08T00:00:00Z": 2, "2026-03-09T00:00:00Z": 1,
        "2026-10-31T00:00:00Z": 1, "2026-11-01T00:00:00Z": 2, "2026-11-02T00:00:00Z": 1,
      ])
    fixture.server.reconfigure { $0.labels = .ownMidnight }
    #expect(
      try days() == [
        "2026-03-07T05:00:00Z": 1, "2026-03-08T05:00:00Z": 2, "2026-03-09T04:00:00Z": 1,
        "2026-10-31T04:00:00Z": 1, "2026-11-01T04:00:00Z": 2, "2026-11-02T05:00:00Z": 1,
      ])
  }

  @Test func `a day that begins at one o'clock is labelled at its civil date`() throws {
    // 30 March 2025 begins in Beirut at 1 o'clock, 22:00 UTC of the day before.
    let zone = try Self.zone("Asia/Beirut")
    let fixture = Fixture([record("ann", "2025-03-29T22:00:00Z")]) {
      $0.zone = zone
      $0.labels = .utcMidnight
    }
    let chart = try fixture.open(from: "2025-03-01T00:00:00Z", through: "2025-04-30T00:00:00Z")
    #expect(chart.users.map(\.timestamp) == [ms("2025-03-30T00:00:00Z")])
  }

  @Test func `an owner who changes the zone cuts the whole history anew, and back`() throws {
    let fixture = Fixture([
      record("ann", "2025-06-01T15:00:00Z"), record("ann", "2025-06-01T17:00:00Z"),
    ])
    let shanghai = try Self.zone("Asia/Shanghai")
    for _ in 0..<2 {
      fixture.server.reconfigure { $0.zone = .gmt }
      let utc = try fixture.chart(from: "2025-05-01T00:00:00Z", through: "2025-07-01T00:00:00Z")
      #expect(try utc.days() == ["2025-06-01"])
      #expect(utc.chats == [2])
      fixture.server.reconfigure { $0.zone = shanghai }
      let local = try fixture.chart(from: "2025-05-01T00:00:00Z", through: "2025-07-01T00:00:00Z")
      #expect(try local.days() == ["2025-05-31T16:00:00Z", "2025-06-01T16:00:00Z"])
      #expect(local.chats == [1, 1])
    }
  }

  @Test func `an older server maps the sources of the app's buckets, not of the users'`() throws {
    // One user by two sources in one week, and a second in the next; users by day, apps by month.
    let fixture = Fixture([
      record("ann", "2026-03-02T10:00:00Z", source: "api"),
      record("ann", "2026-03-03T10:00:00Z", source: "share"),
      record("ben", "2026-03-12T10:00:00Z", source: "api"),
      record("ben", "2026-03-13T10:00:00Z", source: "api"),
    ]) { $0.generation = .older }
    let chart = try fixture.open(
      from: "2026-03-01T00:00:00Z", through: "2026-03-31T00:00:00Z", apps: "month")
    #expect(chart.users.count == 4)
    #expect(chart.users.allSatisfy { $0.sourceCountMap == nil })
    #expect(chart.apps.map(\.sourceCountMap) == [["api": 2, "share": 1]])
    #expect(chart.apps.map(\.timestamp) == [ms("2026-03-01T00:00:00Z") / 1000])
    #expect(chart.apps[0]["chatCount"] == nil)
    #expect(
      try fixture.openTotals() == ["totalUsers": 2, "totalChat": 8, "totalPoints": 0])
  }

  @Test func `an older server with UTC labels labels in seconds too`() throws {
    let zone = try Self.zone("Asia/Shanghai")
    let fixture = Fixture([record("ann", "2026-03-04T16:00:00Z")]) {
      $0.generation = .older
      $0.zone = zone
      $0.labels = .utcMidnight
    }
    let chart = try fixture.open(from: "2026-03-01T00:00:00Z", through: "2026-03-31T00:00:00Z")
    #expect(chart.users.map(\.timestamp) == [ms("2026-03-05T00:00:00Z") / 1000])
  }

  /// 23:30 in UTC is the next day in UTC+8, and the day before in UTC-3:30 the same day.
  @Test(
    arguments: [
      ("2026-03-01T00:00:00Z", "2026-03-04T00:00:00.000Z"),
      ("2026-03-01T08:00:00.000+08:00", "2026-03-04T16:00:00Z"),
      ("2026-03-01T00:00:00-03:30", "2026-03-04T03:30:00Z"),
      ("2026-03-01T00:00:00", "2026-03-04T15:00:00Z"),
    ])
  func `the newest server cuts where the text of the start says`(start: String, cut: String) throws
  {
    let zone = try Self.zone("Asia/Tokyo")
    let fixture = Fixture([record("ann", "2026-03-04T23:30:00Z")]) {
      $0.generation = .newest
      $0.zone = zone
    }
    let chart = try fixture.open(from: start, through: "2026-03-31T00:00:00Z")
    for series in [chart.users.map(\.timestamp), chart.chats.map(\.timestamp)] {
      #expect(series == [ms(cut)])
    }
    #expect(chart.apps.map(\.timestamp) == [ms(cut)])
    // No other generation looks at it.
    fixture.server.reconfigure { $0.generation = .tokens }
    let older = try fixture.open(from: start, through: "2026-03-31T00:00:00Z")
    #expect(older.users.map(\.timestamp) == [ms("2026-03-04T15:00:00Z")])
  }

  @Test func `the newest server sends tokens in two series, and under longer names`() throws {
    let fixture = Fixture([record("ann", "2026-03-02T10:00:00Z", messages: 2)]) {
      $0.generation = .newest
    }
    let chart = try fixture.open(from: "2026-03-01T00:00:00Z", through: "2026-03-31T00:00:00Z")
    #expect(chart.chats[0]["totalInputTokens"] == 80 && chart.chats[0]["totalOutputTokens"] == 200)
    #expect(chart.chats[0]["inputTokens"] == nil)
    #expect(chart.users[0]["inputTokens"] == 80 && chart.users[0]["cachedTokens"] == 20)
    #expect(ServerProfile.Generation.newest.sources.contains("wechat"))
    #expect(!ServerProfile.Generation.newest.sources.contains("team"))
  }

  @Test func `a server that refuses offsets takes none but Z`() throws {
    let fixture = Fixture([record("ann", "2026-03-02T10:00:00Z")]) { $0.quirks = .refusesOffsets }
    let refused = try fixture.post(
      Fixture.body(from: "2026-03-01T00:00:00+08:00", through: "2026-03-31T00:00:00Z"))
    #expect(try Failure(refused).message.contains("dateStart"))
    let chart = try fixture.open(from: "2026-03-01T00:00:00Z", through: "2026-03-31T00:00:00Z")
    #expect(chart.users.count == 1)
  }

  @Test(arguments: [false, true])
  func `tokens of the buckets add up to those of the totals`(conversations: Bool) throws {
    let fixture = Fixture([
      record("ann", "2026-03-02T10:00:00Z", messages: 2),
      record("ann", "2026-03-02T11:00:00Z", messages: 6),
      record("ben", "2026-03-03T10:00:00Z", messages: 4),
    ]) {
      $0.generation = .tokens
      $0.totalsCountConversations = conversations
    }
    let chart = try fixture.open(from: "2026-03-01T00:00:00Z", through: "2026-03-31T00:00:00Z")
    let tokens = chart.chats.map { ($0["inputTokens"] ?? 0) + ($0["outputTokens"] ?? 0) }
    #expect(tokens.allSatisfy { $0 > 0 })
    let totals = try fixture.openTotals()
    #expect(totals["totalTokens"] == tokens.reduce(0, +))
    #expect(totals["totalChats"] == (conversations ? 3 : 12))
    // The other generations have none of them.
    fixture.server.reconfigure { $0.generation = .current }
    #expect(try fixture.openTotals()["totalTokens"] == nil)
  }

  @Test func `a map of every source still counts those that are no longer accepted`() throws {
    let fixture = Fixture([record("ann", "2026-03-02T10:00:00Z", source: "share")]) {
      $0.knownSources = ["api", "share"]
      $0.mapsEverySource = true
    }
    func map() throws -> [String: Int]? {
      try fixture.open(from: "2026-03-01T00:00:00Z", through: "2026-03-31T00:00:00Z")
        .users.first?.sourceCountMap
    }
    #expect(try map() == ["api": 0, "share": 1])
    fixture.server.reconfigure { $0.knownSources.removeAll { $0 == "share" } }
    #expect(try map() == ["api": 0, "share": 1])
    let body = Fixture.body(
      from: "2026-03-01T00:00:00Z", through: "2026-03-31T00:00:00Z", source: ["share"])
    #expect(try Failure(fixture.post(body)).paths() == [["source", 0]])
  }

  @Test func `odd names of sources are accepted where the server knows them`() throws {
    let records = DemoFleet.oddSources.enumerated().map {
      record("ann", "2026-03-02T1\($0.offset):00:00Z", source: $0.element)
    }
    let fixture = Fixture(records) { $0.knownSources += DemoFleet.oddSources }
    #expect(DemoFleet.oddSources.map(\.count).max() == 300)
    for source in DemoFleet.oddSources {
      let chart = try fixture.chart(
        from: "2026-03-01T00:00:00Z", through: "2026-03-31T00:00:00Z", source: [source])
      #expect(chart.userData.map(\.summary.sourceCountMap) == [[source: 1]])
    }
  }

  @Test(arguments: ["day", "week", "month", "quarter"])
  func `retention may be missing above a day, or everywhere`(timespan: String) throws {
    let starts = ["day": 2, "week": 8, "month": 32, "quarter": 95]
    let later = at("2026-01-01T10:00:00Z") + 86_400 * Double(try #require(starts[timespan]) - 1)
    let fixture = Fixture([
      record("ann", "2026-01-01T10:00:00Z"), record("ann", later.ISO8601Format()),
    ])
    func retained() throws -> Double? {
      try fixture.open(
        from: "2025-12-29T00:00:00Z", through: "2026-04-30T23:59:59.999Z", by: timespan
      ).users.first?["retentionUserCount"]
    }
    #expect(try retained() == 1)
    fixture.server.reconfigure { $0.quirks = .noCoarseRetention }
    #expect(try retained() == (timespan == "day" ? 1 : 0))
    fixture.server.reconfigure { $0.quirks = .noRetention }
    #expect(try retained() == 0)
  }

  @Test func `quirks come together, and without a bucket not at all`() throws {
    let fixture = Fixture([
      record("ann", "2026-03-02T10:00:00Z"), record("ann", "2026-03-03T10:00:00Z", messages: 6),
    ]) { $0.quirks = [.nullTimestamp, .doubledStamp] }
    let march = ("2026-03-01T00:00:00Z", "2026-03-31T00:00:00Z")
    let chart = try fixture.open(from: march.0, through: march.1)
    let days = [ms("2026-03-02T00:00:00Z"), ms("2026-03-03T00:00:00Z")]
    #expect(chart.users.map(\.timestamp) == days + [nil])
    #expect(chart.users[2].figures == chart.users[1].figures)
    #expect(chart.chats.map(\.timestamp) == days + [days[1]])
    #expect(chart.chats.map { $0["chatItemCount"] } == [2, 6, 7])
    #expect(chart.apps.map(\.timestamp) == days)
    let single = try fixture.open(from: march.0, through: "2026-03-02T23:59:59.999Z")
    #expect(single.chats.count == 1)
    let none = try fixture.open(from: march.1, through: march.1)
    #expect(none.users.isEmpty && none.chats.isEmpty && none.apps.isEmpty)
  }
}
