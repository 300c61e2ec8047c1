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
    try await Rehearsal.on(apps, now: now) { original in
      var rehearsal = original
      rehearsal.zones = ["default": .utc]
      if !isFirst { try await rehearsal.run(at: now) }
      // Two of them, as a variable that is left over makes every day.
      for day in 0..<2 {
        try await rehearsal.run(
          at: later(Double(day) / 4 + ahead.by), serverAt: later(Double(day) / 4))
      }
      let right = later(Double(ahead.until))
      let told = Told()
      let report = try await rehearsal.run(at: right, report: told.note)
      #expect(report.failed.isEmpty)
      #expect(told.warnings.contains { $0.contains("ahead") } == (later(0.25 + ahead.by) > right))
      for app in rehearsal.apps {
        let app = try #require(rehearsal.server.app(app.id.text))
        #expect(try ArchiveComparison(rehearsal, app, now: right).differences() == [])
      }
      #expect(try rehearsal.count("SELECT count(*) FROM gaps") == 0)
      let status = try await rehearsal.archive.status()
      #expect(status.run?.startedAt == right.iso8601)
      #expect(status.apps.allSatisfy { $0.lastSuccess ?? "" <= right.iso8601 })
      #expect(
        status.apps.allSatisfy {
          $0.newestCompleteDay == BucketZone.utc.day(holding: right).advanced(by: -1)
        })
      let moment = try rehearsal.archive.ask { $0.moment.now }
      #expect(moment == right)
      // And the next run finds nothing to undo.
      let again = Told()
      try await rehearsal.run(at: right.addingTimeInterval(3600), report: again.note)
      #expect(again.warnings.filter { $0.contains("ahead") } == [])
    }
  }

  @Test func `has the whole past read again when that is due`() async throws {
    try await Rehearsal.on(apps, now: now) { original in
      var rehearsal = original
      rehearsal.zones = ["default": .utc]
      try await rehearsal.run(at: later(200), serverAt: now)
      try await rehearsal.run(at: later(1))
      let deep = try rehearsal.rows("SELECT DISTINCT deep_date FROM app")
      #expect(deep == [["2026-06-11"]])
    }
  }

  @Test func `leaves an app that fails afterwards failing, and without days to come`() async throws
  {
    try await Rehearsal.on(apps, now: now) { original in
      var rehearsal = original
      rehearsal.zones = ["default": .utc]
      try await rehearsal.run(at: now)
      try await rehearsal.run(at: later(20), serverAt: later(0.1))
      rehearsal.server.remove(apps[0].id)
      let right = later(2)
      try await rehearsal.run(at: right)
      let id = apps[0].id
      let app = try #require(
        try await rehearsal.archive.status().apps.first { $0.id.text == id })
      #expect(app.isFailing)
      #expect(app.newestCompleteDay == Day("2026-06-09"))
      #expect(
        try rehearsal.rows(
          "SELECT max(date), count(*) FROM daily WHERE app_id = '\(id)' AND date > '2026-06-09'")
          == [[nil, "0"]])
      #expect(
        try rehearsal.rows(
          "SELECT first_date, last_date FROM gaps WHERE app_id = '\(id)' AND grain = 'day'")
          == [["2026-06-10", "2026-06-11"]])
    }
  }

  @Test func `that is behind is told by activity that it has not seen begin`() async throws {
    try await Rehearsal.on(apps, now: now) { rehearsal in
      try await rehearsal.run(at: now)
      let before = try rehearsal.rows("SELECT count(*) FROM run")
      rehearsal.server.forgetRequests()
      for days in [1.0, 5, 3000] {
        let behind = later(-days)
        let error = await #expect(throws: AlmanacError.self) {
          _ = try await rehearsal.run(at: behind)
        }
        #expect(error?.code == .failure)
        #expect(error?.cause.contains(behind.iso8601) == true)
        #expect(error?.cause.contains("2026-06-10T00:00:00Z") == true)
      }
      #expect(rehearsal.server.requests.isEmpty)
      #expect(try rehearsal.rows("SELECT count(*) FROM run") == before)
    }
  }
}
