import AlmanacCollector
import AlmanacCore
import AlmanacStore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Synchronization
import Testing

@Suite struct `A daily run` {
  private let start = Date("2026-03-01T00:00:00Z")
  private let now = Date("2026-06-10T02:30:00Z")

  private func steady() -> SimulatedApp { Fixtures.steady(from: start, days: 120) }

  @Test func `on nothing new writes its run, its ledger and the totals`() async throws {
    try await SimulatedCollection.on([steady()], now: now) { collection in
      try await collection.run(at: now)
      let before = try contents(collection)
      let captures = try collection.count("SELECT count(*) FROM capture")
      let report = try await collection.run(at: now)
      #expect(report.counts.new == 0 && report.counts.revised == 0)
      #expect(try contents(collection) == before)
      // A window that begins later than the first run's is another body; asked again it is not.
      let after = try collection.count("SELECT count(*) FROM capture")
      try await collection.run(at: now)
      #expect(try collection.count("SELECT count(*) FROM capture") == after)
      #expect(after >= captures)
      #expect(try collection.count("SELECT count(*) FROM run") == 3)
      // The last reading of a day is left.
      #expect(try collection.rows("SELECT run_id FROM total_reading") == [["3"]])
    }
  }

  /// Everything that a run on nothing new must leave alone.
  private func contents(_ collection: SimulatedCollection) throws -> [[[String?]]] {
    try [
      "user_fact", "chat_fact", "app_fact", "retention_fact", "figure", "bucket", "revision",
      "gap", "refusal", "app_source", "read_progress",
    ].map { try collection.rows("SELECT * FROM \($0) ORDER BY 1, 2, 3, 4") }
  }

  @Test func `makes nine requests for an app, one for each source, and three for the server`()
    async throws
  {
    try await SimulatedCollection.on([steady()], now: now) { collection in
      try await collection.run(at: now)
      collection.server.forgetRequests()
      let report = try await collection.run(at: now.addingTimeInterval(86_400))
      // totals; day at T+1, 3, 7, 14; week at 1, 4; month at 1, 3; quarter at 1; two sources;
      // yesterday alone and in its surroundings; nobody's totals.
      #expect(report.requests == 15)
      #expect(collection.server.requests.count == 15)
      let later = Date("2026-06-25T02:30:00Z")
      try await collection.run(at: later.addingTimeInterval(-86_400))
      // No month at T+3 is awaited from the sixteenth day of a month on.
      #expect(try await collection.run(at: later).requests == 14)
    }
  }

  @Test func `does not grow with the age of the archive`() async throws {
    let old = Fixtures.steady(from: now.addingTimeInterval(-86_400 * 700), days: 710)
    try await SimulatedCollection.on([old], now: now) { collection in
      try await collection.run(at: now)
      let report = try await collection.run(at: now.addingTimeInterval(86_400))
      #expect(report.requests == 15)
      let oldest =
        try collection.rows(
          "SELECT min(first_date) FROM request WHERE run_id = 2")[0][0] ?? ""
      #expect(oldest > "2025-09-01")
    }
  }

  @Test func `reads the whole past again when it is due, and when asked to`() async throws {
    try await SimulatedCollection.on([steady()], now: now) { collection in
      try await collection.run(at: now)
      let oldest = { (day: Int, isDeep: Bool) in
        try await collection.run(
          at: now.addingTimeInterval(86_400 * Double(day)), isDeep: isDeep)
        return try collection.rows(
          """
          SELECT min(first_date) FROM request
          WHERE run_id = (SELECT max(id) FROM run) AND grain = 0 AND source > 0
          """)[0][0] ?? ""
      }
      let first = try collection.rows("SELECT min(date) FROM daily")[0][0] ?? ""
      #expect(try await oldest(1, false) > first)
      #expect(try await oldest(2, true) < first)
      #expect(try await oldest(31, false) > first)
      #expect(try await oldest(32, false) < first)
      #expect(try collection.count("SELECT count(*) FROM revisions") == 0)
    }
  }

  @Test func `keeps growth of the open bucket apart from revisions`() async throws {
    let noon = Date("2026-06-10T12:30:00Z")
    try await SimulatedCollection.on([steady()], now: now) { collection in
      try await collection.run(at: now)
      let empty = try collection.rows(
        "SELECT state, messages FROM daily WHERE date = '2026-06-10'")
      #expect(empty == [["open", "0"]])
      try await collection.run(at: noon)
      let grown = try collection.rows("SELECT state, messages FROM daily WHERE date = '2026-06-10'")
      #expect(grown[0][0] == "open" && grown[0][1] != "0")
      try await collection.run(at: now.addingTimeInterval(86_400))
      #expect(try collection.count("SELECT count(*) FROM revision") == 0)
    }
  }

