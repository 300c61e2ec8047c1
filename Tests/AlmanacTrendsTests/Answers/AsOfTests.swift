import AlmanacCollector
import AlmanacCore
import AlmanacTestSupport
import AlmanacTrends
import FastGPTSimulator
import Foundation
import Testing

@testable import AlmanacStore

@Suite(.serialized) struct `The archive as of an earlier day` {
  private static let first = Date("2026-06-18T02:30:00Z")
  private static let days = 20

  private static func query(_ grain: Grain, asOf day: Day?) throws -> Query {
    let length = AskedRange.Length(grain == .day ? 50 : 6, grain)
    var query = Query(
      "trend", Metric.catalogue.filter { $0.grains.contains(grain) },
      range: try AskedRange(last: length, from: nil, to: nil, default: length), grain: grain)
    query.breakdown = .app
    query.asOf = day
    return query
  }

  /// The words of a trend on each bucket.
  private static func words(_ trend: Trend) -> [String] {
    trend.series.flatMap { series in
      series.points.map { point in
        let value = point.value.map { "\($0)" } ?? "-"
        return "\(series.metric.name) \(trend.query.grain) \(series.subject.label) \(point.date) "
          + "\(value) \(point.state?.rawValue ?? "-") \(point.coverage)"
      }
    }
  }

  private static func answers(_ archive: Archive, asOf day: Day?) async throws -> [String] {
    var words: [String] = []
    for grain in Grain.allCases {
      let query = try query(grain, asOf: day)
      words += Self.words(try archive.ask(asOf: day) { try Trend(query, from: $0) })
    }
    return words
  }

  /// Twenty runs over talks across midnight, votes of any age and an upgrade, with a deep read in
  /// between; a copy is kept of each evening.
  @Test func `answers as it did then`() async throws {
    let until = Self.first.addingTimeInterval(86_400 * Double(Self.days + 1))
    let fleet = DemoFleet.apps(
      count: 3, seed: 12, from: Self.first.addingTimeInterval(-86_400 * 120), until: until)
    let apps = DemoFleet.lively(
      fleet, seed: 12, late: Self.first.addingTimeInterval(-86_400 * 20), until: until)
    try await SimulatedCollection.on(apps, now: Self.first) { original in
      var collection = original
      collection.zones = ["default": .utc]
      collection.settings = CollectorSettings(
        retentionOffsets: [.day: [1, 3], .week: [1], .month: [1], .quarter: [1]])
      var copies: [Day: String] = [:]
      for number in 0..<Self.days {
        let now = Self.first.addingTimeInterval(86_400 * Double(number))
        try await collection.run(at: now, isDeep: number == 9)
        let day = BucketZone.utc.day(holding: now)
        copies[day] = collection.path + "-\(day)"
        try SimulatedCollection.backUp(collection.path, to: copies[day] ?? "")
      }
      #expect(try collection.count("SELECT count(*) FROM revision") > 20)
      for (day, path) in copies where day.number % 3 == 0 {
        let then = try await Self.answers(Archive.openForReading(path: path), asOf: nil)
        let asOf = try await Self.answers(collection.archive, asOf: day)
        #expect(then.count > 1000)
        let differences = Set(asOf).symmetricDifference(then).sorted()
        #expect(Array(differences.prefix(4)) == [], "\(day)")
      }
      let before = try await Self.answers(
        collection.archive, asOf: BucketZone.utc.day(holding: Self.first).advanced(by: -1))
      #expect(before == [])
    }
  }
}
