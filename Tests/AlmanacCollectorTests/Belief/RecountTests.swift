import AlmanacCollector
import AlmanacCore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

@Suite(.serialized) struct `The archive and a recount of the events` {
  /// First runs at awkward moments, and daily runs across the ends of weeks, months, quarters
  /// and years; ISO week 53 and a leap day among them. The year of the first one settles.
  private static let stories: [(seed: UInt64, first: Date, days: Int)] = [
    (seed: 1, first: Date("2025-12-28T02:30:00Z"), days: 20),
    (seed: 2, first: Date("2027-01-01T00:00:00Z"), days: 5),
    (seed: 3, first: Date("2028-02-27T23:59:59Z"), days: 6),
    (seed: 4, first: Date("2026-06-28T12:00:00Z"), days: 5),
  ]

  /// One of them for each further seed.
  private static let longer: [(seed: UInt64, first: Date, days: Int)] = [
    (seed: 4, first: Date("2026-06-28T12:00:00Z"), days: 20),
    (seed: 1, first: Date("2025-12-12T02:30:00Z"), days: 40),
  ]

  @Test(arguments: stories + longer.prefix(Repetition.seeds.count - 1))
  func `agree after a first run and after each daily run`(
    seed: UInt64, first: Date, days: Int
  ) async throws {
    let apps = DemoFleet.apps(
      count: 3, seed: seed, from: first.addingTimeInterval(-86_400 * 250),
      until: first.addingTimeInterval(86_400 * Double(days)))
    try await SimulatedCollection.on(apps, now: first) { collection in
      for day in 0..<days {
        let now = first.addingTimeInterval(86_400 * Double(day))
        let report = try await collection.run(at: now)
        #expect(report.failed.isEmpty)
        for app in apps {
          let differences = try ArchiveComparison(collection, app, now: now).differences()
          #expect(differences == [], "seed \(seed), run of \(now.iso8601)")
          guard differences.isEmpty else { return }
        }
      }
      #expect(try collection.count("SELECT count(*) FROM revision") == 0)
      #expect(try collection.count("SELECT count(*) FROM gap") == 0)
    }
  }

  /// Labels at the server's own midnight say where its days begin; the configuration may too.
  @Test(arguments: [(28_800, true), (28_800, false), (-18_000, false), (20_700, false)])
  func `agree for a server whose days begin elsewhere`(
    secondsFromUTC: Int, isConfigured: Bool
  ) async throws {
    let first = Date("2026-03-29T17:30:00Z")
    let apps = DemoFleet.apps(
      count: 2, seed: 6, from: first.addingTimeInterval(-86_400 * 200),
      until: first.addingTimeInterval(86_400 * 4))
    let zone = try #require(TimeZone(secondsFromGMT: secondsFromUTC))
    try await SimulatedCollection.on(apps, now: first, zone: zone) { original in
      var collection = original
      if isConfigured { collection.zones = ["default": try #require(asiaShanghai)] }
      for day in 0..<3 {
        let now = first.addingTimeInterval(86_400 * Double(day))
        try await collection.run(at: now)
        for app in apps {
          let comparison = ArchiveComparison(
            collection, app, now: now, secondsFromUTC: secondsFromUTC)
          #expect(try comparison.differences() == [])
        }
      }
      #expect(try collection.count("SELECT count(*) FROM refusal") == 0)
      #expect(
        try collection.count("SELECT time FROM daily WHERE date = '2026-03-02' LIMIT 1")
          == 1_772_409_600 - secondsFromUTC)
    }
  }

  /// One conversation at noon of each local day, from summer into winter: nothing but the labels
  /// says that the clocks change.
  @Test(arguments: ["America/New_York", "Europe/London", "Australia/Sydney"])
  func `agree where the clocks change and only labels tell`(identifier: String) async throws {
    let zone = try #require(TimeZone(identifier: identifier))
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = zone
    let first = try #require(
      calendar.date(from: DateComponents(year: 2026, month: 7, day: 10, hour: 12)))
    let noons = (0..<160).compactMap { calendar.date(byAdding: .day, value: $0, to: first) }
    let app = SimulatedApp(
      id: Fixtures.appID, name: "Support bot", records: noons.map { Fixtures.record("ann", $0) })
    let now = noons[80].addingTimeInterval(-3600)
    try await SimulatedCollection.on([app], now: now, zone: zone) { collection in
      for day in [80, 95, 107, 108, 109, 110, 114, 115, 116, 117, 159] {
        try await collection.run(at: noons[day].addingTimeInterval(-3600))
      }
      #expect(try collection.rows("SELECT * FROM refusal") == [])
      #expect(try collection.count("SELECT count(*) FROM gaps") == 0)
      let days = try collection.rows(
        "SELECT date, messages, time FROM daily WHERE state <> 'open' ORDER BY date")
      let starts = noons.prefix(159).map { calendar.startOfDay(for: $0) }
      #expect(days.map { $0[2] } == starts.map { String(Int($0.timeIntervalSince1970)) })
      #expect(days.allSatisfy { $0[1] == "2" })
      #expect(days.first?[0] == "2026-07-10")
    }
  }

  private var asiaShanghai: BucketZone? { BucketZone(identifier: "Asia/Shanghai") }

  @Test func `agree over more than one request of 366 days`() async throws {
    let now = Date("2026-11-22T02:30:00Z")
    let apps = DemoFleet.apps(
      count: 2, seed: 5, from: now.addingTimeInterval(-86_400 * 900), until: now)
    try await SimulatedCollection.on(apps, now: now) { collection in
      try await collection.run(at: now)
      for app in apps {
        #expect(try ArchiveComparison(collection, app, now: now).differences() == [])
      }
      let asked = collection.server.requests.compactMap { request -> TimeInterval? in
        guard request.userTimespan == "day", let start = request.dateStart,
          let end = request.dateEnd, let from = Date(iso8601: start), let to = Date(iso8601: end)
        else { return nil }
        return to.timeIntervalSince(from)
      }
      // A spare day on each side.
      #expect(asked.max() ?? 0 <= 368 * 86_400)
    }
  }
}
