import AlmanacCore
import Foundation
import GRDB
import Testing

@testable import AlmanacStore

@Suite struct `A change of the state of a bucket` {
  /// The state of the one bucket as of the end of each day, 0 being the first; `nil` where it was not
  /// complete then.
  private static func states(_ fixture: ArchiveFixture, days: Int) throws -> [BucketState?] {
    try (0..<days).map { number in
      try fixture.archive.ask(asOf: Self.day(number)) { reader in
        let query = FactReader.FactQuery(
          app: fixture.app, source: 0, grain: .day, days: Day("2026-03-01")!..<Day("2026-04-01")!)
        return try reader.buckets(query, []).first?.state
      }
    }
  }

  private static func day(_ number: Int) -> Day { Day("2026-03-10")!.advanced(by: number) }

  private static func noon(_ number: Int) -> Date {
    Date(timeIntervalSince1970: TimeInterval(day(number).number * 86_400 + 43_200))
  }

  /// Gives the bucket a state a day, in a run of its own.
  private static func fixture(_ states: [BucketState]) async throws -> ArchiveFixture {
    let fixture = try await ArchiveFixture()
    let held = Bucket(.day, holding: Day("2026-03-02")!)
    var old: BucketState?
    for (number, state) in states.enumerated() {
      let run = try await fixture.run(at: noon(number))
      if let old {
        let known = try #require(try await fixture.archive.knowledge()[ArchiveFixture.id])
        var changes = Changes(of: known)
        changes.states = [StateChange(held, from: old, to: state)]
        try await fixture.archive.apply(changes, run: run, at: noon(number))
      } else {
        try await fixture.write(
          fixture.belief(first: "2026-03-02", [bucket("2026-03-02", .day, state, everything())]),
          run: run, at: noon(number))
      }
      old = state
    }
    return fixture
  }

  @Test func `is recorded in its run, behind those of before`() async throws {
    let fixture = try await Self.fixture([.open, .settling, .settled, .expired])
    #expect(
      try fixture.rows("SELECT run_id, step, old_state, new_state FROM state_change") == [
        ["2", "0", "open", "settling"], ["3", "0", "settling", "settled"],
        ["4", "0", "settled", "expired"],
      ])
    #expect(try fixture.rows("SELECT changed_run_id FROM bucket") == [["4"]])
    let known = try #require(try await fixture.archive.knowledge()[ArchiveFixture.id])
    var changes = Changes(of: known)
    let held = Bucket(.day, holding: Day("2026-03-02")!)
    changes.states = [
      StateChange(held, from: .expired, to: .settling),
      StateChange(held, from: .settling, to: .settled),
      // Another state is held, and nothing changes.
      StateChange(held, from: .open, to: .partial),
    ]
    try await fixture.archive.apply(changes, run: 4, at: Self.noon(3))
    #expect(
      try fixture.rows("SELECT step, old_state, new_state FROM state_change WHERE run_id = 4") == [
        ["0", "settled", "expired"], ["1", "expired", "settling"], ["2", "settling", "settled"],
      ])
  }

  @Test func `that takes it away has no new state`() async throws {
    let fixture = try await Self.fixture([.open])
    var changes = Changes(
      of: try #require(try await fixture.archive.knowledge()[ArchiveFixture.id]))
    changes.dropped = [
      Bucket(.day, holding: Day("2026-03-02")!), Bucket(.day, holding: Day("2026-03-03")!),
    ]
    try await fixture.archive.apply(
      changes, run: try await fixture.run(at: Self.noon(1)), at: Self.noon(1))
    #expect(
      try fixture.rows("SELECT run_id, old_state, new_state FROM state_change")
        == [["2", "open", nil]])
  }

  /// A part that was proved whole later, or that the server remembered again, was not so before.
  @Test(
    arguments: [
      [.partial, .settling, .settled], [.settled, .expired, .settling, .settled],
      [.open, .partial, .settled], [.settling, .settled, .expired, .expired],
    ] as [[BucketState]])
  func `is seen from its day on`(states: [BucketState]) async throws {
    var moves = states
    moves = moves.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    let fixture = try await Self.fixture(moves)
    #expect(
      try Self.states(fixture, days: moves.count) == moves.map { $0 == .open ? nil : $0 })
  }

  @Test func `of before an archive records them is derived from the runs of the bucket`()
    async throws
  {
    let fixture = try await Self.fixture([.settling, .settled, .expired, .settling])
    try await fixture.archive.queue.write { db in
      try db.execute(sql: "UPDATE archive SET first_recorded_run = 4")
      try db.execute(sql: "DELETE FROM state_change WHERE run_id < 4")
      // As an older almanac has left it.
      try db.execute(sql: "UPDATE bucket SET settled_run_id = 2")
    }
    let knows = try (0..<4).map { number in
      try fixture.archive.ask(asOf: Self.day(number)) { $0.moment.knowsStates }
    }
    #expect(knows == [false, false, true, true])
    #expect(try Self.states(fixture, days: 4) == [.settling, .settled, .expired, .settling])
    #expect(try fixture.archive.ask { $0.moment.knowsStates })
  }

  @Test func `is told by the history of the bucket`() async throws {
    let fixture = try await Self.fixture([.open, .settling, .settled])
    let history = try await fixture.archive.history(
      of: Bucket(.day, holding: Day("2026-03-02")!), app: ArchiveFixture.id, source: .all)
    #expect(history.firstRecordedRun == 1 && history.state == "settled")
    #expect(
      history.states.map { [$0.old, $0.new, $0.changedAt, "\($0.run)"] } == [
        ["open", "settling", Self.noon(1).iso8601, "2"],
        ["settling", "settled", Self.noon(2).iso8601, "3"],
      ])
  }
}
