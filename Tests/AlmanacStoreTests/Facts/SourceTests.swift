import AlmanacCore
import Testing

@testable import AlmanacStore

@Suite struct `A source` {
  static let names = [
    "api", "it's", "\"quoted\"", "a; DROP TABLE app;--", "飞书", "caf\u{E9}", "cafe\u{301}", "🤖👩‍💻",
    "ALL", "", " ", "%_\\",
    "line\nbreak", String(repeating: "长", count: 300), String(repeating: "x", count: 300),
  ]

  @Test(arguments: names)
  func `may have any name`(name: String) async throws {
    let fixture = try await ArchiveFixture()
    let source = Name(name)
    let belief = fixture.belief(
      first: "2026-03-02", sources: [source: "2026-03-02"],
      [bucket("2026-03-02", sources: [source: 3], [.userCount: 5])])
    try await fixture.write(belief)
    try await fixture.write(
      fixture.belief(.day, .named(source), [bucket("2026-03-02", [.userCount: 3, .errorCount: 1])]))
    #expect(
      try fixture.rows("SELECT source, users, errors FROM daily_by_source") == [[name, "3", "1"]])
    #expect(try fixture.rows("SELECT users FROM daily") == [["5"]])
    let standing = try await fixture.archive.knowledge()[ArchiveFixture.id]
    #expect(standing?.sources.mapValues(\.first) == [source: day("2026-03-02")])
    var changes = Changes(of: try #require(standing))
    changes.known.sources[source]?.isRejected = true
    try await fixture.archive.apply(changes, run: 1, at: ArchiveFixture.noon)
    let rejected = try await fixture.archive.knowledge()[ArchiveFixture.id]
    #expect(rejected?.sources[source]?.isRejected == true)
  }

  /// The decoder lets no such name through; the schema would not either.
  @Test func `cannot be called all, which is the name of none`() async throws {
    let fixture = try await ArchiveFixture()
    let run = try await fixture.run()
    let before = try fixture.dump()
    await #expect(throws: AlmanacError.self) {
      try await fixture.write(
        fixture.belief(
          first: "2026-03-02", sources: ["all": "2026-03-02"],
          [bucket("2026-03-02", sources: ["all": 2], [.userCount: 5])]), run: run)
    }
    #expect(try fixture.dump() == before)
  }

  @Test func `has its users from the answer for all, a row each`() async throws {
    let fixture = try await ArchiveFixture()
    try await fixture.write(
      fixture.belief(
        first: "2026-03-02", sources: ["api": "2026-03-02", "share": "2026-03-03"],
        [
          bucket("2026-03-02", sources: ["api": 3], [.userCount: 3]),
          bucket("2026-03-03", sources: ["api": 0, "share": 2], [.userCount: 2]),
          bucket("2026-03-04", [.userCount: 1]),
        ]))
    #expect(
      try fixture.rows("SELECT source, date, users, messages FROM daily_by_source ORDER BY 2, 1")
        == [
          ["api", "2026-03-02", "3", nil], ["api", "2026-03-03", "0", nil],
          ["share", "2026-03-03", "2", nil],
        ])
    #expect(try fixture.rows("SELECT by_source FROM bucket ORDER BY day") == [["1"], ["1"], ["0"]])
  }

  @Test func `is one row of the table whatever app it is of`() async throws {
    let fixture = try await ArchiveFixture(apps: [
      App(id: ArchiveFixture.id, name: "a", server: "default"),
      App(id: ArchiveFixture.otherID, name: "b", server: "default"),
    ])
    for app in try await fixture.archive.knowledge().values.map(\.key) {
      let told = Told(
        app: app, source: .all, grain: .day, offset: 1, first: day("2026-03-02"),
        sources: ["api": day("2026-03-02")],
        buckets: [bucket("2026-03-02", sources: ["api": app], [.userCount: 9])])
      let run = try await fixture.run()
      _ = try await fixture.write(told, fixture.entry(run, app: app))
    }
    #expect(try fixture.count("SELECT count(*) FROM source") == 2)
    #expect(try fixture.count("SELECT count(*) FROM app_source") == 2)
    #expect(try fixture.count("SELECT count(*) FROM daily_by_source") == 2)
  }

  @Test func `is known from its earliest day on`() async throws {
    let fixture = try await ArchiveFixture()
    for first in ["2026-03-05", "2026-03-01"] {
      try await fixture.write(fixture.belief(first: first, sources: ["api": first], []))
    }
    let standing = try await fixture.archive.knowledge()[ArchiveFixture.id]
    #expect(standing?.sources["api"]?.first == day("2026-03-01"))
    #expect(standing?.first == day("2026-03-01"))
  }
}
