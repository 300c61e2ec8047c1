import AlmanacCore
import Testing

@testable import AlmanacCollector
@testable import AlmanacStore

@Suite struct `A server` {
  private static func id(_ digit: Character) -> AppID {
    AppID(String(repeating: digit, count: 24))!
  }

  /// Each word is an app and the server that it is on: `1:a`.
  private static func apps(_ text: String) -> [App] {
    text.split(separator: " ").map { word in
      App(id: id(word.first!), name: "\(word)", server: "\(word.dropFirst(2))")
    }
  }

  private static let cases: [(held: String, configured: String, names: [String: String])] = [
    ("1:default", "1:main", ["default": "main"]),
    // Two at once, in a circle, in a row.
    ("1:a 2:b", "1:x 2:y", ["a": "x", "b": "y"]),
    ("1:a 2:b", "1:b 2:a", ["a": "b", "b": "a"]),
    ("1:a 2:b 3:c", "1:b 2:c 3:a", ["a": "b", "b": "c", "c": "a"]),
    ("1:a 2:b", "1:b 2:c", ["a": "b", "b": "c"]),
    // One app has left, and a new one has come.
    ("1:a 2:a 3:b", "1:x 4:x 3:b", ["a": "x"]),
    ("1:a 2:b", "1:a 2:x 3:y", ["b": "x"]),
    // Apps that part, or come together, have moved.
    ("1:a 2:a", "1:x 2:y", [:]),
    ("1:a 2:a", "1:a 2:x", [:]),
    ("1:a 2:b", "1:x 2:x", [:]),
    ("1:a 2:b", "1:a 2:a", [:]),
    ("1:a 2:b", "1:b 2:b", [:]),
    // A name that has other apps is another server.
    ("1:a 2:b", "1:b", [:]),
    ("1:a 2:b 3:b", "1:b 2:c 3:d", [:]),
    ("1:a", "2:x", [:]),
    ("", "1:x", [:]),
  ]

  @Test(arguments: cases)
  func `has a new name where all that is left of it has one of its own`(
    _ story: (held: String, configured: String, names: [String: String])
  ) async throws {
    let (held, configured) = (Self.apps(story.held), Self.apps(story.configured))
    let archive = try Archive.inMemory()
    try await archive.enroll(held, run: 0)
    for server in Set(held.map(\.server)) {
      // Its zone tells it from the others.
      let hours = Int(server.utf8.first ?? 0) % 12
      try await archive.pin(
        BucketZone(secondsFromUTC: 3600 * hours), of: server, .proved,
        proofs: [ZoneProof(instants: hours...100, labels: [hours])], run: 0)
    }
    let before = try await archive.servers()
    #expect(try await archive.renames(configured, servers: []) == story.names)
    #expect(try await archive.enroll(configured, run: 0) == story.names)
    let after = try await archive.servers()
    for (old, new) in story.names {
      #expect(after[new]?.zone == before[old]?.zone)
      #expect(after[new]?.zoneProofs == before[old]?.zoneProofs)
    }
    for app in configured where !held.contains(where: { $0.id == app.id }) {
      #expect(after[app.server] != nil)
    }
    // Written twice, nothing changes.
    #expect(try await archive.enroll(configured, run: 0) == [:])
    #expect(try await archive.servers().mapValues(\.zone) == after.mapValues(\.zone))
  }

  @Test func `that is configured without an app has lost them to another`() async throws {
    let archive = try Archive.inMemory()
    try await archive.enroll(Self.apps("1:old 2:old"), run: 0)
    let moved = Self.apps("1:new 2:new")
    #expect(try await archive.enroll(moved, servers: ["old", "new"], run: 0) == [:])
    #expect(Set(try await archive.servers().keys) == ["old", "new"])
  }

  /// Its days were cut at other hours.
  @Test(arguments: [("UTC+08:00", 1), ("UTC+09:00", 1), ("UTC", 0), (nil, 0)])
  func `to which an app has moved has its past read again if its days begin elsewhere`(
    _ zone: String?, _ isRecut: Int
  ) async throws {
    let there = App(id: ArchiveFixture.otherID, name: "there", server: "other")
    let here = App(id: ArchiveFixture.id, name: "bot", server: "default")
    let fixture = try await ArchiveFixture(apps: [here, there])
    try await fixture.archive.pin(.utc, of: "default", .proved, run: 0)
    if let zone {
      try await fixture.archive.pin(BucketZone(identifier: zone)!, of: "other", .proved, run: 0)
    }
    var belief = fixture.belief(first: "2026-03-02", [bucket("2026-03-02", everything())])
    belief.progress = [
      ReadSeries(.all, .day, offset: 0): ReadProgress(
        backfilledFrom: day("2026-03-01"), watermark: day("2026-03-05"),
        highWaterMark: day("2026-03-09"))
    ]
    try await fixture.write(belief)
    try await fixture.archive.enroll(
      [App(id: ArchiveFixture.id, name: "bot", server: "other"), there],
      run: try await fixture.run(),
      moved: AppKnowledge.rule(isRecut: true))
    #expect(try fixture.count("SELECT recut FROM app WHERE id = \(fixture.app)") == isRecut)
    #expect(
      try await fixture.archive.knowledge()[ArchiveFixture.id]?.progress.values.map(\.watermark)
        == [day(isRecut == 1 ? "2026-03-01" : "2026-03-05")])
    // A bucket begins where it was cut, until it is read again.
    #expect(
      try fixture.count("SELECT time FROM bucket") == day("2026-03-02").number * 86_400)
  }
}
