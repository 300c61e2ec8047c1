import AlmanacCore
import Testing

@testable import AlmanacStore

@Suite struct `The state of a bucket` {
  private static let order: [BucketState] = [.open, .settling, .settled]

  @Test(arguments: [BucketState.open, .settling, .settled])
  func `only moves on with its age`(held: BucketState) async throws {
    for believed in Self.order {
      let desk = try await Desk()
      for state in [held, believed] {
        try await desk.write(
          desk.belief(first: "2026-03-02", [bucket("2026-03-02", .day, state, everything())]))
      }
      let later = max(
        try #require(Self.order.firstIndex(of: held)),
        try #require(Self.order.firstIndex(of: believed)))
      #expect(try desk.rows("SELECT state FROM daily") == [[Self.order[later].rawValue]])
    }
  }

  @Test func `moves on without a new figure, and that is no change`() async throws {
    let desk = try await Desk()
    let write = { (state: BucketState) in
      try await desk.write(
        desk.belief(
          first: "2026-03-02",
          [bucket("2026-03-02", .day, state, everything())]))
    }
    _ = try await write(.settling)
    let collected = try desk.rows("SELECT collected_at FROM daily")
    #expect(try await write(.settled).counts.unchanged == 1)
    #expect(try desk.rows("SELECT state FROM daily") == [["settled"]])
    #expect(try desk.rows("SELECT collected_at FROM daily") == collected)
    #expect(try desk.count("SELECT count(*) FROM revision") == 0)
  }

  @Test func `is not what the answer of one source says`() async throws {
    let desk = try await Desk()
    try await desk.write(
      desk.belief(
        first: "2026-03-02", sources: ["api": "2026-03-02"],
        [bucket("2026-03-02", .day, .settling, sources: ["api": 1], everything())]))
    try await desk.write(
      desk.belief(
        .day, .named("api"),
        [
          bucket("2026-03-02", .day, .settled, everything()),
          bucket("2026-03-03", .day, .settled, everything()),
        ]))
    #expect(try desk.rows("SELECT date, state FROM daily") == [["2026-03-02", "settling"]])
    #expect(
      try desk.rows("SELECT date, state FROM daily_by_source") == [["2026-03-02", "settling"]])
  }
}
