import AlmanacCore
import Foundation
import Testing

@testable import AlmanacStore

@Suite struct `The retention of a cohort` {
  private static let sql =
    "SELECT \"offset\", cohort_users, base, retained_users, mature FROM retention ORDER BY offset"

  private func write(
    _ fixture: ArchiveFixture, offset: Int, isMature: Bool, base: RetentionBase = .activeUsers,
    _ figures: [Figure: Double]
  ) async throws {
    var belief = fixture.belief(
      .day, offset: offset, first: "2026-03-02",
      [bucket("2026-03-02", isMature: isMature, figures)])
    belief.base = base
    try await fixture.write(belief)
  }

  @Test func `is unknown until it is mature, whatever the server says`() async throws {
    let fixture = try await ArchiveFixture()
    let figures: [Figure: Double] = [.userCount: 9, .newUserCount: 4, .retentionUserCount: 2]
    try await write(fixture, offset: 1, isMature: false, figures)
    #expect(try fixture.rows(Self.sql) == [["1", "9", "users", nil, "0"]])
    #expect(try fixture.rows("SELECT users, retained_users FROM daily") == [["9", nil]])
    try await write(fixture, offset: 1, isMature: true, figures)
    #expect(try fixture.rows(Self.sql) == [["1", "9", "users", "2", "1"]])
    #expect(try fixture.rows("SELECT retained_users FROM daily") == [["2"]])
    #expect(try fixture.count("SELECT count(*) FROM revision") == 0)
  }

  @Test func `is kept for each offset, and only T+1 is in the views of figures`() async throws {
    let fixture = try await ArchiveFixture()
    try await write(fixture, offset: 7, isMature: true, [.userCount: 9, .retentionUserCount: 1])
    // The bucket itself comes with the answer at offset 1.
    #expect(try fixture.rows("SELECT retained_users FROM daily") == [])
    try await write(fixture, offset: 1, isMature: true, [.userCount: 9, .retentionUserCount: 3])
    #expect(
      try fixture.rows(Self.sql) == [
        ["1", "9", "users", "3", "1"], ["7", "9", "users", "1", "1"],
      ])
    #expect(try fixture.rows("SELECT retained_users FROM daily") == [["3"]])
  }

  @Test func `counts the users that the server looks for`() async throws {
    let fixture = try await ArchiveFixture()
    try await write(
      fixture, offset: 1, isMature: true, base: .newUsers,
      [.userCount: 9, .newUserCount: 4, .retentionUserCount: 2])
    #expect(try fixture.rows(Self.sql) == [["1", "4", "new_users", "2", "1"]])
  }

  @Test func `that was known stays when an answer does not say it`() async throws {
    let fixture = try await ArchiveFixture()
    try await write(fixture, offset: 1, isMature: true, [.userCount: 9, .retentionUserCount: 2])
    let before = try fixture.dump(without: ledger)
    try await write(fixture, offset: 1, isMature: true, [.userCount: 9])
    try await write(fixture, offset: 1, isMature: false, [.userCount: 9, .retentionUserCount: 0])
    #expect(try fixture.dump(without: ledger) == before)
  }

  @Test func `that the server does not send is mature and unknown, not zero`() async throws {
    let fixture = try await ArchiveFixture()
    try await write(fixture, offset: 1, isMature: true, [.userCount: 9])
    #expect(try fixture.rows(Self.sql) == [["1", "9", "users", nil, "1"]])
  }

  @Test func `that matured is a figure first seen in that run`() async throws {
    let fixture = try await ArchiveFixture()
    try await write(fixture, offset: 1, isMature: false, [.userCount: 9, .retentionUserCount: 2])
    let later = ArchiveFixture.noon.addingTimeInterval(86_400)
    try await fixture.write(
      fixture.belief([bucket("2026-03-02", [.userCount: 9, .retentionUserCount: 2])]), at: later)
    #expect(try fixture.rows("SELECT collected_at FROM daily") == [[later.iso8601]])
  }
}
