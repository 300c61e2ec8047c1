import AlmanacCollector
import AlmanacCore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

@Suite(.serialized) struct `A run that is killed` {
  private let now = Date("2026-06-20T02:30:00Z")

  private var apps: [SimulatedApp] {
    let from = now.addingTimeInterval(-86_400 * 45)
    let until = now.addingTimeInterval(86_400 * 2)
    let fleet = DemoFleet.apps(count: 6, seed: 5, from: from, until: until)
    return DemoFleet.lively(
      [fleet[0], fleet[5]], seed: 5, late: now.addingTimeInterval(-86_400 * 20), until: until)
  }

  /// What no later answer of the same run changes.
  private static func facts(_ rehearsal: Rehearsal) throws -> Set<[String?]> {
    try Set(
      ["daily", "weekly", "monthly", "quarterly"].flatMap { view in
        try rehearsal.rows(
          """
          SELECT '\(view)', app_id, date, users, new_users, points, messages, chats, errors,
            good_feedback, bad_feedback, response_seconds
          FROM \(view)
          """)
      })
  }

  /// A first run, and one three days after it, each killed wherever it can be.
  @Test(arguments: [2000, 5])
  func `between two statements leaves no half answer, and the next one makes it whole`(
    cachedPages: Int
  ) async throws {
    try await Rehearsal.on(apps, now: now) { rehearsal in
      rehearsal.server.reconfigure { $0.knownSources += DemoFleet.oddSources }
      for moment in [now.addingTimeInterval(-86_400 * 3), now] {
        let all = try await rehearsal.remains(cachedPages: cachedPages) {
          try await rehearsal.run(at: moment)
        }
        let whole = try rehearsal.statements()
        let facts = try Self.facts(rehearsal)
        #expect(all.count > 40)
        for (number, remains) in all.enumerated() {
          let left = try rehearsal.with(remains, as: "left.db")
          #expect(try left.rows("PRAGMA quick_check") == [["ok"]])
          if moment < now { #expect(try Self.facts(left).subtracting(facts) == []) }
          #expect(try left.rows("PRAGMA foreign_key_check") == [])
          try await left.run(at: moment)
          let differences = try Set(left.statements()).symmetricDifference(whole).sorted()
          #expect(
            Array(differences.prefix(4)) == [], "killed at \(number) of \(all.count)")
        }
      }
    }
  }
}
