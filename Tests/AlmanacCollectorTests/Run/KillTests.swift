import AlmanacCollector
import AlmanacCore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

@Suite(.long, .serialized) struct `A run that is killed` {
  private let now = Date("2026-06-20T02:30:00Z")

  private var apps: [SimulatedApp] {
    let until = now.addingTimeInterval(86_400 * 2)
    let fleet = DemoFleet.apps(
      count: 6, seed: 5, from: now.addingTimeInterval(-86_400 * 25), until: until)
    return DemoFleet.lively(
      [fleet[5]], seed: 5, late: now.addingTimeInterval(-86_400 * 9), until: until)
  }

  /// A first run, and one three days after it, each killed at a third of the moments at which it
  /// can be, or at all of them.
  @Test(arguments: [2000, 5])
  func `between two statements leaves no half answer, and the next one makes it whole`(
    cachedPages: Int
  ) async throws {
    try await SimulatedCollection.on(apps, now: now) { original in
      var collection = original
      collection.zones = ["default": .utc]
      collection.settings = CollectorSettings(
        retentionOffsets: [.day: [1, 3], .week: [1], .month: [1], .quarter: [1]], concurrency: 2)
      collection.server.reconfigure { $0.knownSources += DemoFleet.oddSources }
      for moment in [now.addingTimeInterval(-86_400 * 3), now] {
        let all = try await collection.remains(cachedPages: cachedPages) {
          try await collection.run(at: moment)
        }
        let whole = try collection.statements()
        let facts = try collection.facts()
        #expect(all.count > 15)
        for (number, remains) in Repetition.share(of: all, parts: 3) {
          let left = try collection.with(remains, as: "left.db")
          #expect(try left.rows("PRAGMA quick_check") == [["ok"]])
          if moment < now { #expect(try left.facts().subtracting(facts) == []) }
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
