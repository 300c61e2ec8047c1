import AlmanacCore
import Foundation
import GRDB
import Testing

@testable import AlmanacStore

@Suite struct `A change of the state of a bucket` {
  /// The state of the one bucket as of the end of each day, 0 being the first; `nil` where it was not
  /// complete then.
  private static func states(_ desk: Desk, days: Int) throws -> [BucketState?] {
    try (0..<days).map { number in
      try desk.archive.ask(asOf: Self.day(number)) { reader in
        let query = FactReader.FactQuery(
          app: desk.app, source: 0, grain: .day, days: Day("2026-03-01")!..<Day("2026-04-01")!)
        return try reader.buckets(query, []).first?.state
      }
    }
  }

  private static func day(_ number: Int) -> Day { Day("2026-03-10")!.advanced(by: number) }

  private static func noon(_ number: Int) -> Date {
    Date(timeIntervalSince1970: TimeInterval(day(number).number * 86_400 + 43_200))
  }

  /// Gives the bucket a state a day, in a run of its own.
  private static func desk(_ states: [BucketState]) async throws -> Desk {
    let desk = try await Desk()
    let held = Bucket(.day, holding: Day("2026-03-02")!)
    var old: BucketState?
    for (number, state) in states.enumerated() {
      let run = try await desk.run(at: noon(number))
      if let old {
        let known = try #require(try await desk.archive.knowledge()[Desk.id])
        var changes = Changes(of: known)
        changes.states = [StateChange(held, from: old, to: state)]
        try await desk.archive.apply(changes, run: run, at: noon(number))
      } else {
        try await desk.write(
          desk.belief(first: "2026-03-02", [bucket("2026-03-02", .day, state, everything())]),
          run: run, at: noon(number))
      }
      old = state
    }
    return desk
  }

  @Test func `is recorded in its run, behind those of before`() async throws {
    let desk = try await Self.desk([.open, .settling, .settled, .expired])
    #expect(
      try desk.rows("SELECT run_id, step, old_state, new_state FROM state_change") == [
        ["2", "0", "open", "settling"], ["3", "0", "settling", "settled"],
        ["4", "0", "settled", "expired"],
      ])
    #expect(try desk.rows("SELECT changed_run_id FROM bucket") == [["4"]])
    let known = try #require(try await desk.archive.knowledge()[Desk.id])
    var changes = Changes(of: known)
    let held = Bucket(.day, holding: Day("2026-03-02")!)
    changes.states = [
      StateChange(held, from: .expired, to: .settling),
      StateChange(held, from: .settling, to: .settled),
      // Another state is held, and nothing changes.
      StateChange(held, from: .open, to: .partial),
    ]
    try await desk.archive.apply(changes, run: 4, at: Self.noon(3))
    #expect(
      try desk.rows("SELECT step, old_state, new_state FROM state_change WHERE run_id = 4") == [
        ["0", "settled", "expired"], ["1", "expired", "settling"], ["2", "settling", "settled"],
      ])
  }

  @Test func `that takes it away has no new state`() async throws {
    let desk = try await Self.desk([.open])
    var changes = Changes(of: try #require(try await desk.archive.knowledge()[Desk.id]))
    changes.dropped = [
      Bucket(.day, holding: Day("2026-03-02")!), Bucket(.day, holding: Day("2026-03-03")!),
    ]
    try await desk.archive.apply(
      changes, run: try await desk.run(at: Self.noon(1)), at: Self.noon(1))
    #expect(
      try desk.rows("SELECT run_id, old_state, new_state FROM state_change")
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
    let desk = try await Self.desk(moves)
    #expect(
      try Self.states(desk, days: moves.count) == moves.map { $0 == .open ? nil : $0 })
  }

  @Test func `of before an archive records them is derived from the runs of the bucket`()
    async throws
  {
    let desk = try await Self.desk([.settling, .settled, .expired, .settling])
    try await desk.archive.queue.write { db in
      try db.execute(sql: "UPDATE archive SET first_recorded_run = 4")
      try db.execute(sql: "DELETE FROM state_change WHERE run_id < 4")
      // As an older almanac has left it.
      try db.execute(sql: "UPDATE bucket SET settled_run_id = 2")
    }
    let knows = try (0..<4).map { number in
      try desk.archive.ask(asOf: Self.day(number)) { $0.moment.knowsStates }
    }
    #expect(knows == [false, false, true, true])
    #expect(try Self.states(desk, days: 4) == [.settling, .settled, .expired, .settling])
    #expect(try desk.archive.ask { $0.moment.knowsStates })
  }

  @Test func `is told by the history of the bucket`() async throws {
    let desk = try await Self.desk([.open, .settling, .settled])
    let history = try await desk.archive.history(
      of: Bucket(.day, holding: Day("2026-03-02")!), app: Desk.id, source: .all)
    #expect(history.firstRecordedRun == 1 && history.state == "settled")
    #expect(
      history.states.map { [$0.old, $0.new, $0.changedAt, "\($0.run)"] } == [
        ["open", "settling", Self.noon(1).iso8601, "2"],
        ["settling", "settled", Self.noon(2).iso8601, "3"],
      ])
  }
}
