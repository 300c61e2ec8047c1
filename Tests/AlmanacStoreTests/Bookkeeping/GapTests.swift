import AlmanacCore
import Foundation
import Testing

@testable import AlmanacCollector
@testable import AlmanacStore

/// 2026-03-02 is a Monday; the app was first active on it.
@Suite struct `A gap` {
  private static let sql =
    "SELECT grain, first_date, last_date, reason FROM gaps ORDER BY first_date, grain"

  private func close(
    _ fixture: ArchiveFixture, today: String, grains: [Grain] = [.day], failure: String? = nil,
    failed: [Grain: [Range<Day>]] = [:]
  ) async throws {
    let known = try #require(try await fixture.archive.knowledge()[ArchiveFixture.id])
    let expected = Closing.expected(of: known, grains, before: day(today))
    let closing = Closing(
      known: known, held: try await fixture.archive.heldAtClose(fixture.app, of: expected),
      today: day(today),
      failed: failed)
    try await fixture.archive.close(
      closing.changes(isWhole: failure == nil), run: try await fixture.run(),
      at: ArchiveFixture.noon,
      failure: failure)
  }

  private func hold(
    _ fixture: ArchiveFixture, _ dates: [String], _ grain: Grain = .day,
    _ state: BucketState = .settled
  ) async throws {
    try await fixture.write(
      fixture.belief(
        grain, first: "2026-03-02", dates.map { bucket($0, grain, state, [.userCount: 1]) }))
  }

