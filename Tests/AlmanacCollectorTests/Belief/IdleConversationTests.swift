import AlmanacCollector
import AlmanacCore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

/// A server may delete every record of a conversation that has been idle for long (docs/server.md,
/// trap 7), so that days in the middle of the past fall while older ones stand.
@Suite struct `Idle conversations that a server deletes` {
  private let now = Date("2026-06-10T02:30:00Z")

  private func day(_ number: Int) -> Date { now.addingTimeInterval(86_400 * Double(number)) }

  /// Ann talks every day; what others said on some days is deleted at an instant.
  private func app(_ others: [(user: String, days: Range<Int>)], gone: Date) -> SimulatedApp {
    let ann = (-60..<10).map { Fixtures.record("ann", day($0).addingTimeInterval(3600)) }
    let idle = others.flatMap { user, days in
      days.map { Fixtures.record(user, day($0).addingTimeInterval(7200)) }
    }
    let changes = idle.map { record in
      var change = RecordChange(at: gone, record: record.id)
      change.removes = true
      return change
    }
    return SimulatedApp(
      id: Fixtures.appID, name: "Support bot", records: ann + idle, changes: changes)
  }

  private let states = "SELECT count(*) FROM bucket WHERE state IN ('expired', 'partial')"

  @Test func `lower days in the middle, with a revision for each, and no forgotten end`()
    async throws
  {
    // Settled days, and days that are read again in every run.
    let app = app([("bob", -40 ..< -35), ("eve", -4 ..< -1)], gone: day(1))
    try await SimulatedCollection.on([app], now: now) { collection in
      try await collection.run(at: now)
      let doubted = try collection.count(states)
      try await collection.run(at: day(2))
      let fell = """
        SELECT date, old_value, new_value FROM revisions
        WHERE grain = 'day' AND source = 'all' AND figure = 'users' AND reason = 'fell' ORDER BY date
        """
      #expect(
        try collection.rows(fell).map { $0[0] } == [
          "2026-05-01", "2026-05-02", "2026-05-03", "2026-05-04", "2026-05-05", "2026-06-06",
          "2026-06-07", "2026-06-08",
        ])
      try await collection.run(at: day(3), isDeep: true)
      #expect(try collection.rows(fell).count == 8)
      #expect(try collection.rows(fell).allSatisfy { $0[1] == "2.0" && $0[2] == "1.0" })
      #expect(try collection.rows("SELECT forgotten_date FROM app") == [[nil]])
      #expect(try collection.count(states) == doubted)
      let differences = try ArchiveComparison(collection, app, now: day(3)).differences()
      #expect(differences == [])
    }
  }

  /// The daily answer begins with a quarter, and the app is older.
  @Test func `leave the past before the answer whole`() async throws {
    let ann = (-300..<10).map { Fixtures.record("ann", day($0).addingTimeInterval(3600)) }
    // 1 January is the first day that a daily run asks for.
    let bob = Fixtures.record("bob", Date("2026-01-01T08:00:00Z"))
    var change = RecordChange(at: day(1), record: bob.id)
    change.removes = true
    let app = SimulatedApp(
      id: Fixtures.appID, name: "Support bot", records: ann + [bob], changes: [change])
    try await SimulatedCollection.on([app], now: now) { collection in
      try await collection.run(at: now)
      try await collection.run(at: day(2))
      #expect(try collection.rows("SELECT forgotten_date FROM app") == [[nil]])
      #expect(try collection.count("SELECT count(*) FROM bucket WHERE state = 'expired'") == 0)
      #expect(
        try collection.rows("SELECT users FROM daily WHERE date = '2026-01-01'") == [["1"]])
    }
  }

  /// A further figure falls with the others.
  @Test func `take further figures along`() async throws {
    let ann = [-60, -59, -3].map { Fixtures.record("ann", day($0)) }
    let bob = Fixtures.record("bob", day(-30))
    var change = RecordChange(at: day(1), record: bob.id)
    change.removes = true
    let app = SimulatedApp(
      id: Fixtures.appID, name: "Support bot", records: ann + [bob], changes: [change])
    try await SimulatedCollection.on([app], now: now) { collection in
      collection.server.reconfigure { $0.generation = .newest }
      try await collection.run(at: now)
      let held = """
        SELECT series, value FROM figures
        WHERE figure = 'cachedTokens' AND grain = 'day' AND date = '2026-05-11' AND source = 'all'
        ORDER BY series
        """
      #expect(try collection.rows(held) == [["chatData", "20.0"], ["userData", "20.0"]])
      try await collection.run(at: day(2), isDeep: true)
      #expect(try collection.rows(held) == [["chatData", "0.0"], ["userData", "0.0"]])
      let fell = try collection.rows(
        """
        SELECT old_value, new_value, reason FROM revisions
        WHERE figure = 'cachedTokens' AND grain = 'day' AND source = 'all'
        """)
      #expect(fell == [["20.0", "0.0", "fell"], ["20.0", "0.0", "fell"]])
    }
  }

  /// A whole day that is empty now is a zero, since older ones stand.
  @Test func `leave a zero where nobody else talked`() async throws {
    let quiet = SimulatedApp(
      id: Fixtures.appID, name: "Support bot",
      records: [-60, -59, -30, -3].flatMap { number in
        [Fixtures.record(number == -30 ? "bob" : "ann", day(number))]
      },
      changes: [
        {
          var change = RecordChange(
            at: day(1), record: Fixtures.record("bob", day(-30)).id)
          change.removes = true
          return change
        }()
      ])
    try await SimulatedCollection.on([quiet], now: now) { collection in
      try await collection.run(at: now)
      try await collection.run(at: day(2), isDeep: true)
      #expect(
        try collection.rows("SELECT users, state FROM daily WHERE date = '2026-05-11'")
          == [["0", "settled"]])
      #expect(
        try collection.count(
          "SELECT count(*) FROM revisions WHERE date = '2026-05-11' AND grain = 'day' AND figure = 'users'"
        ) > 0)
      #expect(try collection.rows("SELECT forgotten_date FROM app") == [[nil]])
    }
  }

  /// With the oldest day, nobody can tell idleness from age: what was whole is kept.
  @Test func `are not told from forgetting where the oldest day falls`() async throws {
    let app = app([("bob", -60 ..< -58), ("eve", -30 ..< -28)], gone: day(1))
    try await SimulatedCollection.on([app], now: now) { collection in
      try await collection.run(at: now)
      try await collection.run(at: day(2), isDeep: true)
      #expect(try collection.rows("SELECT users FROM daily WHERE date = '2026-04-11'") == [["2"]])
      // The day after it stands as the server has it, for it is not older than what is left.
      let later = try collection.rows(
        "SELECT date, users FROM daily WHERE date IN ('2026-04-12', '2026-05-11') ORDER BY date")
      #expect(later == [["2026-04-12", "1"], ["2026-05-11", "1"]])
      #expect(try collection.rows("SELECT forgotten_date FROM app") == [["2026-04-11"]])
    }
  }
}
