import AlmanacCore
import AlmanacTrends
import Testing

@testable import AlmanacStore

@Suite struct `The anomalies of a range` {
  private static let today = "2026-06-15"

  private func found(
    _ handmade: HandmadeArchive, last: String = "14d"
  ) async throws -> Anomalies {
    var query = try handmade.query("anomalies", ["messages"], last: last)
    query.breakdown = .app
    return try handmade.archive.ask { [query] in try Anomalies(query, from: $0) }
  }

  /// Mondays have a hundred messages, other days ten.
  private func usual(_ day: Day) -> Int { day.weekday == 1 ? 100 : 10 }

  @Test func `are days far from the same weekdays before, with the day of recovery`() async throws {
    try await HandmadeArchive.with(first: "2026-01-01", today: Self.today) { handmade in
      try handmade.write(from: "2026-01-01", to: "2026-06-14") { day in
        switch "\(day)" {
        case "2026-06-03", "2026-06-04": 90
        case "2026-06-08": 10
        case "2026-06-14": 80
        default: usual(day)
        }
      }
      let anomalies = try await found(handmade)
      #expect(anomalies.judged == Coverage(expected: 14, held: 14))
      let words = anomalies.episodes.map { episode in
        "\(episode.first) \(episode.last) \(episode.value) \(episode.usual) "
          + "\(episode.score > 0) \(episode.recovered?.description ?? "-")"
      }
      #expect(
        words == [
          "2026-06-03 2026-06-04 90.0 10.0 true 2026-06-05",
          "2026-06-14 2026-06-14 80.0 10.0 true -",
          "2026-06-08 2026-06-08 10.0 100.0 false 2026-06-09",
        ])
    }
  }

  @Test func `begin where they began, though that was before the range`() async throws {
    try await HandmadeArchive.with(first: "2026-01-01", today: Self.today) { handmade in
      try handmade.write(from: "2026-01-01", to: "2026-06-14") { day in
        day >= Day("2026-06-10")! ? 0 : 100
      }
      let episodes = try await found(handmade, last: "2d").episodes
      #expect(episodes.map(\.first) == [Day("2026-06-10")])
      #expect(episodes.first?.count == 5)
    }
  }

  @Test func `are not made by small apps, gaps or too short a past`() async throws {
    try await HandmadeArchive.with(first: "2026-01-01", today: Self.today) { handmade in
      try handmade.write(from: "2026-01-01", to: "2026-06-14") { day in
        "\(day)" == "2026-06-10" ? 15 : 1
      }
      try handmade.add(app: 2, named: "New", first: "2026-05-20")
      try handmade.write(from: "2026-05-20", to: "2026-06-14", app: 2) { day in
        "\(day)" == "2026-06-10" ? 1000 : 10
      }
      let anomalies = try await found(handmade)
      #expect(anomalies.episodes.isEmpty)
      #expect(anomalies.judged == Coverage(expected: 28, held: 14))
    }
  }

  /// The days after the first one are as far off as it is.
  @Test func `are judged by earlier buckets alone`() async throws {
    try await HandmadeArchive.with(first: "2026-01-01", today: Self.today) { handmade in
      try handmade.write(from: "2026-01-01", to: "2026-06-14") { day in
        day >= Day("2026-06-05")! ? 200 : 100
      }
      #expect(try await found(handmade).episodes.map(\.first) == [Day("2026-06-05")])
    }
  }
}
