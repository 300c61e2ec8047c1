import AlmanacCore
import Testing

@testable import AlmanacStore

@Suite struct `The state of a bucket` {
  private static let order: [BucketState] = [.open, .settling, .settled]

  @Test(arguments: [BucketState.open, .settling, .settled])
  func `only moves on with its age`(held: BucketState) async throws {
    for believed in Self.order {
      let fixture = try await ArchiveFixture()
      for state in [held, believed] {
        try await fixture.write(
          fixture.belief(first: "2026-03-02", [bucket("2026-03-02", .day, state, everything())]))
      }
      let later = max(
        try #require(Self.order.firstIndex(of: held)),
        try #require(Self.order.firstIndex(of: believed)))
      #expect(try fixture.rows("SELECT state FROM daily") == [[Self.order[later].rawValue]])
    }
  }

  @Test func `moves on without a new figure, and that is no change`() async throws {
    let fixture = try await ArchiveFixture()
    let write = { (state: BucketState) in
      try await fixture.write(
        fixture.belief(
          first: "2026-03-02",
          [bucket("2026-03-02", .day, state, everything())]))
    }
    _ = try await write(.settling)
    let collected = try fixture.rows("SELECT collected_at FROM daily")
    #expect(try await write(.settled).counts.unchanged == 1)
    #expect(try fixture.rows("SELECT state FROM daily") == [["settled"]])
    #expect(try fixture.rows("SELECT collected_at FROM daily") == collected)
    #expect(try fixture.count("SELECT count(*) FROM revision") == 0)
  }

  @Test func `is not what the answer of one source says`() async throws {
    let fixture = try await ArchiveFixture()
    try await fixture.write(
      fixture.belief(
        first: "2026-03-02", sources: ["api": "2026-03-02"],
        [bucket("2026-03-02", .day, .settling, sources: ["api": 1], everything())]))
    try await fixture.write(
      fixture.belief(
        .day, .named("api"),
        [
          bucket("2026-03-02", .day, .settled, everything()),
          bucket("2026-03-03", .day, .settled, everything()),
        ]))
    #expect(try fixture.rows("SELECT date, state FROM daily") == [["2026-03-02", "settling"]])
    #expect(
      try fixture.rows("SELECT date, state FROM daily_by_source") == [["2026-03-02", "settling"]])
  }
}
