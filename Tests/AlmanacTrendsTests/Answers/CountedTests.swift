import AlmanacCore
import AlmanacTrends
import Testing

/// Small cases whose answers are counted by hand.
@Suite struct `An answer that is counted by hand` {
  @Test func `to a ratio is the ratio of the sums`() async throws {
    try await HandmadeArchive.with(first: "2026-03-01", today: "2026-03-05") { handmade in
      try handmade.write("2026-03-03", messages: 2, errors: 1)
      try handmade.write("2026-03-04", messages: 98, errors: 0)
      var query = try handmade.query("rank", ["error_rate"], last: "2d")
      query.breakdown = .app
      let entry = try #require(try await handmade.ranking(query).entries.first)
      #expect(entry.value == 0.01)
      #expect(entry.volume == 100)
      query = try handmade.query("trend", ["error_rate"], last: "1d")
      query.smooth = 2
      #expect(try await handmade.trend(query).series[0].points.map(\.value) == [0.01])
    }
  }

  /// 30 days are moved back by 35: each day meets one of the same name.
  @Test func `beside the time before meets the same weekdays`() async throws {
    try await HandmadeArchive.with(first: "2026-01-01", today: "2026-04-15") { handmade in
      try handmade.write(from: "2026-01-01", to: "2026-04-14") { $0.weekday }
      var query = try handmade.query("trend", ["messages"], last: "30d")
      query.comparison = .previous
      let points = try await handmade.trend(query).series[0].points
      #expect(points.first?.date == Day("2026-03-16"))
      #expect(points.first?.compared?.date == Day("2026-02-09"))
      #expect(points.allSatisfy { $0.value == $0.compared?.value && $0.compared?.change == 0 })
      #expect(points.last?.compared?.date == Day("2026-03-10"))
    }
  }

  @Test func `counts the weeks across a year of 53`() async throws {
    try await HandmadeArchive.with(first: "2025-12-01", today: "2027-01-13") { handmade in
      try handmade.write("2026-12-28", .week, messages: 7)
      try handmade.write("2027-01-04", .week, messages: 9)
      try handmade.write("2025-12-29", .week, messages: 5)
      try handmade.write("2026-01-05", .week, messages: 6)
      var query = try handmade.query("trend", ["messages"], last: "2w")
      query.comparison = .year
      let points = try await handmade.trend(query).series[0].points
      #expect(points.map(\.date) == [Day("2026-12-28"), Day("2027-01-04")])
      #expect(points.map(\.compared?.date) == [Day("2025-12-29"), Day("2026-01-05")])
      #expect(points.map(\.compared?.change) == [0.4, 0.5])
    }
  }

  @Test(arguments: [
    ("2026-03-31", "1m", Grain.day, "2026-02-28", "2026-03-30"),
    ("2028-03-30", "1m", .day, "2028-02-29", "2028-03-29"),
    ("2026-03-31", "2m", .month, "2026-01-01", "2026-02-28"),
    ("2026-05-20", "2q", .quarter, "2025-10-01", "2026-03-31"),
    ("2026-05-20", "1q", .month, "2026-02-01", "2026-04-30"),
    ("2026-05-20", "2w", .week, "2026-05-04", "2026-05-17"),
  ])
  func `has the days that were asked for`(
    today: String, last: String, grain: Grain, first: String, end: String
  ) async throws {
    try await HandmadeArchive.with(first: "2024-01-01", today: today) { handmade in
      let trend = try await handmade.trend(
        handmade.query("trend", ["messages"], last: last, grain: grain))
      #expect(trend.span?.days == Day(first)!..<Day(end)!.advanced(by: 1))
    }
  }

  @Test func `names what of a range is no whole bucket`() async throws {
    try await HandmadeArchive.with(first: "2024-01-01", today: "2026-05-20") { handmade in
      let trend = try await handmade.trend(
        handmade.query("trend", ["messages"], from: "2026-05-01", to: "2026-05-25", grain: .week))
      #expect(trend.span?.starts == [Day("2026-05-04"), Day("2026-05-11")].compactMap { $0 })
      let text = trend.notes.warnings.joined(separator: "\n")
      #expect(text.contains("2026-05-01 to 2026-05-03 is left out"))
      #expect(text.contains("2026-05-18 to 2026-05-25 is left out: it has not ended"))
    }
  }

