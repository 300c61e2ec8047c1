import AlmanacCollector
import AlmanacCore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

/// A day on which the clocks of a zone change.
struct ClockChange: Sendable, Equatable, CustomTestStringConvertible {
  let zone: String
  let day: String

  var testDescription: String { "\(zone), \(day)" }

  static let all = [
    ClockChange(zone: "Europe/Berlin", day: "2026-03-29"),
    ClockChange(zone: "Europe/Berlin", day: "2026-10-25"),
    ClockChange(zone: "America/New_York", day: "2026-03-08"),
    ClockChange(zone: "America/New_York", day: "2026-11-01"),
    ClockChange(zone: "Australia/Sydney", day: "2026-04-05"),
    ClockChange(zone: "Australia/Sydney", day: "2026-10-04"),
  ]

  /// The clocks of Morocco are at UTC+1, and at UTC in Ramadan, in which no quarter begins. The
  /// midnights of these days are those of UTC.
  static let ramadan = [
    ClockChange(zone: "Africa/Casablanca", day: "2026-02-15"),
    ClockChange(zone: "Africa/Casablanca", day: "2026-03-22"),
  ]

  func timeZone() throws -> TimeZone { try #require(TimeZone(identifier: zone)) }

  /// Noon of the day so many days after the change, by the zone's own clock.
  func noon(_ days: Int) throws -> Date {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try timeZone()
    let instant = try #require(Date(iso8601: "\(day)T12:00:00Z"))
    let noon = try #require(
      calendar.date(bySettingHour: 12, minute: 0, second: 0, of: instant))
    return try #require(calendar.date(byAdding: .day, value: days, to: noon))
  }

  /// An app with one conversation at noon of each day: nothing but labels tells of the change.
  func quietApp(_ id: String = Fixtures.appID, days: [Range<Int>]) throws -> SimulatedApp {
    SimulatedApp(
      id: id, name: "Noon bot \(id.suffix(2))",
      records: try days.joined().map { Fixtures.record("ann", try noon($0)) })
  }

  /// An app that is used around the clock.
  func busyApp() throws -> SimulatedApp {
    DemoFleet.apps(count: 1, seed: 21, from: try noon(-40), until: try noon(20))[0]
  }
}

/// Each archive is held against one whose configuration has named the zone from the start.
@Suite struct `Where the clocks change, the zone that is found` {
  @Test(arguments: ClockChange.all + ClockChange.ramadan, [false, true])
  func `ends daily runs as a configured one does`(change: ClockChange, isBusy: Bool) async throws {
    let app = try isBusy ? change.busyApp() : change.quietApp(days: [-40..<20])
    try await compare([app], change) { collection in
      for day in -3...3 {
        let report = try await collection.run(at: change.noon(day).addingTimeInterval(-3600))
        #expect(report.failed.isEmpty)
      }
      #expect(try collection.rows("SELECT * FROM refusal") == [])
    }
  }

  @Test(arguments: ClockChange.all + ClockChange.ramadan, [2, 9, 30])
  func `ends a first run after the change as a configured one does`(
    change: ClockChange, days: Int
  ) async throws {
    try await compare([change.quietApp(days: [-40..<50])], change) { collection in
      try await collection.run(at: change.noon(days).addingTimeInterval(-3600))
      #expect(try collection.rows("SELECT * FROM refusal") == [])
    }
  }

  /// The newcomer's quarters show the season that the known offset does not have.
  @Test(arguments: ClockChange.all)
  func `places the history of an app that comes later`(change: ClockChange) async throws {
    let apps = try [
      change.quietApp(days: [40..<60]),
      change.quietApp(Fixtures.otherID, days: [-100..<60]),
    ]
    try await compare(apps, change) { collection in
      for (day, count) in [(58, 1), (59, 2)] {
        let report = try await collection.run(
          at: change.noon(day).addingTimeInterval(-3600),
          apps: Array(collection.apps.prefix(count)))
        #expect(report.failed.isEmpty)
      }
      #expect(try collection.rows("SELECT * FROM refusal") == [])
    }
  }

