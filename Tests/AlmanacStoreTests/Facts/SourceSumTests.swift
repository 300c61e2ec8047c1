import AlmanacCore
import Testing

@testable import AlmanacCollector
@testable import AlmanacStore

/// Weeks, months and quarters of one source, from its days. 2026-03-02 is a Monday.
@Suite struct `A source's week` {
  /// Days with their map, and the weeks, months and quarters around them; each day has one user.
  private func fixture(
    first: String = "2026-03-02", source: String = "2026-03-02", days: Int,
    withMap: @Sendable (Int) -> Bool = { _ in true }
  ) async throws -> ArchiveFixture {
    let fixture = try await ArchiveFixture()
    let start = day(first)
    let days = (0..<days).map { index in
      let date = start.advanced(by: index)
      let isThere = withMap(index) && date >= day(source)
      return bucket(
        date.description, sources: withMap(index) ? (isThere ? ["api": 1] : [:]) : nil,
        [.userCount: 1])
    }
    try await fixture.write(fixture.belief(first: first, sources: ["api": source], days))
    for grain in Grain.allCases where grain > .day {
      let window = Window(grain, holding: start..<start.advanced(by: days.count))
      try await fixture.write(
        fixture.belief(
          grain,
          window.buckets.map {
            bucket($0.start.description, grain, sources: ["api": 1], [.userCount: 1])
          }))
    }
    return fixture
  }

  private func read(
    _ fixture: ArchiveFixture, _ first: String, _ values: [Double?]
  ) async throws {
    let buckets = values.enumerated().compactMap { index, value -> BucketReading? in
      guard let value else { return nil }
      return bucket(
        day(first).advanced(by: index).description,
        [.userCount: 1, .newUserCount: 1, .chatItemCount: value, .chatPoints: value / 4])
    }
    try await fixture.write(fixture.belief(.day, .named("api"), buckets))
  }

  private func week(_ fixture: ArchiveFixture) throws -> [String?]? {
    try fixture.rows(
      """
      SELECT users, new_users, messages, points, errors FROM weekly_by_source
      WHERE date = '2026-03-02'
      """
    ).first
  }

  @Test func `is the sum of its days where all are held`() async throws {
    let fixture = try await fixture(days: 7)
    try await read(fixture, "2026-03-02", [1, 2, 3, 4, 5, 6, 7])
    // New users never add up, and users are the server's own count.
    #expect(try week(fixture) == ["1", nil, "28", "7.0", nil])
  }

  @Test(arguments: [
    ("monthly", "2026-03-01", 31), ("quarterly", "2026-01-01", 90),
  ])
  func `is like its month and its quarter`(view: String, date: String, days: Int) async throws {
    let fixture = try await fixture(first: date, source: date, days: days)
    try await read(fixture, date, Array(repeating: 2, count: days))
    #expect(
      try fixture.rows("SELECT date, messages, new_users FROM \(view)_by_source")
        == [[date, "\(2 * days)", nil]])
  }

  @Test func `is unknown where a day is missing`() async throws {
    let fixture = try await fixture(days: 7)
    try await read(fixture, "2026-03-02", [1, 2, 3, nil, 5, 6, 7])
    #expect(try week(fixture) == ["1", nil, nil, nil, nil])
  }

  @Test func `is known in the figures that every day has, and in no other`() async throws {
    let fixture = try await fixture(days: 7)
    try await read(fixture, "2026-03-02", [1, 1, 1, 1, 1, 1, 1])
    try await fixture.write(
      fixture.belief(
        .day, .named("api"),
        (2..<8).map { bucket("2026-03-0\($0)", [.errorCount: 1, .goodFeedBackCount: -1]) }))
    #expect(try week(fixture) == ["1", nil, "7", "1.75", nil])
    try await fixture.write(
      fixture.belief(
        .day, .named("api"), [bucket("2026-03-08", [.errorCount: 4, .goodFeedBackCount: 0])]))
    #expect(try week(fixture) == ["1", nil, "7", "1.75", "10"])
    #expect(
      try fixture.rows("SELECT good_feedback, bad_feedback FROM weekly_by_source") == [["-6", nil]])
  }

  @Test func `counts days before the source's first as zero where their map is held`() async throws
  {
    let fixture = try await fixture(source: "2026-03-05", days: 7)
    try await read(fixture, "2026-03-05", [10, 20, 30, 40])
    #expect(try week(fixture) == ["1", nil, "100", "25.0", nil])
  }

  @Test func `is unknown where a day before the source's first has no map`() async throws {
    let fixture = try await fixture(source: "2026-03-05", days: 7) { $0 != 1 }
    try await read(fixture, "2026-03-05", [10, 20, 30, 40])
    #expect(try week(fixture) == ["1", nil, nil, nil, nil])
  }

  @Test func `counts days before the app's first as zero`() async throws {
    let fixture = try await fixture(first: "2026-03-04", source: "2026-03-04", days: 5)
    try await read(fixture, "2026-03-04", [1, 1, 1, 1, 1])
    #expect(try week(fixture) == ["1", nil, "5", "1.25", nil])
  }

  @Test func `follows a day that is revised, and is revised itself`() async throws {
    let fixture = try await fixture(days: 7)
    try await read(fixture, "2026-03-02", [1, 2, 3, 4, 5, 6, 7])
    try await read(fixture, "2026-03-02", [1, 2, 3, 4, 5, 6, 9])
    #expect(try week(fixture) == ["1", nil, "30", "7.5", nil])
    #expect(
      try fixture.rows(
        """
        SELECT source, grain, date, figure, old_value, new_value FROM revisions
        WHERE figure = 'messages' AND old_value IS NOT NULL ORDER BY grain
        """)
        == [
          ["api", "day", "2026-03-08", "messages", "7.0", "9.0"],
          ["api", "week", "2026-03-02", "messages", "28.0", "30.0"],
        ])
  }

  /// A range that a person named, or a chunk of a long stretch, ends where it ends.
  @Test func `stays whole when only its first days are read again`() async throws {
    let fixture = try await fixture(days: 7)
    try await read(fixture, "2026-03-02", [1, 2, 3, 4, 5, 6, 7])
    let before = try fixture.dump(without: ledger)
    try await read(fixture, "2026-03-02", [1, 2, 3])
    #expect(try week(fixture) == ["1", nil, "28", "7.0", nil])
    #expect(try fixture.dump(without: ledger) == before)
  }

  @Test func `stays whole when only its last days are read again`() async throws {
    let fixture = try await fixture(days: 7)
    try await read(fixture, "2026-03-02", [1, 2, 3, 4, 5, 6, 7])
    let before = try fixture.dump(without: ledger)
    try await read(fixture, "2026-03-06", [5, 6, 7])
    #expect(try fixture.dump(without: ledger) == before)
  }

  @Test func `is not made where the week itself is not held`() async throws {
    let fixture = try await ArchiveFixture()
    try await fixture.write(
      fixture.belief(
        first: "2026-03-02", sources: ["api": "2026-03-02"],
        [bucket("2026-03-02", sources: ["api": 1], [.userCount: 1])]))
    try await read(fixture, "2026-03-02", [1])
    #expect(try fixture.count("SELECT count(*) FROM weekly_by_source") == 0)
    #expect(try fixture.count("SELECT count(*) FROM chat_fact WHERE grain > 0") == 0)
  }
}