  @Test func `keeps both values of a complete bucket that changed`() async throws {
    try await SimulatedCollection.on([steady()], now: now) { collection in
      try await collection.run(at: now)
      collection.server.changeRecords(of: Fixtures.appID) { records in
        for index in records.indices where records[index].userID == "ann" {
          guard records[index].time == Date("2026-06-05T12:00:00Z") else { continue }
          records[index].goodFeedback = 1
        }
      }
      let later = now.addingTimeInterval(86_400)
      try await collection.run(at: later)
      let revisions = try collection.rows(
        """
        SELECT source, grain, date, figure, old_value, new_value, reason, run_id FROM revisions
        WHERE grain = 'day' ORDER BY source
        """)
      #expect(
        revisions == [
          ["all", "day", "2026-06-05", "good_feedback", "0.0", "1.0", "grew", "2"],
          ["api", "day", "2026-06-05", "good_feedback", "0.0", "1.0", "grew", "2"],
        ])
      #expect(
        try collection.rows("SELECT collected_at FROM daily WHERE date = '2026-06-05'")
          == [[later.iso8601]])
    }
  }

  /// The day answer reaches months back, and what it shows there is believed too.
  @Test func `reads the week, month and quarter of a settled day that changed`() async throws {
    try await SimulatedCollection.on([steady()], now: now) { collection in
      try await collection.run(at: now)
      collection.server.changeRecords(of: Fixtures.appID) { records in
        records[50].badFeedback = 3
      }
      try await collection.run(at: now.addingTimeInterval(86_400))
      let grains = try collection.rows(
        "SELECT DISTINCT grain FROM revisions WHERE figure = 'bad_feedback' AND source = 'all'")
      #expect(Set(grains.compactMap { $0[0] }) == ["day", "week", "month"])
      #expect(
        try collection.count("SELECT bad_feedback FROM quarterly WHERE date = '2026-04-01'") == 3)
    }
  }

  @Test func `that was skipped for weeks leaves no gap`() async throws {
    let app = steady()
    try await SimulatedCollection.on([app], now: now) { collection in
      try await collection.run(at: Date("2026-04-10T02:30:00Z"))
      try await collection.run(at: now)
      #expect(try ArchiveComparison(collection, app, now: now).differences() == [])
      #expect(try collection.count("SELECT count(*) FROM gaps") == 0)
    }
  }
}

@Suite struct `The clock of a run` {
  private let start = Date("2026-05-01T00:00:00Z")
  private let host = Date("2026-06-10T00:02:00Z")

  /// A bucket has ended when the host and the server both say so.
  @Test func `is the earlier of the host's and the server's`() async throws {
    let app = Fixtures.steady(from: start, days: 60)
    try await SimulatedCollection.on([app], now: host) { original in
      var collection = original
      collection.isRehearsed = false
      let report = Told()
      try await collection.run(
        at: host, serverAt: host.addingTimeInterval(-600), report: report.note)
      #expect(
        try collection.rows("SELECT state FROM daily WHERE date >= '2026-06-09'") == [["open"]])
      #expect(report.warnings.contains { $0.contains("600 seconds behind") })
      try await collection.run(at: host)
      #expect(
        try collection.rows("SELECT state FROM daily WHERE date >= '2026-06-09' ORDER BY date")
          == [["settling"], ["open"]])
    }
  }

  @Test func `is not corrected in a rehearsal`() async throws {
    let app = Fixtures.steady(from: start, days: 60)
    try await SimulatedCollection.on([app], now: host) { collection in
      try await collection.run(at: host, serverAt: host.addingTimeInterval(-600))
      #expect(
        try collection.rows("SELECT state FROM daily WHERE date >= '2026-06-09' ORDER BY date")
          == [["settling"], ["open"]])
    }
  }
}

/// Keeps what a run warned of.
final class Told: Sendable {
  private let texts = Mutex<[String]>([])

  var warnings: [String] { texts.withLock { $0 } }

  func note(_ event: RunEvent) {
    if case .warned(let text) = event { texts.withLock { $0.append(text) } }
  }
}
