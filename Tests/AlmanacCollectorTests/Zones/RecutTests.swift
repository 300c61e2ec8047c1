import AlmanacCollector
import AlmanacCore
import AlmanacStore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

@Suite struct `A past that is cut in another zone` {
  private static let now = Date("2026-06-10T02:30:00Z")
  private static let shanghai = BucketZone(secondsFromUTC: 28_800)

  private static func day(_ number: Int) -> Date { now.addingTimeInterval(86_400 * Double(number)) }

  private static let busy = DemoFleet.apps(
    count: 1, seed: 21, from: day(-100), until: day(60))[0]

  /// The figures of active buckets, as the archive has them and as they are counted in a zone.
  private static func figures(
    _ collection: SimulatedCollection, _ view: String, since first: String = "0"
  ) throws -> [[String]] {
    try collection.rows(
      """
      SELECT date, users, messages, chats, time FROM \(view)
      WHERE chats > 0 AND date >= '\(first)' ORDER BY date
      """
    ).map { row in row.map { $0 ?? "-" } }
  }

  private static func counted(
    _ grain: String, in zone: BucketZone, at now: Date, since first: String = "0"
  ) -> [[String]] {
    let offset = zone.offset(at: 0)
    return Recount(busy, now: now, secondsFromUTC: offset).buckets(grain, now: now)
      .filter { $0.value.chats > 0 && $0.key >= first }.sorted { $0.key < $1.key }
      .map { date, bucket in
        let time = (Day(date)?.number ?? 0) * 86_400 - offset
        return [
          date, "\(bucket.users.count)", "\(bucket.messages)", "\(bucket.chats)", "\(time)",
        ]
      }
  }

  private static let views = [("day", "daily"), ("week", "weekly"), ("month", "monthly")]

  /// The server cuts where it is asked to, or its owner has changed the zone of the profile.
  @Test(arguments: [ServerProfile.Generation.newest, .current])
  func `is read again wholly before the mark is lifted, whatever a range of days brought`(
    generation: ServerProfile.Generation
  ) async throws {
    try await SimulatedCollection.on([Self.busy], now: Self.now) { original in
      var collection = original
      collection.zones = ["default": .utc]
      collection.server.reconfigure { $0.generation = generation }
      try await collection.run(at: Self.now)
      collection.zones = ["default": Self.shanghai]
      collection.server.reconfigure { $0.zone = TimeZone(secondsFromGMT: 28_800) ?? .gmt }
      let range = try #require(Day("2026-05-20"))..<(try #require(Day("2026-05-25")))
      let report = try await collection.run(at: Self.day(1), days: range)
      #expect(report.failed.isEmpty)
      #expect(try collection.rows("SELECT recut FROM app") == [["1"]])
      // What was not read again still begins where it was cut.
      let times = try collection.rows(
        "SELECT date, time % 86400 FROM daily WHERE date IN ('2026-03-15', '2026-05-22')")
      #expect(times == [["2026-03-15", "0"], ["2026-05-22", "57600"]])
      try await collection.run(at: Self.day(1))
      #expect(try collection.rows("SELECT recut, forgotten_date FROM app") == [["0", nil]])
      #expect(try collection.count("SELECT count(*) FROM bucket WHERE state = 'expired'") == 0)
      for (grain, view) in Self.views {
        #expect(
          try Self.figures(collection, view)
            == Self.counted(grain, in: Self.shanghai, at: Self.day(1)))
      }
      #expect(try collection.count("SELECT count(*) FROM revisions WHERE reason <> 'recut'") == 0)
      #expect(try collection.count("SELECT count(*) FROM gaps") == 0)
      #expect(try await collection.archive.status().apps[0].zoneSince == nil)
    }
  }

  /// The first activity may have been cut from the day before, whose start is not known.
  @Test func `has a doubted beginning again`() async throws {
    try await SimulatedCollection.on([Self.busy], now: Self.now) { original in
      var collection = original
      collection.server.reconfigure { $0.generation = .newest }
      collection.zones = ["default": Self.shanghai]
      try await collection.run(at: Self.now)
      collection.zones = ["default": BucketZone(secondsFromUTC: -36_000)]
      try await collection.run(at: Self.day(1))
      collection.zones = ["default": BucketZone(secondsFromUTC: 36_000)]
      try await collection.run(at: Self.day(2))
      let first =
        try collection.rows(
          "SELECT date FROM daily WHERE chats > 0 ORDER BY date LIMIT 1")[0][0] ?? ""
      let states = try collection.rows(
        "SELECT DISTINCT state, date <= '\(first)' FROM daily WHERE date < '2026-05-01' ORDER BY 2")
      #expect(states == [["settled", "0"], ["partial", "1"]])
    }
  }

  /// Something is forgotten when the zone changes, or was before.
  @Test(arguments: [false, true])
  func `keeps what is forgotten as it was cut`(wasKnown: Bool) async throws {
    try await SimulatedCollection.on([Self.busy], now: Self.now) { original in
      var collection = original
      collection.server.reconfigure { $0.generation = .newest }
      collection.zones = ["default": Self.shanghai]
      try await collection.run(at: Self.now)
      let before = try Self.figures(collection, "daily")
      collection.server.reconfigure { $0.keepsDays = 50 }
      if wasKnown { try await collection.run(at: Self.day(1), isDeep: true) }
      collection.zones = ["default": .utc]
      try await collection.run(at: Self.day(1))
      let end = try #require(
        try collection.rows("SELECT forgotten_date FROM app")[0][0].flatMap { Day($0) })
      let held = try Self.figures(collection, "daily")
      let changed = Set(held.filter { $0[0] <= "\(end)" })
        .symmetricDifference(before.filter { $0[0] <= "\(end)" })
      #expect(changed == [])
      let since = end.advanced(by: 1)
      #expect(
        held.filter { $0[0] > "\(end)" }
          == Self.counted("day", in: .utc, at: Self.day(1), since: "\(since)"))
      #expect(try await collection.archive.status().apps[0].zoneSince == since)
      let mixed = try collection.rows(
        """
        SELECT state FROM weekly WHERE date <= '\(end)' AND date(date, '+6 days') > '\(end)'
        UNION ALL
        SELECT state FROM monthly WHERE date <= '\(end)' AND date(date, '+1 month', '-1 day') > '\(end)'
        """)
      #expect(!mixed.isEmpty && mixed.allSatisfy { $0 == ["partial"] })
      let old = try collection.rows(
        "SELECT DISTINCT state FROM daily WHERE date > '2026-03-03' AND date <= '\(end)'")
      #expect(old == [["expired"]])
      for (grain, view) in Self.views.dropFirst() {
        let later = Bucket(grain == "week" ? .week : .month, holding: end).end
        #expect(
          try Self.figures(collection, view, since: "\(later)")
            == Self.counted(grain, in: .utc, at: Self.day(1), since: "\(later)"))
      }
      // More is forgotten, and that was cut in the present zone.
      try await collection.run(at: Self.day(3))
      #expect(try await collection.archive.status().apps[0].zoneSince == since)
    }
  }
}
