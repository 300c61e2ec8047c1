import AlmanacCore
import Testing

@testable import AlmanacCollector
@testable import AlmanacStore

@Suite struct `The list of apps` {
  private func app(
    _ name: String, tags: [Name] = [], server: String = "default", since: String? = nil
  ) -> App {
    App(id: ArchiveFixture.id, name: name, tags: tags, server: server, since: since.map { day($0) })
  }

  private static let sql = "SELECT app, server, retired FROM freshness"

  @Test func `written twice changes nothing`() async throws {
    let fixture = try await ArchiveFixture(apps: [app("bot", tags: ["b", "a", "b"])])
    let before = try fixture.dump()
    try await fixture.archive.enroll([app("bot", tags: ["a", "b"])], run: 0)
    #expect(try fixture.dump() == before)
  }

  @Test func `gives an app its new name everywhere`() async throws {
    let fixture = try await ArchiveFixture(apps: [app("old")])
    try await fixture.write(
      fixture.belief(
        first: "2026-03-02", sources: ["api": "2026-03-02"],
        [bucket("2026-03-02", sources: ["api": 1], everything())]))
    try await fixture.archive.enroll([app("它的'新' name 🤖")], run: 0)
    for view in ["daily", "daily_by_source", "retention", "freshness"] {
      #expect(
        try fixture.rows("SELECT DISTINCT app FROM \(view)") == [["它的'新' name 🤖"]], "\(view)")
    }
    #expect(try fixture.count("SELECT count(*) FROM app") == 1)
  }

  @Test func `retires an app that left, with its history, and takes it back`() async throws {
    let fixture = try await ArchiveFixture(apps: [app("bot", tags: ["cn"])])
    try await fixture.write(
      fixture.belief(first: "2026-03-02", [bucket("2026-03-02", everything())]))
    let before = try fixture.dump()
    try await fixture.archive.enroll([], run: 0)
    #expect(try fixture.rows(Self.sql) == [["bot", "default", "1"]])
    #expect(try fixture.count("SELECT count(*) FROM daily") == 1)
    #expect(try fixture.count("SELECT count(*) FROM app_tag") == 1)
    try await fixture.archive.enroll([app("bot", tags: ["cn"])], run: 0)
    #expect(try fixture.dump() == before)
  }

  @Test func `leaves the others alone when one retires`() async throws {
    let other = App(id: ArchiveFixture.otherID, name: "other", server: "second")
    let fixture = try await ArchiveFixture(apps: [app("bot"), other])
    try await fixture.archive.enroll([other], run: 0)
    #expect(
      try fixture.rows(Self.sql + " ORDER BY app")
        == [["bot", "default", "1"], ["other", "second", "0"]])
  }

  @Test func `has the tags of the configuration`() async throws {
    let fixture = try await ArchiveFixture(apps: [app("bot", tags: ["customer", "cn"])])
    for tags in [["cn", "客户"], [], ["x"], ["caf\u{E9}"], ["cafe\u{301}"]] as [[Name]] {
      try await fixture.archive.enroll([app("bot", tags: tags)], run: 0)
      let held = try fixture.rows("SELECT tag FROM app_tag").compactMap { $0[0] }
      #expect(Set(held.map { Name($0) }) == Set(tags))
    }
  }

  @Test func `moves an app to another server`() async throws {
    let fixture = try await ArchiveFixture(apps: [app("bot")])
    try await fixture.archive.enroll([app("bot", server: "cn")], run: 0)
    #expect(try fixture.rows(Self.sql) == [["bot", "cn", "0"]])
  }

  /// An origin found under a limit says nothing of what is older.
  @Test(arguments: [
    ("2026-03-01", "2026-02-01", false), ("2026-03-01", nil, false),
    ("2026-03-01", "2026-03-01", true), ("2026-03-01", "2026-04-01", true), (nil, nil, true),
    (nil, "2026-02-01", true),
  ])
  func `forgets where reading begins only when more is wanted`(
    old: String?, new: String?, isKept: Bool
  ) async throws {
    let fixture = try await ArchiveFixture(apps: [app("bot", since: old)])
    let run = try await fixture.run()
    let known = try #require(try await fixture.archive.knowledge()[ArchiveFixture.id])
    try await fixture.archive.apply(
      known.backfill(
        from: day("2026-03-01"), since: old.map { day($0) }, remembered: nil,
        today: ArchiveFixture.today),
      fixture.entry(run))
    let read = try #require(try await fixture.archive.knowledge()[ArchiveFixture.id])
    try await fixture.archive.apply(
      read.wanted(since: new.map { day($0) }), run: run, at: ArchiveFixture.noon)
    let standing = try await fixture.archive.knowledge()[ArchiveFixture.id]
    #expect(standing?.origin == (isKept ? day("2026-03-01") : nil))
  }

  @Test func `is read back with all that is known of an app`() async throws {
    let fixture = try await ArchiveFixture(apps: [app("bot")])
    #expect(try await fixture.archive.knowledge()[ArchiveFixture.otherID] == nil)
    var belief = fixture.belief(first: "2026-03-02", sources: ["飞书": "2026-03-03"], [])
    let marks = [
      ReadSeries(.all, .day, offset: 0): ReadProgress(
        backfilledFrom: day("2026-03-01"), watermark: day("2026-03-05"),
        highWaterMark: day("2026-03-09")),
      ReadSeries(.named("飞书"), .week, offset: 4): ReadProgress(
        backfilledFrom: day("2026-03-02"), watermark: day("2026-03-02"),
        highWaterMark: day("2026-03-02")),
    ]
    belief.progress = marks
    belief.sent = [.errorCount, .userPoints]
    try await fixture.write(belief)
    let standing = try #require(try await fixture.archive.knowledge()[ArchiveFixture.id])
    #expect(standing.progress == marks)
    #expect(standing.first == day("2026-03-02"))
    #expect(standing.sources.mapValues(\.first) == ["飞书": day("2026-03-03")])
    let zone = try #require(BucketZone(identifier: "Asia/Shanghai"))
    try await fixture.archive.pin(zone, of: "default", .proved, run: 0)
    let server = try #require(try await fixture.archive.servers()["default"])
    #expect(server.zone == zone)
    #expect(standing.figuresSent == [.errorCount, .userPoints])
  }
}
