import AlmanacCollector
import AlmanacCore
import AlmanacStore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

@Suite struct `A plan` {
  private let start = Date("2026-03-02T00:00:00Z")
  private let now = Date("2026-06-10T02:30:00Z")

  private func plan(
    _ collection: SimulatedCollection, at now: Date, _ apps: [App], days: Range<Day>? = nil,
    isDeep: Bool = false
  ) async throws -> RunPlan {
    let collector = Collector(
      archive: collection.archive, settings: collection.settings,
      clock: CivilClock(isRehearsed: true) { now }, feeds: [:], zones: collection.zones)
    return try await collector.plan(
      apps, RunRequest(days: days, isDeep: isDeep, arguments: "test", version: "test"))
  }

  /// Requests for chart data as a server sees them, apart from its source names.
  private func planned(_ plan: RunPlan) -> [String] {
    plan.requests.compactMap(\.chart).map { chart in
      "\(chart.app) \(chart.grain) \(chart.source) \(chart.offset) "
        + [chart.instants.lowerBound, chart.instants.upperBound].map {
          Date.iso8601(milliseconds: $0, in: chart.zone).prefix(19) + "Z"
        }.joined(separator: " ")
    }.sorted()
  }

  private func asked(_ server: SimulatedServer) -> [String] {
    server.requests.filter { $0.endpoint == .chart }.map { request in
      "\(request.appID ?? "") \(request.userTimespan ?? "") \(request.source?.first ?? "all") "
        + "\(request.offset ?? 0) "
        + [request.dateStart, request.dateEnd].map { ($0 ?? "").prefix(19) + "Z" }
        .joined(separator: " ")
    }.sorted()
  }

  private func later(_ days: Double) -> Date { now.addingTimeInterval(86_400 * days) }

  @Test func `is what the run then asks, where all is known`() async throws {
    let apps = [
      Fixtures.steady(from: start, days: 130),
      Fixtures.steady(Fixtures.otherID, name: "Other", from: start, days: 130),
    ]
    try await SimulatedCollection.on(apps, now: now) { original in
      var collection = original
      collection.zones = ["default": .utc]
      try await collection.run(at: now)
      let renamed = collection.apps.map {
        App(id: $0.id, name: $0.name, server: "main", since: Day("2026-05-06"))
      }
      let from = { (text: String) in Day(text).map { $0..<Day(number: 30_000) } }
      let stories: [(apps: [App], days: Range<Day>?, isDeep: Bool)] = [
        (collection.apps, nil, false), (collection.apps, nil, true),
        (collection.apps, from("2026-04-14"), false), (collection.apps, from("0001-01-01"), false),
        (renamed, nil, true), (renamed, nil, false),
      ]
      for (place, story) in stories.enumerated() {
        let now = later(Double(place) + 1)
        let plan = try await plan(
          collection, at: now, story.apps, days: story.days, isDeep: story.isDeep)
        collection.server.forgetRequests()
        let report = try await collection.run(
          at: now, days: story.days, isDeep: story.isDeep, apps: story.apps)
        #expect(report.failed.isEmpty)
        #expect(
          planned(plan) == asked(collection.server),
          "\(place)")
      }
    }
  }

  /// Nobody knows how far back an app goes, but how far the run would look.
  @Test(arguments: [nil, "2024-11-01", "2025-01-01"])
  func `bounds what the first answers decide`(_ since: String?) async throws {
    let old = Date("2017-02-01T00:00:00Z")
    let simulated = SimulatedApp(
      id: Fixtures.appID, name: "Old",
      records: [
        Fixtures.record("ann", old), Fixtures.record("ann", Date("2026-06-09T12:00:00Z")),
      ])
    try await SimulatedCollection.on([simulated], now: now) { original in
      var collection = original
      collection.settings.bySource = false
      let app = App(
        id: try #require(AppID(Fixtures.appID)), name: "Old", server: "default",
        since: since.flatMap { Day($0) })
      let plan = try await plan(collection, at: now, [app])
      #expect(plan.requests.map(\.purpose) == [.key, .origin, .totals])
      let most = plan.possible.map(\.most)
      try #require(most.count == 2)
      #expect(most[0] == ZoneSearch.mostRequests + 15)
      try await collection.run(at: now, apps: [app])
      // The totals end the requests about the zone; the history follows.
      let kinds = collection.server.requests.map(\.endpoint)
      let totals = try #require(kinds.lastIndex(of: .totals))
      let history = kinds.count - totals - 1
      #expect(history <= most[1])
      #expect(history >= most[1] - 8, "a bound that says something: \(history) of \(most[1])")
      #expect(try await self.plan(collection, at: now, [app]).possible.allSatisfy { $0.most <= 64 })
    }
  }

  /// Its days begin where it is wanted. Whether its oldest activity is asked for is a matter of the
  /// zone.
  @Test(arguments: ["2025-11-01", "2026-06-01"])
  func `lists the reads of an app whose days fit one request`(_ since: String) async throws {
    let steady = Fixtures.steady(Fixtures.otherID, name: "Other", from: start, days: 100)
    let old = SimulatedApp(
      id: Fixtures.appID, name: "Old",
      records: [
        Fixtures.record("ann", Date("2017-02-01T00:00:00Z")),
        Fixtures.record("ann", Date("2026-06-09T12:00:00Z")),
      ])
    try await SimulatedCollection.on([steady, old], now: now) { original in
      var collection = original
      collection.settings.bySource = false
      let brief = App(
        id: try #require(AppID(Fixtures.appID)), name: "Old", server: "default", since: Day(since))
      let unknown = try await plan(collection, at: now, [brief])
      #expect(unknown.possible.map(\.most) == [ZoneSearch.mostRequests + 15 + 1])
      collection.zones = ["default": .utc]
      let others = collection.apps.filter { $0.id != brief.id }
      try await collection.run(at: now, apps: others)
      let known = try await plan(collection, at: later(1), others + [brief])
      #expect(!known.requests.contains { $0.purpose == .origin })
      collection.server.forgetRequests()
      try await collection.run(at: later(1), apps: others + [brief])
      #expect(Set(planned(known)).subtracting(asked(collection.server)) == [])
    }
  }
}
