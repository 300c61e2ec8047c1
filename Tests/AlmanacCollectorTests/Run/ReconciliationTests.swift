import AlmanacCollector
import AlmanacCore
import AlmanacStore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Synchronization
import Testing

@Suite struct `The totals beside the days` {
  private static let now = Date("2026-06-10T20:30:00Z")

  /// Sixty days of an app that is used every day at noon.
  private static func on(_ body: (SimulatedCollection) async throws -> Void) async throws {
    let app = Fixtures.steady(from: Date("2026-04-12T00:00:00Z"), days: 90)
    try await SimulatedCollection.on([app], now: now) { original in
      var collection = original
      collection.zones = ["default": .utc]
      collection.settings = CollectorSettings(
        grains: [.day], retentionOffsets: [:], bySource: false)
      // Finding it takes longer than all else.
      try await collection.archive.enroll(collection.apps, run: 0)
      try await collection.archive.pin(.utc, of: "default", .proved, run: 0)
      try await body(collection)
    }
  }

  private static func difference(_ collection: SimulatedCollection) async throws -> String {
    let totals = try await collection.archive.status().apps.first?.reconciliation
    guard let totals else { return "unknown" }
    return "\(totals.chatsDifference ?? -99) of \(totals.counts.name), "
      + "\(totals.pointsDifference ?? -99) points"
  }

  /// Does something each time that the server has just answered about the totals.
  private static func afterTotals(
    _ collection: SimulatedCollection, _ change: @escaping @Sendable (inout [ChatRecord]) -> Void
  ) {
    let server = collection.server
    server.reconfigure {
      $0.interceptor = Interceptor { request, _ in
        if request.endpoint == .totals, request.appID == Fixtures.appID {
          server.changeRecords(of: Fixtures.appID, change)
        }
        return nil
      }
    }
  }

  /// Has every read of the days fail; what is asked about key and zone is answered before.
  private static func failAfterTotals(_ collection: SimulatedCollection) {
    let hasAsked = Mutex(false)
    collection.server.reconfigure {
      $0.interceptor = Interceptor { request, _ in
        hasAsked.withLock { hasAsked in
          if request.endpoint == .totals, request.appID == Fixtures.appID { hasAsked = true }
          return hasAsked && request.endpoint == .chart
            ? RawResponse(status: 200, html: "please log in") : nil
        }
      }
    }
  }

  @Test(arguments: [1, 2, 7])
  func `are no difference for what came between the two requests`(count: Int) async throws {
    try await Self.on { collection in
      Self.afterTotals(collection) { records in
        for number in 0..<count {
          records.append(
            Fixtures.record("late\(number)", Self.now.addingTimeInterval(-2), points: 0.1))
        }
      }
      try await collection.run(at: Self.now)
      #expect(try await Self.difference(collection) == "0 of messages, 0.0 points")
    }
  }

  @Test func `are none for a talk that leaves yesterday meanwhile`() async throws {
    try await Self.on { collection in
      try await collection.run(at: Self.now)
      Self.afterTotals(collection) { records in
        for index in records.indices where records[index].time == Date("2026-06-10T12:00:00Z") {
          records[index].time = Date("2026-06-11T00:03:00Z")
          records[index].messages += 2
        }
      }
      try await collection.run(at: Date("2026-06-11T00:10:00Z"))
      #expect(try await Self.difference(collection) == "0 of messages, 0.0 points")
    }
  }

  /// A second goes by whenever somebody looks at the clock, and four conversations in each.
  @Test(arguments: [2, 4, 6, 8, 10, 12])
  func `are none where a run goes over midnight`(looks: Int) async throws {
    try await Self.on { collection in
      let midnight = Date("2026-06-11T00:00:00Z")
      collection.server.changeRecords(of: Fixtures.appID) { records in
        for quarter in -100..<100 {
          let time = midnight.addingTimeInterval(Double(quarter) / 4)
          records.append(Fixtures.record("night\(quarter)", time, points: 0.3))
        }
      }
      let looked = Mutex(0)
      let clock = CivilClock(isRehearsed: true) {
        let count = looked.withLock { looked in
          looked += 1
          return looked
        }
        return midnight.addingTimeInterval(Double(count - looks))
      }
      try await collection.run(at: midnight, clock: clock)
      // The next run tells if the totals are read in the new day while the days are still those of
      // the old one.
      let told = try await Self.difference(collection)
      #expect(["0 of messages, 0.0 points", "unknown"].contains(told))
      try await collection.run(at: midnight.addingTimeInterval(9_000))
      #expect(try await Self.difference(collection) == "0 of messages, 0.0 points")
      #expect(looked.withLock { $0 } > 12)
    }
  }

  @Test(arguments: ["a failed read", "a run over a range"])
  func `are none where the day was not read again after them`(how: String) async throws {
    try await Self.on { collection in
      try await collection.run(at: Self.now.addingTimeInterval(-86_400))
      try await collection.run(at: Self.now)
      let later = Self.now.addingTimeInterval(3_600)
      collection.server.changeRecords(of: Fixtures.appID) {
        $0.append(Fixtures.record("late", Self.now.addingTimeInterval(600)))
      }
      if how == "a failed read" {
        Self.failAfterTotals(collection)
        #expect(try await collection.run(at: later).failed.count == 1)
      } else {
        try await collection.run(at: later, days: Day("2026-05-02")!..<Day("2026-05-05")!)
      }
      #expect(try collection.count("SELECT count(*) FROM totals") == 2)
      #expect(try await Self.difference(collection) == "0 of messages, 0.0 points")
    }
  }

  /// The changed day is no longer read again, while others come as in every run.
  @Test(arguments: [-2, 2, 6])
  func `are one for a day that has changed without being read again`(messages: Int) async throws {
    try await Self.on { collection in
      try await collection.run(at: Self.now)
      collection.server.changeRecords(of: Fixtures.appID) { records in
        for index in records.indices where records[index].time == Date("2026-05-05T12:00:00Z") {
          records[index].messages += messages
          records[index].points += Double(messages) / 4
        }
      }
      let next = Self.now.addingTimeInterval(86_400)
      try await collection.run(at: next)
      let difference = "\(-messages) of messages, \(-Double(messages) / 4) points"
      // Messages that the days hold too much may also have come today, after the totals.
      let told = messages < 0 ? "0 of messages, 0.0 points" : difference
      #expect(try await Self.difference(collection) == told)
      // Nothing hides the difference at the beginning of a day.
      try await collection.run(at: Date("2026-06-12T02:30:00Z"))
      #expect(try await Self.difference(collection) == difference)
      // A run that finds nothing new does not hide it either, though it is the first that tells so.
      try await collection.run(at: Date("2026-06-12T03:30:00Z"))
      #expect(try collection.rows("SELECT run_id FROM total_reading").last == ["4"])
      #expect(try await Self.difference(collection) == difference)
      // The totals of the day before are compared if reading the days fails.
      Self.failAfterTotals(collection)
      try await collection.run(at: Date("2026-06-12T20:30:00Z"))
      #expect(try await Self.difference(collection) == told)
      // A deep read mends it.
      collection.server.reconfigure { $0.interceptor = nil }
      try await collection.run(at: Date("2026-06-13T02:30:00Z"), isDeep: true)
      #expect(try await Self.difference(collection) == "0 of messages, 0.0 points")
    }
  }
}