  @Test func `is every day that should be known and is not, neighbours in one`() async throws {
    let fixture = try await ArchiveFixture()
    try await hold(fixture, ["2026-03-02", "2026-03-05", "2026-03-08"])
    try await close(fixture, today: "2026-03-11")
    #expect(
      try fixture.rows(Self.sql) == [
        ["day", "2026-03-03", "2026-03-04", "never read"],
        ["day", "2026-03-06", "2026-03-07", "never read"],
        ["day", "2026-03-09", "2026-03-10", "never read"],
      ])
  }

  @Test func `says whether a day was never read, failed or was refused`() async throws {
    let fixture = try await ArchiveFixture()
    var belief = fixture.belief(first: "2026-03-02", [bucket("2026-03-02", [.userCount: 1])])
    belief.refusals = ["2026-03-04", "2026-03-05", "2026-03-07"].map { date in
      Refusal(
        date: day(date),
        bucket: RefusedBucket(
          serverTimestamp: 1, field: "chatData.summary.errorCount", reason: "below 0"))
    }
    let written = try await fixture.write(belief)
    #expect(written.counts.refused == 3)
    try await close(
      fixture, today: "2026-03-11", failure: "no answer",
      failed: [.day: [day("2026-03-07")..<day("2026-03-09")]])
    #expect(
      try fixture.rows(Self.sql) == [
        ["day", "2026-03-03", "2026-03-03", "never read"],
        ["day", "2026-03-04", "2026-03-05", "refused"],
        ["day", "2026-03-06", "2026-03-06", "never read"],
        ["day", "2026-03-07", "2026-03-08", "failed"],
        ["day", "2026-03-09", "2026-03-10", "never read"],
      ])
    #expect(
      try fixture.rows("SELECT date, label, field, reason FROM refusal LIMIT 1")
        == [["2026-03-04", "1", "chatData.summary.errorCount", "below 0"]])
  }

  @Test func `closes when its days are held`() async throws {
    let fixture = try await ArchiveFixture()
    try await hold(fixture, ["2026-03-02", "2026-03-04"])
    try await close(fixture, today: "2026-03-05")
    #expect(try fixture.count("SELECT count(*) FROM gaps") == 1)
    try await hold(fixture, ["2026-03-03"])
    #expect(try fixture.rows(Self.sql) == [])
    try await close(fixture, today: "2026-03-05")
    #expect(try fixture.rows(Self.sql) == [])
  }

  /// A reader may look in the middle of a run, or after one that was broken off.
  @Test func `never speaks of a bucket that has a row, not even before the run ends`() async throws
  {
    let fixture = try await ArchiveFixture()
    try await hold(fixture, ["2026-03-02"])
    try await close(fixture, today: "2026-03-09")
    #expect(try fixture.rows(Self.sql) == [["day", "2026-03-03", "2026-03-08", "never read"]])
    try await hold(fixture, ["2026-03-05", "2026-03-08"])
    #expect(
      try fixture.rows(Self.sql) == [
        ["day", "2026-03-03", "2026-03-04", "never read"],
        ["day", "2026-03-06", "2026-03-07", "never read"],
      ])
  }

  @Test func `is no day before the first activity, nor the one that has not ended`() async throws {
    let fixture = try await ArchiveFixture()
    try await close(fixture, today: "2026-03-05")
    #expect(try fixture.rows(Self.sql) == [])
    try await hold(fixture, ["2026-03-02", "2026-03-03"])
    try await close(fixture, today: "2026-03-04")
    #expect(try fixture.rows(Self.sql) == [])
  }

  @Test func `is no day before the one since which the app is wanted`() async throws {
    let fixture = try await ArchiveFixture()
    try await hold(fixture, ["2026-03-02"])
    let run = try await fixture.run()
    let known = try #require(try await fixture.archive.knowledge()[ArchiveFixture.id])
    try await fixture.archive.apply(
      known.backfill(
        from: day("2026-03-06"), since: day("2026-03-06"), remembered: nil,
        today: ArchiveFixture.today),
      fixture.entry(run))
    try await close(fixture, today: "2026-03-08")
    #expect(try fixture.rows(Self.sql) == [["day", "2026-03-06", "2026-03-07", "never read"]])
  }

  @Test func `is at each grain the buckets that have ended`() async throws {
    let fixture = try await ArchiveFixture()
    try await hold(fixture, ["2026-03-02"])
    try await hold(fixture, ["2026-03-09"], .week)
    try await close(fixture, today: "2026-04-02", grains: Grain.allCases)
    #expect(
      try fixture.rows("SELECT grain, first_date, last_date FROM gaps ORDER BY 1, 2") == [
        ["day", "2026-03-03", "2026-04-01"], ["month", "2026-03-01", "2026-03-01"],
        ["quarter", "2026-01-01", "2026-01-01"], ["week", "2026-03-02", "2026-03-02"],
        ["week", "2026-03-16", "2026-03-23"],
      ])
  }

  @Test func `is a bucket that ended and was only read open, which has no row then`() async throws {
    let fixture = try await ArchiveFixture()
    try await hold(fixture, ["2026-03-02"])
    try await hold(fixture, ["2026-03-03"], .day, .open)
    try await close(fixture, today: "2026-03-03")
    #expect(try fixture.rows(Self.sql) == [])
    #expect(try fixture.count("SELECT count(*) FROM daily") == 2)
    try await close(fixture, today: "2026-03-04", failure: "no answer")
    #expect(try fixture.rows(Self.sql) == [["day", "2026-03-03", "2026-03-03", "never read"]])
    #expect(try fixture.rows("SELECT date FROM daily") == [["2026-03-02"]])
    // The read that completes it is growth, no revision.
    try await fixture.write(
      fixture.belief(
        [bucket("2026-03-03", .day, .settling, [.userCount: 4])]))
    try await close(fixture, today: "2026-03-04")
    #expect(try fixture.rows(Self.sql) == [])
    #expect(
      try fixture.rows("SELECT date, state, users FROM daily WHERE date > '2026-03-02'")
        == [["2026-03-03", "settling", "4"]])
    #expect(try fixture.count("SELECT count(*) FROM revision") == 0)
  }

  /// Neither what an app nor what its sources had while the bucket was open is left then.
  @Test func `of a bucket that was only read open ends with figures of its whole`() async throws {
    let fixture = try await ArchiveFixture()
    let opened = fixture.belief(
      first: "2026-03-02", sources: ["api": "2026-03-02"],
      [
        bucket("2026-03-02", .day, .settling, sources: ["api": 1], [.userCount: 1]),
        bucket("2026-03-03", .day, .open, sources: ["api": 0], [.userCount: 2, .errorCount: 0]),
      ])
    try await fixture.write(opened)
    try await fixture.write(
      fixture.belief(
        .day, .named("api"), [bucket("2026-03-03", .day, .open, [.chatCount: 0, .errorCount: 0])]))
    try await close(fixture, today: "2026-03-04", failure: "no answer")
    let run = try await fixture.run()
    try await fixture.write(
      fixture.belief([bucket("2026-03-03", .day, .settling, sources: ["api": 3], [.userCount: 4])]),
      run: run)
    let figures = "date, state, users, errors, chats"
    #expect(
      try fixture.rows("SELECT \(figures) FROM daily WHERE date > '2026-03-02'")
        == [["2026-03-03", "settling", "4", nil, nil]])
    #expect(
      try fixture.rows("SELECT \(figures) FROM daily_by_source WHERE date > '2026-03-02'")
        == [["2026-03-03", "settling", "3", nil, nil]])
    try await fixture.write(
      fixture.belief(.day, .named("api"), [bucket("2026-03-03", .day, .settling, [.chatCount: 7])]),
      run: run)
    #expect(try fixture.count("SELECT count(*) FROM revision") == 0)
  }

  /// Buckets held, refused, failed, open and left out, by a seed.
  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func `and a row never speak of one bucket, and together of all`(seed: UInt64) async throws {
    var state = seed
    let roll = { (sides: UInt64) -> UInt64 in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) % sides
    }
    let fixture = try await ArchiveFixture()
    let first = day("2026-03-02")
    let today = first.advanced(by: 70)
    for grain in Grain.allCases {
      let window = Window(grain, holding: first..<today)
      let buckets = window.buckets.filter { _ in roll(3) > 0 }.map { held in
        let state: BucketState = held.end > today || roll(4) == 0 ? .open : .settled
        return bucket(held.start.description, grain, state, [.userCount: 1])
      }
      try await fixture.write(fixture.belief(grain, first: "2026-03-02", buckets))
    }
    try await close(fixture, today: today.description, grains: Grain.allCases)
    for (grain, view) in zip(Grain.allCases, ["daily", "weekly", "monthly", "quarterly"]) {
      let rows = try fixture.rows("SELECT date FROM \(view)").compactMap { $0[0] }
      let gaps = try fixture.rows(
        "SELECT first_date, last_date FROM gaps WHERE grain = '\(grain)'"
      ).flatMap { row in
        let stretch = day(row[0] ?? "")..<day(row[1] ?? "").advanced(by: 1)
        return stretch.filter { grain.start(of: $0) == $0 }.map(\.description)
      }
      #expect(Set(rows).isDisjoint(with: gaps), "seed \(seed), \(grain)")
      let ended = (grain.start(of: first)..<grain.start(of: today)).filter {
        grain.start(of: $0) == $0
      }.map(\.description)
      let spoken = Set(rows).union(gaps)
      #expect(spoken.isSuperset(of: ended), "seed \(seed), \(grain)")
      let open = grain.start(of: today).description
      #expect(spoken.subtracting([open]).count == ended.count, "seed \(seed), \(grain)")
    }
  }

  @Test func `of a retired app is none`() async throws {
    let fixture = try await ArchiveFixture()
    try await hold(fixture, ["2026-03-02", "2026-03-04"])
    try await close(fixture, today: "2026-03-06")
    #expect(try fixture.count("SELECT count(*) FROM gaps") == 2)
    try await fixture.archive.enroll([], run: 0)
    #expect(try fixture.rows(Self.sql) == [])
    #expect(try fixture.count("SELECT count(*) FROM daily") == 2)
  }

  @Test func `is written with how the app fared`() async throws {
    let fixture = try await ArchiveFixture()
    try await hold(fixture, ["2026-03-02", "2026-03-03"])
    try await hold(fixture, ["2026-03-04"], .day, .open)
    try await close(fixture, today: "2026-03-04")
    let columns = "last_success, newest_complete_day, last_error, last_error_at"
    #expect(
      try fixture.rows("SELECT \(columns) FROM freshness")
        == [[ArchiveFixture.noon.iso8601, "2026-03-03", nil, nil]])
    try await close(fixture, today: "2026-03-04", failure: "no answer in 30 s")
    #expect(
      try fixture.rows("SELECT \(columns) FROM freshness")
        == [
          [
            ArchiveFixture.noon.iso8601, "2026-03-03", "no answer in 30 s",
            ArchiveFixture.noon.iso8601,
          ]
        ])
  }
}
