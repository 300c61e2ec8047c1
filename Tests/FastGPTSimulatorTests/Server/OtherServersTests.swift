import FastGPTSimulator
import Foundation
import Testing

@Suite struct `Servers of other kinds` {
  private func fixture(
    _ records: [ChatRecord], changes: [RecordChange] = [], now: String = "2026-03-20T12:00:00Z",
    _ change: (inout ServerProfile) -> Void = { _ in }
  ) -> Fixture {
    let fixture = Fixture(records, now: now)
    fixture.server.install(
      SimulatedApp(id: Fixture.appID, name: "Support bot", records: records, changes: changes))
    fixture.server.reconfigure(change)
    return fixture
  }

  private func series(_ fixture: Fixture, _ name: String) throws -> [[String: Any]] {
    let body = Fixture.body(from: "2026-03-01T00:00:00Z", through: "2026-03-31T23:59:59.999Z")
    let response = try fixture.post(body)
    let object = try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any]
    let data = try #require(object?["data"] as? [String: Any])
    return try #require(data[name] as? [[String: Any]])
  }

  private func summaries(_ fixture: Fixture, _ name: String) throws -> [[String: Any]] {
    try series(fixture, name).map { $0["summary"] as? [String: Any] ?? [:] }
  }

  private let two = [
    record("ann", "2026-03-05T20:00:00Z"), record("bob", "2026-03-10T09:00:00Z", source: "share"),
  ]

  @Test func `label buckets at UTC midnight and cut them elsewhere`() throws {
    let fixture = fixture(two) {
      $0.zone = TimeZone(identifier: "Asia/Shanghai") ?? .gmt
      $0.labels = .utcMidnight
    }
    // 20:00Z is four in the morning of the sixth.
    #expect(
      try series(fixture, "userData").map { $0["timestamp"] as? Int }
        == [ms("2026-03-06T00:00:00Z"), ms("2026-03-10T00:00:00Z")])
    fixture.server.reconfigure { $0.labels = .ownMidnight }
    #expect(
      try series(fixture, "chatData").map { $0["timestamp"] as? Int }
        == [ms("2026-03-05T16:00:00Z"), ms("2026-03-09T16:00:00Z")])
    fixture.server.reconfigure { $0.zone = .gmt }
    #expect(
      try series(fixture, "appData").first?["timestamp"] as? Int == ms("2026-03-05T00:00:00Z"))
  }

  @Test func `write an older generation's answers`() throws {
    let fixture = fixture(two) { $0.generation = .older }
    #expect(
      try series(fixture, "userData").first?["timestamp"] as? Int
        == ms("2026-03-05T00:00:00Z") / 1000)
    #expect(try summaries(fixture, "userData").first?["sourceCountMap"] == nil)
    let app = try #require(try summaries(fixture, "appData").first)
    #expect(app["sourceCountMap"] as? [String: Int] == ["api": 1])
    #expect(app["chatCount"] == nil)
    #expect(String(decoding: fixture.totals().body, as: UTF8.self).contains(#""totalChat":4"#))
  }

  @Test func `count the new among those who came back, in an older generation`() throws {
    let records = [
      record("ann", "2026-03-04T09:00:00Z"), record("ann", "2026-03-05T09:00:00Z"),
      record("bob", "2026-03-05T10:00:00Z"), record("ann", "2026-03-06T09:00:00Z"),
      record("bob", "2026-03-06T10:00:00Z"),
    ]
    let counts = { (generation: ServerProfile.Generation) in
      try summaries(fixture(records) { $0.generation = generation }, "userData")
        .map { $0["retentionUserCount"] as? Int }
    }
    #expect(try counts(.current) == [1, 2, 0])
    #expect(try counts(.older) == [1, 1, 0])
  }

  @Test func `send tokens, every known source, and totals of conversations`() throws {
    let fixture = fixture(two) {
      $0.generation = .tokens
      $0.mapsEverySource = true
      $0.knownSources = ["api", "share", "mcp"]
      $0.totalsCountConversations = true
    }
    #expect(try summaries(fixture, "chatData").first?["inputTokens"] as? Int == 80)
    #expect(
      try summaries(fixture, "userData").first?["sourceCountMap"] as? [String: Int]
        == ["api": 1, "share": 0, "mcp": 0])
    let totals = String(decoding: fixture.totals().body, as: UTF8.self)
    #expect(totals.contains(#""totalChats":2"#))
    // Four messages, whatever the chats count.
    #expect(totals.contains(#""totalTokens":560"#))
  }

  @Test func `forget what is older than so many days, to the second`() throws {
    let records = [
      record("ann", "2026-03-10T11:59:59Z"), record("ann", "2026-03-10T12:00:00Z"),
      record("ann", "2026-03-15T12:00:00Z"),
    ]
    let all = fixture(records)
    let some = fixture(records) { $0.keepsDays = 10 }
    #expect(try summaries(all, "chatData").map { $0["chatCount"] as? Int } == [2, 1])
    #expect(try summaries(some, "chatData").map { $0["chatCount"] as? Int } == [1, 1])
    #expect(try summaries(some, "userData").map { $0["newUserCount"] as? Int } == [1, 0])
    some.server.reconfigure { $0.keepsDays = 9 }
    #expect(try summaries(some, "userData").map { $0["newUserCount"] as? Int } == [1])
    #expect(String(decoding: some.totals().body, as: UTF8.self).contains(#""totalChats":2"#))
  }

  @Test func `send stamps of null, stamps twice, and no retention`() throws {
    let records =
      two + [record("ann", "2026-03-11T09:00:00Z"), record("bob", "2026-03-11T09:00:00Z")]
    let nulls = fixture(records) { $0.quirks = .nullTimestamp }
    #expect(try series(nulls, "userData").last?["timestamp"] is NSNull)
    let doubled = fixture(records) { $0.quirks = .doubledStamp }
    let stamps = try series(doubled, "chatData").map { $0["timestamp"] as? Int }
    #expect(stamps.count == 4 && stamps[2] == stamps[3])
    let plain = fixture(records)
    let none = fixture(records) { $0.quirks = .noRetention }
    #expect(try summaries(plain, "userData").map { $0["retentionUserCount"] as? Int } == [0, 1, 0])
    #expect(try summaries(none, "userData").map { $0["retentionUserCount"] as? Int } == [0, 0, 0])
  }

  @Test func `refuse a source that they no longer accept, and still count it`() throws {
    let fixture = fixture(two) { $0.knownSources = ["api"] }
    let refused = try fixture.post(
      Fixture.body(
        from: "2026-03-01T00:00:00Z", through: "2026-03-31T23:59:59.999Z", source: ["share"]))
    #expect(refused.status == 500)
    #expect(
      try summaries(fixture, "userData").last?["sourceCountMap"] as? [String: Int] == ["share": 1])
  }

  @Test func `follow what happens to a record`() throws {
    let talk = record("ann", "2026-03-05T23:50:00Z")
    let changes: [RecordChange] = [
      .talk(at: at("2026-03-06T00:01:00Z"), record: talk.id, points: 0, responseSeconds: 0),
      .thumbs(at: at("2026-03-18T09:00:00Z"), record: talk.id, up: 1),
      .thumbs(at: at("2026-03-19T09:00:00Z"), record: talk.id, up: -1),
    ]
    let seen = { (now: String) -> [String] in
      let fixture = fixture([talk], changes: changes, now: now)
      return zip(try series(fixture, "chatData"), try summaries(fixture, "appData")).map {
        let stamp =
          ($0["timestamp"] as? Int ?? 0) / 86_400_000 - ms("2026-03-01T00:00:00Z") / 86_400_000
        let chats = $0["summary"] as? [String: Any]
        return "\(stamp + 1): \(chats?["chatItemCount"] ?? ""), \($1["goodFeedBackCount"] ?? "")"
      }
    }
    #expect(try seen("2026-03-05T23:49:00Z") == [])
    #expect(try seen("2026-03-05T23:55:00Z") == ["5: 2, 0"])
    #expect(try seen("2026-03-06T00:01:00Z") == ["6: 4, 0"])
    #expect(try seen("2026-03-18T09:00:00Z") == ["6: 4, 1"])
    #expect(try seen("2026-03-19T09:00:00Z") == ["6: 4, 0"])
    var gone = RecordChange(at: at("2026-03-20T00:00:00Z"), record: talk.id)
    gone.removes = true
    #expect(try series(fixture([talk], changes: [gone]), "chatData").isEmpty)
  }

  @Test func `are the same for the same seed, and agree with a plain count`() throws {
    let from = at("2025-12-01T00:00:00Z")
    let until = at("2026-03-20T12:00:00Z")
    let make = { (seed: UInt64) in
      DemoFleet.lively(
        DemoFleet.apps(count: 1, seed: seed, from: from, until: until), seed: seed,
        late: at("2026-02-01T00:00:00Z"), until: until)
    }
    #expect(make(3) == make(3))
    #expect(make(3) != make(4))
    let app = try #require(make(3).first)
    #expect(app.changes.count > 100)
    for now in ["2026-02-10T00:05:00Z", "2026-03-01T12:00:00Z", "2026-03-20T12:00:00Z"] {
      let fixture = fixture(app.records, changes: app.changes, now: now)
      fixture.server.install(
        SimulatedApp(id: Fixture.appID, name: "x", records: app.records, changes: app.changes))
      let march = app.records(at: at(now)).filter { $0.time >= at("2026-03-01T00:00:00Z") }
      let chats = try summaries(fixture, "chatData").compactMap { $0["chatItemCount"] as? Int }
      let good = try summaries(fixture, "appData").compactMap { $0["goodFeedBackCount"] as? Int }
      #expect(chats.reduce(0, +) == march.map(\.messages).reduce(0, +))
      #expect(good.reduce(0, +) == march.map(\.goodFeedback).reduce(0, +))
    }
  }
}
