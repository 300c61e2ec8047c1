import AlmanacCollector
import AlmanacCore
import AlmanacStore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

/// Runs whose clock shows a time that has not come; the server's own clock is right throughout.
@Suite struct `A clock that was ahead` {
  private let now = Date("2026-06-10T02:30:00Z")

  private var apps: [SimulatedApp] {
    DemoFleet.apps(
      count: 2, seed: 9, from: now.addingTimeInterval(-86_400 * 40),
      until: now.addingTimeInterval(86_400 * 60))
  }

  private func later(_ days: Double) -> Date { now.addingTimeInterval(86_400 * days) }

  /// Days by which the clock is ahead, and the day of the next run whose clock is right.
  @Test(arguments: [(0.3, 1), (3, 1), (30, 2), (30, 20), (400, 3)], [false, true])
  func `leaves no trace`(ahead: (by: Double, until: Int), isFirst: Bool) async throws {
    try await SimulatedCollection.on(apps, now: now) { original in
      var collection = original
      collection.zones = ["default": .utc]
      if !isFirst { try await collection.run(at: now) }
      // Two of them, as a variable that is left over makes every day.
      for day in 0..<2 {
        try await collection.run(
          at: later(Double(day) / 4 + ahead.by), serverAt: later(Double(day) / 4))
      }
      let right = later(Double(ahead.until))
      let told = Told()
      let report = try await collection.run(at: right, report: told.note)
      #expect(report.failed.isEmpty)
      #expect(told.warnings.contains { $0.contains("ahead") } == (later(0.25 + ahead.by) > right))
      for app in collection.apps {
        let app = try #require(collection.server.app(app.id.text))
        #expect(try ArchiveComparison(collection, app, now: right).differences() == [])
      }
      #expect(try collection.count("SELECT count(*) FROM gaps") == 0)
      let status = try await collection.archive.status()
      #expect(status.run?.startedAt == right.iso8601)
      #expect(status.apps.allSatisfy { $0.lastSuccess ?? "" <= right.iso8601 })
      #expect(
        status.apps.allSatisfy {
          $0.newestCompleteDay == BucketZone.utc.day(holding: right).advanced(by: -1)
        })
      let moment = try collection.archive.ask { $0.moment.now }
      #expect(moment == right)
      // The next run finds nothing to undo.
      let again = Told()
      try await collection.run(at: right.addingTimeInterval(3600), report: again.note)
      #expect(again.warnings.filter { $0.contains("ahead") } == [])
    }
  }

  /// A variable that is left over, found when its day has long come.
  @Test(arguments: [5, 40]) func `is distrusted where it was set by hand`(until: Int) async throws {
    try await SimulatedCollection.on(apps, now: now) { original in
      var collection = original
      collection.zones = ["default": .utc]
      collection.isRehearsed = false
      try await collection.run(at: now)
      collection.isRehearsed = true
      for day in 1..<4 { try await collection.run(at: later(4), serverAt: later(Double(day))) }
      collection.isRehearsed = false
      let right = later(Double(until))
      let told = Told()
      try await collection.run(at: right, report: told.note)
      #expect(told.warnings.contains { $0.contains("set by hand") })
      for app in apps {
        #expect(try ArchiveComparison(collection, app, now: right).differences() == [])
      }
      let status = try await collection.archive.status()
      #expect(status.run?.isRehearsed == false)
      #expect(
        try collection.count("SELECT count(*) FROM run WHERE arguments LIKE 'ALMANAC_NOW=%'") == 3)
    }
  }

  @Test func `leaves nothing of revisions, nor an app that is not read half open`() async throws {
    let busy = apps
    try await SimulatedCollection.on(busy, now: now) { original in
      var collection = original
      collection.zones = ["default": .utc]
      try await collection.run(at: now)
      for day in [0.4, 0.8] {
        try await collection.run(at: later(10 + day), serverAt: later(day))
      }
      let revised = try collection.count(
        "SELECT count(*) FROM revisions WHERE date >= '2026-06-10'")
      #expect(revised > 0)
      let one = try #require(AppID(busy[0].id))
      let right = later(2)
      try await collection.run(at: right, only: [one])
      #expect(
        try collection.count("SELECT count(*) FROM revisions WHERE date >= '2026-06-10'") == 0)
      // The other one's days are a gap until it is read.
      let other = try collection.rows(
        """
        SELECT first_date, last_date FROM gaps WHERE app_id = '\(busy[1].id)' AND grain = 'day'
        """)
      #expect(other == [["2026-06-10", "2026-06-11"]])
      #expect(
        try collection.count(
          """
          SELECT count(*) FROM daily WHERE app_id = '\(busy[1].id)' AND date >= '2026-06-10'
            AND date < '2026-06-12'
          """) == 0)
      try await collection.run(at: right)
      for app in busy {
        #expect(try ArchiveComparison(collection, app, now: right).differences() == [])
      }
    }
  }

  @Test func `leaves what was seen of a retired app a lower bound`() async throws {
    try await SimulatedCollection.on(apps, now: now) { original in
      var collection = original
      collection.zones = ["default": .utc]
      try await collection.run(at: now)
      try await collection.run(at: later(10), serverAt: later(0.6))
      try await collection.run(at: later(2), apps: [collection.apps[1]])
      let held = try collection.rows(
        """
        SELECT date, state FROM daily
        WHERE app_id = '\(collection.apps[0].id)' AND date >= '2026-06-10'
        """)
      #expect(held == [["2026-06-10", "partial"]])
    }
  }

  @Test func `is none where a zone that moved west has an open day begin later`() async throws {
    let office = DemoFleet.officeApp(
      seed: 3, zone: .gmt, from: now.addingTimeInterval(-86_400 * 30),
      until: now.addingTimeInterval(86_400))
    let noon = Date("2026-06-10T13:00:00Z")
    try await SimulatedCollection.on([office], now: noon) { original in
      var collection = original
      collection.server.reconfigure { $0.labels = .utcMidnight }
      try await collection.run(at: noon)
      collection.zones = ["default": BucketZone(secondsFromUTC: 3600)]
      for minutes in [1.0, 30, 59] {
        let report = try await collection.run(at: noon.addingTimeInterval(60 * minutes))
        #expect(report.failed.isEmpty)
      }
      collection.zones = ["default": BucketZone(secondsFromUTC: -3600)]
      for minutes in [60.0, 61] {
        let report = try await collection.run(at: noon.addingTimeInterval(60 * minutes))
        #expect(report.failed.isEmpty)
      }
    }
  }

  @Test func `has the whole past read again when that is due`() async throws {
    try await SimulatedCollection.on(apps, now: now) { original in
      var collection = original
      collection.zones = ["default": .utc]
      try await collection.run(at: later(200), serverAt: now)
      try await collection.run(at: later(1))
      let deep = try collection.rows("SELECT DISTINCT deep_date FROM app")
      #expect(deep == [["2026-06-11"]])
    }
  }

  @Test func `leaves an app that fails afterwards failing, and without days to come`() async throws
  {
    try await SimulatedCollection.on(apps, now: now) { original in
      var collection = original
      collection.zones = ["default": .utc]
      try await collection.run(at: now)
      try await collection.run(at: later(20), serverAt: later(0.1))
      collection.server.remove(apps[0].id)
      let right = later(2)
      try await collection.run(at: right)
      let id = apps[0].id
      let app = try #require(
        try await collection.archive.status().apps.first { $0.id.text == id })
      #expect(app.isFailing)
      #expect(app.newestCompleteDay == Day("2026-06-09"))
      #expect(
        try collection.rows(
          "SELECT max(date), count(*) FROM daily WHERE app_id = '\(id)' AND date > '2026-06-09'")
          == [[nil, "0"]])
      #expect(
        try collection.rows(
          "SELECT first_date, last_date FROM gaps WHERE app_id = '\(id)' AND grain = 'day'")
          == [["2026-06-10", "2026-06-11"]])
    }
  }

  @Test func `that is behind is told by activity that it has not seen begin`() async throws {
    try await SimulatedCollection.on(apps, now: now) { collection in
      try await collection.run(at: now)
      let before = try collection.rows("SELECT count(*) FROM run")
      collection.server.forgetRequests()
      for days in [1.0, 5, 3000] {
        let behind = later(-days)
        let error = await #expect(throws: AlmanacError.self) {
          _ = try await collection.run(at: behind)
        }
        #expect(error?.code == .failure)
        #expect(error?.cause.contains(behind.iso8601) == true)
        #expect(error?.cause.contains("2026-06-10T00:00:00Z") == true)
      }
      #expect(collection.server.requests.isEmpty)
      #expect(try collection.rows("SELECT count(*) FROM run") == before)
    }
  }
}