  @Test func `breaks at a gap, and sums say what they hold`() async throws {
    try await HandmadeArchive.with(first: "2026-03-01", today: "2026-03-08") { handmade in
      for day in [1, 2, 4, 5, 6, 7] { try handmade.write("2026-03-0\(day)", messages: 10) }
      let plain = try handmade.query("trend", ["messages"], last: "7d")
      let points = try await handmade.trend(plain).series[0].points
      #expect(points.map(\.value) == [10, 10, nil, 10, 10, 10, 10])
      #expect(points[2].coverage == Coverage(expected: 1, held: 0))
      var query = plain
      query.smooth = 2
      let smooth = try await handmade.trend(query).series[0].points.map(\.value)
      #expect(smooth == [nil, 10, nil, nil, 10, 10, 10])
      query = plain
      query.isCumulative = true
      let sums = try await handmade.trend(query).series[0].points
      #expect(sums.map(\.value) == [10, 20, nil, 30, 40, 50, 60])
      #expect(sums.last?.coverage == Coverage(expected: 7, held: 6))
      query = plain
      query.showsGrowth = true
      let growth = try await handmade.trend(query).series[0].points.map(\.growth)
      #expect(growth == [nil, 0, nil, nil, 0, 0, 0])
    }
  }

  /// A run failed for the app, so that a bucket is still open that has ended since.
  @Test func `leaves out what has not ended, unless it is asked for`() async throws {
    try await HandmadeArchive.with(first: "2026-03-01", today: "2026-03-05") { handmade in
      try handmade.write("2026-03-02", messages: 10)
      try handmade.write("2026-03-03", state: "open", messages: 4)
      try handmade.write("2026-03-04", messages: 10)
      try handmade.write("2026-03-05", state: "open", messages: 3)
      var query = try handmade.query("trend", ["messages"], last: "3d")
      let ended = try await handmade.trend(query).series[0].points
      #expect(ended.map(\.value) == [10, nil, 10])
      query.includesOpen = true
      query.comparison = .previous
      let points = try await handmade.trend(query).series[0].points
      #expect(points.map(\.value) == [10, 4, 10, 3])
      #expect(points.last?.state == .open && points.last?.compared?.change == nil)
      query = try handmade.query("trend", ["mean_daily_users"], last: "1w")
      query.includesOpen = true
      // The days up to now are expected of the week that has not ended.
      #expect(
        try await handmade.trend(query).series[0].points.last?.coverage
          == Coverage(expected: 4, held: 0))
    }
  }

  @Test func `to stickiness needs every day of the month`() async throws {
    try await HandmadeArchive.with(first: "2026-01-01", today: "2026-04-02") { handmade in
      try handmade.write(from: "2026-02-01", to: "2026-03-30", users: 2) { _ in 0 }
      try handmade.write("2026-02-01", .month, users: 8)
      try handmade.write("2026-03-01", .month, users: 8)
      let points = try await handmade.trend(
        handmade.query("trend", ["stickiness"], last: "2m")
      ).series[0].points
      #expect(points.map(\.value) == [0.25, nil])
    }
  }

  /// A month that is held whole stands for its days, one of which was never read.
  @Test func `about a long range reads the coarsest buckets that are held`() async throws {
    try await HandmadeArchive.with(first: "2026-01-01", today: "2026-04-05") { handmade in
      for day in Day("2026-01-01")!...Day("2026-04-04")! where "\(day)" != "2026-02-10" {
        try handmade.write("\(day)", messages: 1)
      }
      try handmade.write("2026-02-01", .month, messages: 28)
      try handmade.write("2026-03-01", .month, state: "partial", messages: 1)
      var query = try handmade.query("rank", ["messages"], from: "2026-01-01")
      query.breakdown = .app
      let entry = try #require(try await handmade.ranking(query).entries.first)
      #expect(entry.value == 94)
      #expect(entry.coverage == Coverage(expected: 94, held: 94))
    }
  }

  @Test func `ranks few events apart, and shares by the nearer end of their interval`()
    async throws
  {
    try await HandmadeArchive.with(first: "2026-03-01", today: "2026-03-02") { handmade in
      try handmade.add(app: 2, named: "Small", first: "2026-03-01")
      try handmade.add(app: 3, named: "Busy", first: "2026-03-01")
      try handmade.write("2026-03-01", app: 1, messages: 40, errors: 10)
      try handmade.write("2026-03-01", app: 2, messages: 4, errors: 4)
      try handmade.write("2026-03-01", app: 3, messages: 1000, errors: 200)
      var query = try handmade.query("rank", ["error_rate"], last: "1d")
      query.breakdown = .app
      let ranking = try await handmade.ranking(query)
      // A quarter of 40 may be 14 percent, a fifth of 1,000 is at least 17.6.
      #expect(ranking.entries.map(\.subject.label) == ["Busy", "Bot"])
      #expect(ranking.apart.map(\.subject.label) == ["Small"])
      let interval = try #require(ranking.entries[1].interval)
      #expect(abs(interval.lowerBound - 0.1419) < 0.0001)
      #expect(abs(interval.upperBound - 0.4019) < 0.0001)
    }
  }

  @Test func `comes with the notes on its apps and days`() async throws {
    try await HandmadeArchive.with(first: "2026-01-01", today: "2026-06-15") { handmade in
      try handmade.add(app: 2, named: "Other", first: "2026-01-01")
      try handmade.write(from: "2026-06-01", to: "2026-06-14") { _ in 1 }
      try handmade.execute(
        """
        INSERT INTO annotation (app, date, text, created_at) VALUES
          (NULL, '2026-06-14', 'last', ''), (2, '2026-06-09', 'other', ''),
          (1, '2026-06-08', 'first', ''), (1, '2026-06-07', 'before', ''),
          (NULL, '2026-06-15', 'after', '')
        """)
      var query = try handmade.query("trend", ["messages"], last: "7d")
      let all = try await handmade.trend(query).annotations
      #expect(all.map(\.text) == ["first", "other", "last"])
      #expect(all.map(\.app) == ["Bot", "Other", nil])
      query.apps = ["Bot"]
      #expect(try await handmade.trend(query).annotations.map(\.text) == ["first", "last"])
    }
  }

  /// Nothing is expected of an app that began later, and nothing is read.
  @Test(arguments: [("2026-06-13", 28.0), ("2026-06-20", 13)])
  func `is of those that were there`(first: String, messages: Double) async throws {
    try await HandmadeArchive.with(first: "2026-05-01", today: "2026-06-22") { handmade in
      try handmade.add(app: 2, named: "New", first: first)
      try handmade.write(from: "2026-05-01", to: "2026-06-21") { _ in 1 }
      try handmade.write(from: first, to: "2026-06-21", app: 2) { _ in 3 }
      var query = try handmade.query("rank", ["messages"], from: "2026-06-01", to: "2026-06-12")
      query.breakdown = .app
      #expect(try await handmade.ranking(query).entries.map(\.subject.label) == ["Bot"])
      query = try handmade.query("rank", ["messages"], last: "7d")
      query.breakdown = .app
      query.comparison = .year
      let entries = try await handmade.ranking(query).entries
      #expect(entries.map(\.subject.label).sorted() == ["Bot", "New"])
      #expect(entries.allSatisfy { $0.compared?.coverage == Coverage() })
      let summary = try await handmade.summary(try handmade.query("summary", [], last: "7d"))
      #expect(summary.headlines.first { $0.metric.name == "messages" }?.value == messages)
      #expect(summary.movers.map(\.subject.label) == ["New"])
    }
  }

  /// A user may be new to each of two sources, so that their sum counts that user twice.
  @Test func `has shares only of what adds up`() async throws {
    try await CollectedArchive.with(seed: 3, months: 3, isHarmed: false) { collected in
      for (name, by, hasShares) in [
        ("new_users", Query.Breakdown.source, false), ("new_users", .app, true),
        ("user_days", .source, false), ("messages", .source, true), ("messages", .tag, false),
      ] {
        let range = try AskedRange(
          last: nil, from: nil, to: nil, default: AskedRange.Length(30, .day))
        var query = Query("rank", [try #require(Metric(name: name))], range: range)
        query.breakdown = by
        let ranking = try await collected.ask(query) { try Ranking($0, from: $1) }
        #expect(ranking.entries.count > 1)
        #expect(ranking.entries.allSatisfy { ($0.share != nil) == hasShares }, "\(name) \(by)")
      }
    }
  }
}
