import AlmanacCore
import Foundation
import GRDB
import Testing

@testable import AlmanacStore

@Suite struct `The ledger and the captures` {
  private static func before(_ days: Int) -> Date {
    Desk.noon.addingTimeInterval(-86_400 * Double(days))
  }

  private func finish(_ desk: Desk, _ run: Int, keep: Int = 14) async throws {
    try await desk.archive.finishRun(
      run, at: Desk.noon, outcome: .done, apps: 1, appsFailed: 0, seconds: 1.5,
      keepCaptures: keep)
  }

  @Test func `keep each body once, and apart from one that differs`() async throws {
    let desk = try await Desk()
    let run = try await desk.run()
    for body in ["one", "two", "one", "", "one"] {
      try await desk.archive.record(desk.entry(run, body: body))
    }
    #expect(try desk.rows("SELECT size FROM capture ORDER BY id") == [["3"], ["3"]])
    #expect(
      try desk.rows("SELECT capture FROM request ORDER BY id")
        == [["1"], ["2"], ["1"], [nil], ["1"]])
  }

  /// RFC 1950 ends with the Adler-32 of what was compressed, counted here by hand.
  @Test func `compress a body, sealed with its checksum`() async throws {
    let desk = try await Desk()
    let run = try await desk.run()
    let body = String(repeating: "{\"timestamp\":1758585600000,\"说\":\"🤖\"}", count: 5000)
    try await desk.archive.record(desk.entry(run, body: body))
    let held = try await desk.archive.queue.read { db in
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
    #expect(try desk.count("SELECT size FROM capture") == body.utf8.count)
  }

  @Test func `drop captures that are older than they are kept`() async throws {
    let desk = try await Desk()
    let run = try await desk.run()
    for age in [0, 13, 14, 15, 89, 400] {
      try await desk.archive.record(
        desk.entry(run, at: Self.before(age), body: "body of \(age)"))
    }
    try await finish(desk, run)
    #expect(try desk.count("SELECT count(*) FROM capture") == 3)
    #expect(
      try desk.rows("SELECT capture IS NULL FROM request ORDER BY id")
        == [["0"], ["0"], ["0"], ["1"], ["1"], ["1"]])
  }

  @Test func `keep what a refused answer said for 90 days`() async throws {
    let desk = try await Desk()
    let run = try await desk.run()
    let failure = ReadFailure(.badAnswer, "no array userData")
    for age in [20, 90, 91] {
      try await desk.archive.record(
        desk.entry(run, at: Self.before(age), body: "bad \(age)", failure: failure))
      var belief = desk.belief([])
      belief.refusals = [
        Refusal(date: nil, bucket: RefusedBucket(label: nil, field: "timestamp", reason: "null"))
      ]
      try await desk.write(belief, run: run, at: Self.before(age), body: "refused \(age)")
      try await desk.write(desk.belief([]), run: run, at: Self.before(age), body: "good \(age)")
    }
    try await finish(desk, run)
    let kept = try desk.rows(
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
    let desk = try await Desk()
    let run = try await desk.run()
    for age in [200, 0] {
      try await desk.archive.record(desk.entry(run, at: Self.before(age), body: "same"))
    }
    try await finish(desk, run)
    #expect(try desk.count("SELECT count(*) FROM capture") == 1)
  }

  @Test func `count up a run from its requests`() async throws {
    let desk = try await Desk()
    try await desk.write(desk.belief(first: "2026-03-01", [bucket("2026-03-01", everything())]))
    let run = try await desk.run()
    var belief = desk.belief(
      [bucket("2026-03-01", everything(2)), bucket("2026-03-02", everything())])
    belief.refusals = [
      Refusal(
        date: day("2026-03-03"), bucket: RefusedBucket(label: 1, field: "points", reason: "text"))
    ]
    try await desk.write(belief, run: run)
    try await desk.write(desk.belief([bucket("2026-03-02", everything())]), run: run)
    try await desk.archive.record(
      desk.entry(run, failure: ReadFailure(.unreachable, "no answer")))
    try await desk.archive.finishRun(
      run, at: Desk.noon, outcome: .partlyFailed, apps: 2, appsFailed: 1, seconds: 2.5,
      keepCaptures: 14)
    let status = try await desk.archive.status()
    let newest = try #require(status.run)
    #expect(newest.outcome == "partly failed")
    #expect(newest.requests == 3)
    #expect(newest.apps == 2)
    #expect(newest.appsFailed == 1)
    #expect(newest.counts.new == 1)
    #expect(newest.counts.revised == 1)
    #expect(newest.counts.unchanged == 1)
    #expect(newest.counts.refused == 1)
    #expect(status.apps.map(\.refused) == [1])
    #expect(
      try desk.rows("SELECT outcome, cause FROM request ORDER BY id DESC LIMIT 1")
        == [["unreachable", "no answer"]])
  }

  @Test func `say what was asked, spare buckets too`() async throws {
    let desk = try await Desk()
    var entry = desk.entry(try await desk.run())
    entry.source = .named("飞书")
    entry.grain = .week
    entry.offset = 4
    entry.asked = Window(.week, holding: day("2026-03-04")..<day("2026-03-05")).asked
    try await desk.archive.record(entry)
    #expect(
      try desk.rows(
        """
        SELECT source.name, grain.name, "offset", first_date, last_date, attempts, endpoint
        FROM request JOIN source ON source.id = source JOIN grain ON grain.id = grain
        """)
        == [["飞书", "week", "4", "2026-02-23", "2026-03-15", "1", "getChartData"]])
  }

  @Test func `keep every reading of the totals, the unknown as unknown`() async throws {
    let desk = try await Desk()
    let entry = desk.entry(try await desk.run())
    try await desk.archive.write(
      TotalsAnswer(
        users: 12, chats: nil, points: 3.5, further: ["tokens": 9], delivery: Delivery()), entry)
    try await desk.archive.write(
      TotalsAnswer(users: 0, chats: 4, points: nil, delivery: Delivery()), entry)
    #expect(
      try desk.rows("SELECT read_at, total_users, total_chats, total_points FROM totals") == [
        [Desk.noon.iso8601, "12", nil, "3.5"], [Desk.noon.iso8601, "0", "4", nil],
      ])
    #expect(
      try desk.rows("SELECT further FROM total_reading ORDER BY id") == [["{\"tokens\":9}"], [nil]])
  }
}
