import AlmanacCore
import AlmanacTrends
import Testing

@testable import AlmanacStore

@Suite struct `A summary` {
  private func summary(
    _ handmade: HandmadeArchive, last: String = "7d", apps: [String] = []
  ) async throws -> Summary {
    var query = try handmade.query("summary", [], last: last)
    query.apps = apps
    return try await handmade.summary(query)
  }

  @Test func `says what moved, what has gone quiet and what is missing`() async throws {
    try await HandmadeArchive.with(first: "2026-01-01", today: "2026-06-15") { handmade in
      try handmade.add(app: 2, named: "Grown", first: "2026-01-01")
      try handmade.add(app: 3, named: "Silent", first: "2026-01-01")
      try handmade.add(app: 4, named: "Torn", first: "2026-01-01")
      try handmade.write(from: "2026-06-01", to: "2026-06-14", users: 3) { _ in 10 }
      try handmade.write(from: "2026-06-01", to: "2026-06-14", app: 2, users: 1) { day in
        day >= Day("2026-06-08")! ? 20 : 5
      }
      try handmade.write(from: "2026-06-01", to: "2026-06-14", app: 3, users: 1) { day in
        day >= Day("2026-06-05")! ? 0 : 2
      }
      try handmade.write(from: "2026-06-01", to: "2026-06-13", app: 4, users: 1) { _ in 1 }
      let summary = try await summary(handmade)
      #expect(summary.movers.map(\.subject.label) == ["Grown", "Silent"])
      #expect(summary.movers.map(\.difference) == [105, -8])
      #expect(summary.quiet.map(\.subject.label) == ["Silent"])
      #expect(summary.quiet.map(\.lastActive) == [Day("2026-06-04")])
      #expect(summary.incomplete.map(\.subject.label) == ["Torn"])
      #expect(summary.coverage == Coverage(expected: 28, held: 27))
      let messages = try #require(summary.headlines.first { $0.metric.name == "messages" })
      #expect(messages.value == 216)
      #expect(messages.previous.value == 120)
      // One of its days is not held.
      #expect(messages.previous.change == nil)
      let users = try #require(summary.headlines.first)
      #expect(users.metric.name == "user_days" && users.value == 21 + 7 + 7 + 6)
    }
  }

  @Test func `counts users only where one number is true`() async throws {
    try await HandmadeArchive.with(first: "2026-01-01", today: "2026-06-15") { handmade in
      try handmade.write(from: "2026-05-01", to: "2026-06-14", users: 3) { _ in 10 }
      try handmade.write("2026-05-01", .month, users: 40, messages: 310)
      let days = try await summary(handmade).headlines.first
      #expect(days?.metric.name == "mean_daily_users" && days?.value == 3)
      #expect(days?.previous.change == 0)
      let month = try await summary(handmade, last: "1m").headlines.first
      #expect(month?.metric.name == "users" && month?.value == 40)
    }
  }

  @Test func `draws fourteen buckets of a shorter period, none from before the first day`()
    async throws
  {
    try await HandmadeArchive.with(first: "2026-05-20", today: "2026-06-15") { handmade in
      try handmade.write(from: "2026-05-20", to: "2026-06-14", users: 3) {
        Int($0.description.suffix(2))!
      }
      func course(_ last: String) async throws -> (from: Day?, messages: [Double?]?) {
        let summary = try await summary(handmade, last: last)
        return (
          summary.courseStart, summary.headlines.first { $0.metric.name == "messages" }?.course
        )
      }
      let week = try await course("7d")
      #expect(week.from == Day("2026-06-01") && week.messages == (1...14).map(Double.init))
      let twenty = try await course("20d")
      #expect(twenty.from == Day("2026-05-26") && twenty.messages?.count == 20)
      // The app has no May that is whole.
      let month = try await course("1m")
      #expect(month.from == Day("2026-05-01") && month.messages == [nil])
    }
  }
}