  /// Here no quarter shows the other season, so that the newcomer's days are refused once.
  @Test(arguments: ClockChange.ramadan)
  func `places in the next run the days of Ramadan of an app that comes later`(
    change: ClockChange
  ) async throws {
    let apps = try [
      change.quietApp(days: [40..<63]),
      change.quietApp(Fixtures.otherID, days: [-100..<63]),
    ]
    try await compare(apps, change) { collection in
      for (day, count) in [(58, 1), (59, 2), (60, 2)] {
        try await collection.run(
          at: change.noon(day).addingTimeInterval(-3600),
          apps: Array(collection.apps.prefix(count)))
      }
      #expect(try collection.count("SELECT count(*) FROM gaps") == 0)
    }
  }

  /// Nothing of the last year, and quarters of one season: the zone is an assumption that only
  /// the days of the history contradict, in the middle of the run.
  @Test(arguments: ClockChange.all + ClockChange.ramadan)
  func `places in the next run the days that the first one refused`(
    change: ClockChange
  ) async throws {
    let quarter = Grain.quarter.start(of: try #require(Day(change.day)), advancedBy: 1)
    let last = try #require(Day(change.day)).distance(to: quarter)
    try await compare([change.quietApp(days: [-6..<last])], change) { collection in
      try await collection.run(at: change.noon(500))
      if collection.zones.isEmpty {
        #expect(try collection.count("SELECT count(*) FROM refusal") > 0)
        if !ClockChange.ramadan.contains(change) {
          let late = "SELECT count(*) FROM daily WHERE date > '\(change.day)' AND users > 0"
          #expect(try collection.count(late) == 0)
        }
        #expect(try collection.count("SELECT count(*) FROM gaps WHERE reason = 'refused'") > 0)
      }
      try await collection.run(at: change.noon(501))
      #expect(try collection.count("SELECT count(*) FROM gaps") == 0)
    }
  }

  /// The offset of one season stops the server before its days of the other are refused for ever.
  @Test(arguments: ClockChange.all + ClockChange.ramadan, [-1, 1])
  func `is said where the configuration has the offset of one season`(
    change: ClockChange, side: Int
  ) async throws {
    let app = try change.busyApp()
    let season = try change.timeZone().secondsFromGMT(for: change.noon(side))
    try await SimulatedCollection.on(
      [app], now: change.noon(0), zone: try change.timeZone()
    ) { original in
      var collection = original
      collection.zones = ["default": BucketZone(secondsFromUTC: season)]
      let report = try await collection.run(at: change.noon(15))
      #expect(report.worstFailure?.kind == .configuration)
      let hint = report.worstFailure?.hint ?? ""
      let named = hint.firstMatch(of: /[A-Z]\w+\/\w+/).flatMap {
        TimeZone(identifier: String($0.0))
      }
      for day in -30...15 {
        let noon = try change.noon(day)
        let there = try change.timeZone().secondsFromGMT(for: noon)
        #expect(named?.secondsFromGMT(for: noon) == there, "\(hint)")
      }
      #expect(try collection.count("SELECT count(*) FROM bucket") == 0)
    }
  }

  /// Runs the story with a zone to find and with the true one configured.
  private func compare(
    _ apps: [SimulatedApp], _ change: ClockChange,
    _ story: (SimulatedCollection) async throws -> Void
  ) async throws {
    var archives: [Set<String>] = []
    for zone in [nil, BucketZone(identifier: change.zone)] {
      let statements = try await SimulatedCollection.on(
        apps, now: change.noon(0), zone: try change.timeZone()
      ) { original in
        var collection = original
        if let zone { collection.zones = ["default": zone] }
        try await story(collection)
        return try collection.statements()
      }
      archives.append(Set(statements))
    }
    // What was refused at first has grown once it was known.
    let isLate = ClockChange.ramadan.contains(change)
    let found = archives[0].filter { !isLate || !$0.hasSuffix("|grew") }
    #expect(found.subtracting(archives[1]).sorted() == [])
    #expect(archives[1].subtracting(archives[0]).sorted() == [])
  }
}
