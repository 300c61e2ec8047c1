import AlmanacCollector
import AlmanacCore
import AlmanacReport
import AlmanacTestSupport
import AlmanacTrends
import FastGPTSimulator
import Foundation
import Testing

@testable import AlmanacStore

/// Further figures over time, beside the view `figures`.
@Suite struct `A further figure over time` {
  private static let now = Date("2026-06-10T02:30:00Z")
  private static let start = Date("2026-04-01T00:00:00Z")
  private static let cached = FurtherFigure.Key(.chat, "cachedTokens")

  private static func query(
    _ key: FurtherFigure.Key = cached, last: String = "20d", grain: Grain? = nil
  ) throws -> Query {
    var query = Query(
      "trend", [Metric(key, named: key.name.text)],
      range: try AskedRange(
        last: AskedRange.Length(last), from: nil, to: nil, default: AskedRange.Length(30, .day)),
      grain: grain)
    query.apps = [Fixtures.appID]
    return query
  }

  private static func ask(_ collection: SimulatedCollection, _ query: Query) throws -> Trend {
    try collection.archive.ask(asOf: query.asOf) { try Trend(query, from: $0) }
  }

  /// The values of the view `figures`, by date.
  private static func shown(
    _ collection: SimulatedCollection, _ grain: String = "day", source: String = "all",
    app: String = Fixtures.appID
  ) throws -> [String: Double] {
    let rows = try collection.rows(
      """
      SELECT date, value FROM figures WHERE figure = 'cachedTokens' AND series = 'chatData'
        AND grain = '\(grain)' AND source = '\(source)' AND app_id = '\(app)'
      """)
    return rows.reduce(into: [:]) { $0[$1[0] ?? ""] = Double($1[1] ?? "") }
  }

  /// Two apps of a server that sends tokens; on some days nobody talks to the first one.
  private static func collected(
    _ body: (SimulatedCollection) async throws -> Void
  ) async throws {
    let steady = Fixtures.steady(from: start, days: 75)
    let app = SimulatedApp(
      id: steady.id, name: steady.name,
      records: steady.records.filter { record in
        !["2026-05-28", "2026-05-30"].contains { record.time.description.hasPrefix($0) }
      })
    let other = Fixtures.steady(Fixtures.otherID, name: "Other", from: start, days: 75)
    try await SimulatedCollection.on([app, other], now: now) { collection in
      collection.server.reconfigure { $0.generation = .tokens }
      try await collection.run(at: now)
      try await body(collection)
    }
  }

