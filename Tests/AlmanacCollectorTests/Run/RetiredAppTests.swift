import AlmanacCollector
import AlmanacCore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

@Suite struct `An app that leaves the configuration` {
  private let now = Date("2026-06-10T14:30:00Z")

  private func day(_ number: Int) -> Date { now.addingTimeInterval(86_400 * Double(number)) }

  private func apps() -> [SimulatedApp] {
    DemoFleet.apps(count: 2, seed: 31, from: day(-100), until: day(60))
  }

  private let open = """
    SELECT count(*) FROM bucket JOIN app ON app.id = bucket.app
    WHERE app.retired = 1 AND bucket.state = 'open'
    """

  @Test func `keeps no open bucket, from the run on that first misses it`() async throws {
    let simulated = apps()
    try await SimulatedCollection.on(simulated, now: now) { collection in
      try await collection.run(at: now)
      let gone = simulated[1].id
      let held = "SELECT date, messages, users FROM daily WHERE app_id = '\(gone)' ORDER BY date"
      let before = try collection.rows(held)
      try await collection.run(at: day(1), apps: [collection.apps[0]])
      #expect(try collection.count(open) == 0)
      let left = try collection.rows(
        """
        SELECT grain.name, state, complete_run_id FROM bucket JOIN grain ON grain.id = bucket.grain
        JOIN app ON app.id = bucket.app
        WHERE app_id = '\(gone)' AND day + 400 > 20614 AND state = 'partial'
          AND complete_run_id IS NULL ORDER BY bucket.grain
        """)
      #expect(left.map { $0[0] } == ["day", "week", "month", "quarter"])
      // What was seen of the day is a lower bound, and stays.
      #expect(try collection.rows(held) == before)
      #expect(
        try collection.count(
          "SELECT count(*) FROM gap JOIN app ON app.id = gap.app WHERE retired = 1") == 0)
      let changes = try collection.rows(
        "SELECT DISTINCT old_state, new_state FROM state_change WHERE new_state = 'partial'")
      #expect(changes == [["open", "partial"]])
    }
  }

  /// It is back on the next day, in the same month, or a quarter later.
  @Test(arguments: [2, 20, 45])
  func `is read again where it was broken off once it is back`(later: Int) async throws {
    let simulated = apps()
    try await SimulatedCollection.on(simulated, now: now) { collection in
      try await collection.run(at: now)
      try await collection.run(at: day(1), apps: [collection.apps[0]])
      try await collection.run(at: day(later))
      let differences = try simulated.flatMap { app in
        try ArchiveComparison(collection, app, now: day(later)).differences()
      }
      #expect(differences == [])
      #expect(try collection.count("SELECT count(*) FROM revision") == 0)
      #expect(try collection.count("SELECT count(*) FROM gaps") == 0)
    }
  }

  /// An archive of before schema 3 has open buckets of apps that were retired long ago.
  @Test func `loses open buckets of before, too`() async throws {
    let simulated = apps()
    try await SimulatedCollection.on(simulated, now: now) { collection in
      try await collection.run(at: now)
      try SimulatedCollection.execute(
        "UPDATE app SET retired = 1 WHERE app_id = '\(simulated[1].id)'", path: collection.path,
        patience: 5)
      #expect(try collection.count(open) == 4)
      try await collection.run(at: day(1), apps: [collection.apps[0]])
      #expect(try collection.count(open) == 0)
    }
  }
}
