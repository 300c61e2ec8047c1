import AlmanacCore
import Foundation
import GRDB
import Testing

@testable import AlmanacStore

@Suite struct `The ledger and the captures` {
  private static func before(_ days: Int) -> Date {
    ArchiveFixture.noon.addingTimeInterval(-86_400 * Double(days))
  }

  private func finish(_ fixture: ArchiveFixture, _ run: Int, keep: Int = 14) async throws {
    try await fixture.archive.finishRun(
      run, at: ArchiveFixture.noon, outcome: .done, apps: 1, appsFailed: 0, seconds: 1.5,
      keepCaptures: keep)
  }

  @Test func `keep each body once, and apart from one that differs`() async throws {
    let fixture = try await ArchiveFixture()
    let run = try await fixture.run()
    for body in ["one", "two", "one", "", "one"] {
      try await fixture.archive.record(fixture.entry(run, body: body))
    }
    #expect(try fixture.rows("SELECT size FROM capture ORDER BY id") == [["3"], ["3"]])
    #expect(
      try fixture.rows("SELECT capture FROM request ORDER BY id")
        == [["1"], ["2"], ["1"], [nil], ["1"]])
  }

  /// RFC 1950 ends with the Adler-32 of what was compressed, counted here by hand.
  @Test func `compress a body, sealed with its checksum`() async throws {
    let fixture = try await ArchiveFixture()
    let run = try await fixture.run()
    let body = String(repeating: "{\"timestamp\":1758585600000,\"说\":\"🤖\"}", count: 5000)
    try await fixture.archive.record(fixture.entry(run, body: body))
    let held = try await fixture.archive.queue.read { db in
      try Data.fetchOne(db, sql: "SELECT body FROM capture")
    }
    let compressed = try #require(held)
    #expect(compressed.count < body.utf8.count / 20)
    var sums: (UInt32, UInt32) = (1, 0)
    for byte in body.utf8 {
      sums.0 = (sums.0 + UInt32(byte)) % 65_521
      sums.1 = (sums.1 + sums.0) % 65_521
    }
    #expect(compressed.suffix(4).reduce(0) { $0 << 8 | UInt32($1) } == sums.1 << 16 | sums.0)
    #expect(compressed.first == 0x78)
    #expect(try fixture.count("SELECT size FROM capture") == body.utf8.count)
  }

  @Test func `drop captures that are older than they are kept`() async throws {
    let fixture = try await ArchiveFixture()
    let run = try await fixture.run()
    for age in [0, 13, 14, 15, 89, 400] {
      try await fixture.archive.record(
        fixture.entry(run, at: Self.before(age), body: "body of \(age)"))
    }
    try await finish(fixture, run)
    #expect(try fixture.count("SELECT count(*) FROM capture") == 3)
    #expect(
      try fixture.rows("SELECT capture IS NULL FROM request ORDER BY id")
        == [["0"], ["0"], ["0"], ["1"], ["1"], ["1"]])
  }

  @Test func `keep what a refused answer said for 90 days`() async throws {
    let fixture = try await ArchiveFixture()
    let run = try await fixture.run()
    let failure = ReadFailure(.badAnswer, "no array userData")
    for age in [20, 90, 91] {
      try await fixture.archive.record(
        fixture.entry(run, at: Self.before(age), body: "bad \(age)", failure: failure))
      var belief = fixture.belief([])
      belief.refusals = [
        Refusal(
          date: nil, bucket: RefusedBucket(serverTimestamp: nil, field: "timestamp", reason: "null")
        )
      ]
      try await fixture.write(belief, run: run, at: Self.before(age), body: "refused \(age)")
      try await fixture.write(
        fixture.belief([]), run: run, at: Self.before(age), body: "good \(age)")
    }
    try await finish(fixture, run)
    let kept = try fixture.rows(
      """
      SELECT answered_at, outcome, buckets_refused FROM request
      WHERE capture IS NOT NULL ORDER BY id
      """)
    #expect(
      kept == [
        [Self.before(20).iso8601, "bad answer", "0"], [Self.before(20).iso8601, "ok", "1"],
        [Self.before(90).iso8601, "bad answer", "0"], [Self.before(90).iso8601, "ok", "1"],
      ])
  }

  @Test func `keep an old body that came again`() async throws {
    let fixture = try await ArchiveFixture()
    let run = try await fixture.run()
    for age in [200, 0] {
      try await fixture.archive.record(fixture.entry(run, at: Self.before(age), body: "same"))
    }
    try await finish(fixture, run)
    #expect(try fixture.count("SELECT count(*) FROM capture") == 1)
  }

  @Test func `count up a run from its requests`() async throws {
    let fixture = try await ArchiveFixture()
    try await fixture.write(
      fixture.belief(first: "2026-03-01", [bucket("2026-03-01", everything())]))
    let run = try await fixture.run()
    var belief = fixture.belief(
      [bucket("2026-03-01", everything(2)), bucket("2026-03-02", everything())])
    belief.refusals = [
      Refusal(
        date: day("2026-03-03"),
        bucket: RefusedBucket(serverTimestamp: 1, field: "points", reason: "text"))
    ]
    try await fixture.write(belief, run: run)
    try await fixture.write(fixture.belief([bucket("2026-03-02", everything())]), run: run)
    try await fixture.archive.record(
      fixture.entry(run, failure: ReadFailure(.unreachable, "no answer")))
    try await fixture.archive.finishRun(
      run, at: ArchiveFixture.noon, outcome: .partlyFailed, apps: 2, appsFailed: 1, seconds: 2.5,
      keepCaptures: 14)
    let status = try await fixture.archive.status()
    let newest = try #require(status.run)
    #expect(newest.state == .ended(.partlyFailed))
    #expect(newest.requests == 3)
    #expect(newest.apps == 2)
    #expect(newest.appsFailed == 1)
    #expect(newest.counts.new == 1)
    #expect(newest.counts.revised == 1)
    #expect(newest.counts.unchanged == 1)
    #expect(newest.counts.refused == 1)
    #expect(status.apps.map(\.refused) == [1])
    #expect(
      try fixture.rows("SELECT outcome, cause FROM request ORDER BY id DESC LIMIT 1")
        == [["unreachable", "no answer"]])
  }

  @Test func `say what was asked, spare buckets too`() async throws {
    let fixture = try await ArchiveFixture()
    var entry = fixture.entry(try await fixture.run())
    entry.source = .named("飞书")
    entry.grain = .week
    entry.offset = 4
    entry.asked = Window(.week, holding: day("2026-03-04")..<day("2026-03-05")).asked
    try await fixture.archive.record(entry)
    #expect(
      try fixture.rows(
        """
        SELECT source.name, grain.name, "offset", first_date, last_date, attempts, endpoint
        FROM request JOIN source ON source.id = source JOIN grain ON grain.id = grain
        """)
        == [["飞书", "week", "4", "2026-02-23", "2026-03-15", "1", "getChartData"]])
  }

  @Test func `keep every reading of the totals, the unknown as unknown`() async throws {
    let fixture = try await ArchiveFixture()
    let entry = fixture.entry(try await fixture.run())
    try await fixture.archive.write(
      TotalsAnswer(
        users: 12, chats: nil, points: 3.5, further: ["tokens": 9], delivery: Delivery()), entry)
    try await fixture.archive.write(
      TotalsAnswer(users: 0, chats: 4, points: nil, delivery: Delivery()), entry)
    #expect(
      try fixture.rows("SELECT read_at, total_users, total_chats, total_points FROM totals") == [
        [ArchiveFixture.noon.iso8601, "12", nil, "3.5"],
        [ArchiveFixture.noon.iso8601, "0", "4", nil],
      ])
    #expect(
      try fixture.rows("SELECT further FROM total_reading ORDER BY id") == [
        ["{\"tokens\":9}"], [nil],
      ])
  }

  private func begin(_ fixture: ArchiveFixture, _ starts: [String]) async throws {
    for start in starts {
      let at = try #require(Date(iso8601: start + "T02:30:00Z"))
      let run = try await fixture.run(at: at)
      try await fixture.archive.record(fixture.entry(run, at: at))
    }
  }

  /// The runs whose requests are left after a run that ended on a day.
  private func left(_ fixture: ArchiveFixture, after end: String) async throws -> [String] {
    let run = try await fixture.run(at: try #require(Date(iso8601: end + "T02:30:00Z")))
    try await fixture.archive.finishRun(
      run, at: try #require(Date(iso8601: end + "T02:31:00Z")), outcome: .done, apps: 1,
      appsFailed: 0, seconds: 1, keepCaptures: 14)
    return try fixture.rows("SELECT run_id FROM request ORDER BY id").compactMap { $0[0] }
  }

  @Test func `drop requests after 90 days, those of a run that was killed, too`() async throws {
    let fixture = try await ArchiveFixture()
    try await begin(fixture, ["2026-01-01", "2026-01-02", "2026-01-03", "2026-03-01"])
    #expect(try await left(fixture, after: "2026-03-31") == ["1", "2", "3", "4"])
    #expect(try await left(fixture, after: "2026-04-01") == ["2", "3", "4"])
    #expect(try await left(fixture, after: "2026-04-03") == ["4"])
    #expect(try fixture.count("SELECT count(*) FROM run") == 7)
  }

  @Test func `drop nothing by a clock that is years ahead`() async throws {
    let fixture = try await ArchiveFixture()
    try await begin(fixture, ["2026-01-01", "2026-01-02", "2026-04-01"])
    for ahead in ["2027-04-01", "2030-01-01", "9999-12-31"] {
      #expect(try await left(fixture, after: ahead) == ["1", "2", "3"], "\(ahead)")
    }
    // The true clock goes on.
    #expect(try await left(fixture, after: "2026-04-01") == ["2", "3"])
  }

  @Test func `drop requests where runs are far between, too`() async throws {
    let fixture = try await ArchiveFixture()
    try await begin(fixture, ["2026-01-01", "2026-04-15", "2026-09-01"])
    #expect(try await left(fixture, after: "2026-12-20") == [])
  }

  @Test func `drop what a clock that was ahead has left when it is old`() async throws {
    let fixture = try await ArchiveFixture()
    try await begin(fixture, ["2026-01-01", "2030-01-01", "2026-01-02", "2026-03-01"])
    #expect(try await left(fixture, after: "2026-04-01") == ["2", "3", "4"])
    #expect(try await left(fixture, after: "2026-04-02") == ["4"])
  }

  @Test func `drop nothing in a run that is interrupted`() async throws {
    let fixture = try await ArchiveFixture()
    try await begin(fixture, ["2026-01-01"])
    let run = try await fixture.run()
    try await fixture.archive.finishRun(
      run, at: ArchiveFixture.noon, outcome: .interrupted, apps: 1, appsFailed: 0, seconds: 1,
      keepCaptures: 14)
    #expect(try fixture.count("SELECT count(*) FROM request") == 1)
  }

  /// Readings every eight hours for three years, of two apps in turn.
  @Test func `keep of totals the last of each day, after 400 days the last of each month`()
    async throws
  {
    let fixture = try await ArchiveFixture(
      apps: [ArchiveFixture.id, ArchiveFixture.otherID].map {
        App(id: $0, name: $0.text, server: "default")
      })
    _ = try await fixture.run()
    let last = Date(timeIntervalSince1970: 1_795_374_000)
    try await fixture.archive.queue.write { db in
      for number in 0..<6_000 {
        let at = last.addingTimeInterval(-28_800 * Double((5_999 - number) / 2))
        try db.cachedStatement(
          sql: "INSERT INTO total_reading (run_id, app, read_at) VALUES (1, ?, ?)"
        ).execute(arguments: [number % 2 + 1, at.iso8601])
      }
    }
    let all = try fixture.rows("SELECT app, read_at FROM total_reading").map {
      (app: $0[0] ?? "", at: $0[1] ?? "")
    }
    try await fixture.archive.prune(at: last, keepCaptures: 14)
    let line = last.addingTimeInterval(-86_400 * 400).iso8601
    let kept = try fixture.rows("SELECT app, read_at FROM total_reading ORDER BY app, read_at")
      .map { "\($0[0] ?? "") \($0[1] ?? "")" }
    let months = Dictionary(grouping: all, by: { "\($0.app) \($0.at.prefix(7))" })
      .compactMapValues { $0.map(\.at).max() }
    let days = Dictionary(grouping: all, by: { "\($0.app) \($0.at.prefix(10))" })
      .compactMapValues { $0.map(\.at).max() }
    let expected = all.filter { app, at in
      at == (at < line ? months["\(app) \(at.prefix(7))"] : days["\(app) \(at.prefix(10))"])
    }.map { "\($0.app) \($0.at)" }.sorted()
    #expect(kept == expected)
    #expect(kept.count < 2 * (401 + 24))
  }

  @Test(
    arguments: [
      ("collect", RunOutcome.done, true), ("daemon", .partlyFailed, true),
      ("collect --deep", .failed, true), ("collect", .interrupted, false),
      ("collect --app x", .done, false), ("--app=x collect", .done, false),
      ("collect --from 2026-01-01", .done, false),
      ("\(Archive.rehearsalMark)2026-01-01T00:00:00Z collect", .done, false),
      ("collect --config my--apps.yaml", .done, true),
    ])
  func `tells the last run over everything that came to an end`(
    arguments: String, outcome: RunOutcome, counts: Bool
  ) async throws {
    let archive = try Archive.inMemory()
    let run = try await archive.beginRun(
      at: ArchiveFixture.noon, version: "1", arguments: arguments)
    #expect(try await archive.lastRunOverEverything() == nil)
    try await archive.finishRun(
      run, at: ArchiveFixture.noon, outcome: outcome, apps: 0, appsFailed: 0, seconds: 1,
      keepCaptures: 14)
    #expect(try await archive.lastRunOverEverything() == (counts ? ArchiveFixture.noon : nil))
  }
}