  @Test func `has the values that the server sent, at each grain and source`() async throws {
    try await Self.collected { collection in
      for (last, grain) in [("20d", "day"), ("6w", "week"), ("2m", "month")] {
        let shown = try Self.shown(collection, grain)
        let trend = try Self.ask(collection, try Self.query(last: last))
        #expect(trend.series.count == 1 && trend.series[0].points.count > 1)
        for point in trend.series[0].points {
          #expect(point.value == shown["\(point.date)"], "\(grain) \(point.date)")
        }
        #expect(trend.series[0].points.contains { $0.value != nil })
      }
      var query = try Self.query()
      query.breakdown = .source
      let series = try Self.ask(collection, query).series
      #expect(series.map(\.subject.label) == ["api", "share"])
      for series in series {
        let shown = try Self.shown(collection, source: series.subject.label)
        #expect(!shown.isEmpty)
        for point in series.points { #expect(point.value == shown["\(point.date)"]) }
      }
      query.breakdown = nil
      query.sources = ["share"]
      let share = try Self.shown(collection, source: "share")
      let points = try Self.ask(collection, query).series[0].points
      #expect(points.allSatisfy { $0.value == share["\($0.date)"] })
    }
  }

  @Test func `is unknown on a day without it, and says what is not known of it`() async throws {
    try await Self.collected { collection in
      let trend = try Self.ask(collection, try Self.query())
      let lacking = trend.series[0].points.filter { $0.value == nil }.map { "\($0.date)" }
      #expect(lacking == ["2026-05-28", "2026-05-30"])
      let unit =
        "cachedTokens is shown as the server sends it: its unit, and how it adds up, are unknown"
      #expect(
        trend.notes.warnings == [
          unit,
          "2 of 20 buckets are held without cachedTokens: unknown there, which is neither zero nor "
            + "a gap",
        ])
      try SimulatedCollection.execute(
        "DELETE FROM bucket WHERE grain = 0 AND day = \(Day("2026-06-05")!.number)",
        path: collection.path, patience: 5)
      let holed = try Self.ask(collection, try Self.query())
      #expect(
        holed.notes.warnings.contains(
          "1 of 20 buckets is not held: a gap is not zero, and a sum covers only what is held"))
      #expect(holed.series[0].points.first { "\($0.date)" == "2026-06-05" }?.value == nil)
      let json = try TrendReport(trend).rendition.text(as: .json, for: .none)
      let answer = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
      let metric = try #require(answer?["metric"] as? [String: Any])
      #expect(metric["name"] as? String == "cachedTokens")
      #expect(metric["series"] as? String == "chatData")
      #expect(metric["figure"] as? String == "cachedTokens")
      #expect(metric["unit"] is NSNull && metric["formula"] is NSNull)
      #expect(metric["over_time"] as? String == "unknown")
      let table = try TrendReport(trend).rendition.text(as: .table, for: .none)
      #expect(table.hasPrefix("cachedTokens (unit unknown) by day"))
    }
  }

  @Test func `is compared bucket by bucket`() async throws {
    try await Self.collected { collection in
      var query = try Self.query()
      query.comparison = .week
      query.showsGrowth = true
      let shown = try Self.shown(collection)
      var compared = 0
      for point in try Self.ask(collection, query).series[0].points {
        let earlier = { (days: Int) in shown["\(point.date.advanced(by: -days))"] }
        #expect(point.compared?.value == earlier(7))
        let value = shown["\(point.date)"]
        let share = { (old: Double?) in value.flatMap { value in old.map { (value - $0) / $0 } } }
        #expect(point.growth == share(earlier(1)), "\(point.date)")
        #expect(point.compared?.change == share(earlier(7)), "\(point.date)")
        compared += point.growth == nil ? 0 : 1
      }
      #expect(compared > 10)
    }
  }

  private static let refusals: [@Sendable (inout Query) -> Void] = [
    { $0.apps = [] }, { $0.sources = ["api", "share"] }, { $0.smooth = 3 },
    { $0.isCumulative = true }, { ($0.breakdown, $0.top) = (.source, 1) },
    { ($0.apps, $0.breakdown) = ([], .source) },
  ]

  @Test(arguments: refusals.indices)
  func `is refused where several values would have to be one`(place: Int) async throws {
    try await Self.collected { collection in
      var query = try Self.query()
      Self.refusals[place](&query)
      let refused = query
      let error = #expect(throws: AlmanacError.self) { try Self.ask(collection, refused) }
      #expect(error?.code == .usage)
      #expect(error?.cause.contains("further figure, and only the server knows") == true)
      #expect(error?.hint.contains("`almanac trend cachedTokens") == true)
    }
  }

  @Test func `is shown of each of several apps by itself`() async throws {
    try await Self.collected { collection in
      var query = try Self.query()
      (query.apps, query.breakdown) = ([], .app)
      let series = try Self.ask(collection, query).series
      #expect(series.count == 2)
      for (series, app) in zip(series, [Fixtures.otherID, Fixtures.appID]) {
        let shown = try Self.shown(collection, app: app)
        #expect(series.points.allSatisfy { $0.value == shown["\($0.date)"] })
      }
    }
  }

  @Test func `is answered as of an earlier day as it was then`() async throws {
    try await Self.collected { collection in
      let then = try Self.shown(collection)
      collection.server.changeRecords(of: Fixtures.appID) { records in
        for index in records.indices
        where records[index].time.description.hasPrefix("2026-06-04") {
          records[index].messages += 5
        }
      }
      try await collection.run(at: Self.now.addingTimeInterval(86_400))
      let now = try Self.shown(collection)
      #expect(now["2026-06-04"] != then["2026-06-04"])
      for (day, wanted) in [("2026-06-10", then), ("2026-06-11", now)] {
        var query = try Self.query(last: "12d")
        query.asOf = Day(day)
        let points = try Self.ask(collection, query).series[0].points
        #expect(points.contains { "\($0.date)" == "2026-06-04" })
        for point in points { #expect(point.value == wanted["\(point.date)"], "\(point.date)") }
      }
    }
  }

  /// Revisions keep the name alone. Even a column may share its name with a further figure.
  @Test func `does not take the revisions of another series for its own`() async throws {
    try await HandmadeArchive.with(first: "2026-03-01", today: "2026-03-03") { handmade in
      try handmade.write("2026-03-01", messages: 40)
      let day = Day("2026-03-01")!.number
      try handmade.execute(
        """
        INSERT INTO run (id, started_at, finished_at, version, arguments, outcome)
        VALUES (2, '2026-03-05T12:00:00Z', '2026-03-05T12:01:00Z', 'test', '', 'done');
        INSERT INTO figure (app, source, grain, day, series, name, value, changed_run_id) VALUES
          (1, 0, 0, \(day), 'userData', 'seats', 8, 2), (1, 0, 0, \(day), 'chatData', 'seats', 9, 2),
          (1, 0, 0, \(day), 'appData', 'messages', 50, 2);
        INSERT INTO revision (app, source, grain, date, figure, old_value, new_value, revised_at,
          run_id, reason) VALUES
          (1, 0, 0, '2026-03-01', 'seats', 3, 8, 'x', 2, 'grew'),
          (1, 0, 0, '2026-03-01', 'seats', 4, 9, 'x', 2, 'grew'),
          (1, 0, 0, '2026-03-01', 'messages', 20, 50, 'x', 2, 'grew')
        """)
      let keys = [
        FurtherFigure.Key(.user, "seats"), .init(.chat, "seats"), .init(.app, "messages"),
      ]
      for (day, wanted) in [("2026-03-03", [3, 4, 20, 40]), ("2026-03-05", [8, 9, 50, 40])]
        as [(String, [Double?])]
      {
        var query = try handmade.query("trend", [], from: "2026-03-01", to: "2026-03-01")
        query.metrics =
          keys.map { Metric($0, named: $0.qualifiedName.text) } + [Metric(name: "messages")!]
        query.asOf = Day(day)
        let trend = try await handmade.trend(query)
        #expect(trend.series.map { $0.points[0].value } == wanted, "\(day)")
      }
    }
  }

  @Test func `says which server does not send it, and since when it is known`() async throws {
    try await HandmadeArchive.with(first: "2026-03-01", today: "2026-03-05") { handmade in
      try handmade.execute(
        "INSERT INTO server (id, name, zone, zone_origin) VALUES (2, 'old', 'UTC', 'proved')")
      try handmade.add(app: 2, named: "Old", first: "2026-03-01")
      try handmade.execute("UPDATE app SET server = 2 WHERE id = 2")
      for day in Day("2026-03-01")!...Day("2026-03-04")! {
        for app in [1, 2] { try handmade.write("\(day)", app: app, messages: 1) }
        guard "\(day)" > "2026-03-02" else { continue }
        try handmade.execute(
          """
          INSERT INTO figure (app, source, grain, day, series, name, value, changed_run_id)
          VALUES (1, 0, 0, \(day.number), 'chatData', 'cachedTokens', 5, 1)
          """)
      }
      var query = try handmade.query("trend", [])
      query.metrics = [Metric(Self.cached, named: "cachedTokens")]
      query.breakdown = .app
      let trend = try await handmade.trend(query)
      #expect(
        trend.notes.warnings.dropFirst() == [
          "6 of 8 buckets are held without cachedTokens: unknown there, which is neither zero nor "
            + "a gap",
          "the server default sends chatData.cachedTokens, known from 2026-03-03 on",
          "the server old does not send chatData.cachedTokens",
        ])
    }
  }
}
