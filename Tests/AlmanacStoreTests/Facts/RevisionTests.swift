import AlmanacCore
import Foundation
import Testing

@testable import AlmanacStore

@Suite struct `A revision` {
  private static let columns =
    "source, grain, date, figure, old_value, new_value, revised_at, run_id, reason"

  @Test func `is not the growth of an open bucket`() async throws {
    let fixture = try await ArchiveFixture()
    for (users, state) in [(3.0, BucketState.open), (7, .open), (9, .settling)] {
      let belief = fixture.belief(
        first: "2026-03-01",
        [bucket("2026-03-02", .day, state, [.userCount: users, .errorCount: users])])
      let written = try await fixture.write(belief)
      #expect(written.counts.new == 1)
      #expect(written.counts.revised == 0)
    }
    #expect(try fixture.rows("SELECT users, state FROM daily") == [["9", "settling"]])
    #expect(try fixture.count("SELECT count(*) FROM revision") == 0)
  }

  @Test func `keeps both values of each figure of a complete bucket that changed`() async throws {
    let fixture = try await ArchiveFixture()
    try await fixture.write(
      fixture.belief(
        first: "2026-03-01",
        [
          bucket("2026-03-01", [.userCount: 5, .chatPoints: 1.5, .errorCount: 2]),
          bucket("2026-03-02", .day, .open, [.userCount: 1]),
        ]))
    let later = ArchiveFixture.noon.addingTimeInterval(86_400)
    let run = try await fixture.run(at: later)
    let written = try await fixture.write(
      fixture.belief(
        [
          bucket("2026-03-01", [.userCount: 4, .chatPoints: 2.75, .errorCount: 2]),
          bucket("2026-03-02", [.userCount: 8]),
        ]), run: run, at: later)
    #expect(written.counts.revised == 1)
    #expect(written.counts.new == 1)
    #expect(written.oldestChange == day("2026-03-01"))
    #expect(
      try fixture.rows("SELECT \(Self.columns) FROM revisions ORDER BY figure") == [
        [
          "all", "day", "2026-03-01", "points", "1.5", "2.75", later.iso8601, "\(run)", "grew",
        ],
        ["all", "day", "2026-03-01", "users", "5.0", "4.0", later.iso8601, "\(run)", "fell"],
      ])
    #expect(
      try fixture.rows("SELECT users, points, collected_at FROM daily ORDER BY date") == [
        ["4", "2.75", later.iso8601], ["8", nil, later.iso8601],
      ])
  }

  @Test(arguments: Grain.allCases)
  func `is one for each figure at every grain`(grain: Grain) async throws {
    let fixture = try await ArchiveFixture()
    let start = grain.start(of: day("2026-05-14")).description
    let before = everything()
    var after = before
    for figure in Figure.allCases { after[figure] = (before[figure] ?? 0) + 1 }
    try await fixture.write(
      fixture.belief(grain, first: "2026-01-01", [bucket(start, grain, before)]))
    try await fixture.write(
      fixture.belief(grain, [bucket(start, grain, after)]))
    let figures = try fixture.rows("SELECT figure FROM revisions").compactMap { $0[0] }.sorted()
    #expect(figures == Figure.allCases.map(\.name).sorted())
    #expect(
      try fixture.rows("SELECT DISTINCT grain, date, reason, new_value - old_value FROM revisions")
        == [[grain.name, start, "grew", "1.0"]])
  }

  @Test func `of the users of a source is that source's`() async throws {
    let fixture = try await ArchiveFixture()
    let belief = { (users: Int) in
      fixture.belief(
        first: "2026-03-01",
        sources: ["api": "2026-03-01", "share": "2026-03-01"],
        [bucket("2026-03-01", sources: ["api": users, "share": 1], [.userCount: 5])])
    }
    try await fixture.write(belief(3))
    #expect(try await fixture.write(belief(4)).counts.revised == 1)
    #expect(
      try fixture.rows("SELECT source, figure, old_value, new_value FROM revisions")
        == [["api", "users", "3.0", "4.0"]])
  }

  @Test func `of a mature retention figure names its offset`() async throws {
    let fixture = try await ArchiveFixture()
    for offset in [1, 7] {
      for retained in [3.0, 2] {
        try await fixture.write(
          fixture.belief(
            .day, offset: offset, first: "2026-03-01",
            [bucket("2026-03-01", [.userCount: 5, .retentionUserCount: retained])]))
      }
    }
    #expect(
      try fixture.rows("SELECT figure, old_value, new_value, reason FROM revisions ORDER BY figure")
        == [
          ["retained_users", "3.0", "2.0", "fell"], ["retained_users_t7", "3.0", "2.0", "fell"],
        ])
  }
}
