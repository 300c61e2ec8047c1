import AlmanacCore
import AlmanacTestSupport
import AlmanacTrends
import Foundation
import Testing

@testable import AlmanacStore

/// Compares every metric, grain and breakdown with SQL over the views.
@Suite(.serialized) struct `A trend and its recomputation` {
  private static let ranges: [Grain: (first: String, last: String, length: String)] = [
    .day: ("2026-11-21", "2027-01-19", "60d"), .week: ("2026-09-28", "2027-01-11", "16w"),
    .month: ("2026-02-01", "2026-12-01", "11m"), .quarter: ("2026-04-01", "2026-10-01", "3q"),
  ]

  private static func query(_ metric: Metric, _ grain: Grain) throws -> Query {
    let length = try #require(AskedRange.Length(ranges[grain]!.length))
    return Query(
      "trend", [metric],
      range: try AskedRange(last: length, from: nil, to: nil, default: length), grain: grain)
  }

  private static func recomputation(_ collected: CollectedArchive, _ metric: Metric, _ grain: Grain)
    -> Recomputation
  {
    Recomputation(
      collection: collected.collection, metric: metric.name, grain: grain.name,
      first: ranges[grain]!.first, last: ranges[grain]!.last)
  }

  private static func key(_ subject: Subject) -> String {
    switch subject {
    case .everything: ""
    case .app(let id, _): id.text
    case .source(let name), .tag(let name): name.text
    case .other: "other"
    }
  }

  private static func isNear(_ one: Double?, _ other: Double?) -> Bool {
    guard let one, let other else { return one == nil && other == nil }
    return abs(one - other) <= 1e-9 * max(1, abs(one))
  }

  /// The differences between the points of a trend and the recomputed ones, in words.
  private static func differences(
    _ trend: Trend, _ recomputed: [String: [String: Recomputation.Sum]], _ told: Recomputation
  ) -> [String] {
    trend.series.flatMap { series -> [String] in
      let sums = recomputed[told.by == nil ? "" : key(series.subject)] ?? [:]
      return series.points.compactMap { point in
        let sum = sums[point.date.description] ?? Recomputation.Sum()
        let value = told.value(sum)
        guard
          !isNear(point.value, value)
            || point.coverage != Coverage(expected: sum.expected, held: sum.held)
        else { return nil }
        return "\(told.metric) \(told.grain) \(told.by ?? "") \(told.source ?? "") "
          + "\(key(series.subject)) \(point.date): \(point.value as Double?) \(point.coverage), "
          + "recomputed \(value as Double?) \(sum)"
      }
    }
  }

  /// Whether the contract lets the metric be added up over several apps or sources.
  private static func mayAddUp(_ metric: Metric, apps: Int, sources: Int) -> Bool {
    let never: [Metric.Aggregation] = [.distinct, .none]
    return (apps == 1 || !never.contains(metric.overApps))
      && (sources == 1 || !never.contains(metric.overSources))
  }

  @Test(arguments: ([1, 2, 3] as [UInt64]).prefix(Repetition.seeds.count))
  func `agree on each metric, grain and breakdown`(seed: UInt64) async throws {
    try await CollectedArchive.with(seed: seed) { collected in
      var compared = 0
      for metric in Metric.catalogue {
        for grain in metric.grains {
          for by in [nil] + Query.Breakdown.allCases.map(Optional.some) {
            var query = try Self.query(metric, grain)
            query.breakdown = by
            let apps = by == .app ? 1 : 4
            guard Self.mayAddUp(metric, apps: apps, sources: 1) else {
              await #expect(throws: AlmanacError.self) {
                try await collected.ask(query) { try Trend($0, from: $1) }
              }
              continue
            }
            if by == .source, metric.measure.basis == .cohorts { continue }
            let trend = try await collected.ask(query) { try Trend($0, from: $1) }
            var told = Self.recomputation(collected, metric, grain)
            told.by = by?.rawValue
            let differences = Self.differences(trend, try told.sums(), told)
            #expect(differences.prefix(3) == [])
            compared += trend.series.map(\.points.count).reduce(0, +)
            guard differences.isEmpty else { return }
          }
        }
      }
      #expect(compared > 10_000)
    }
  }

  @Test(arguments: ([4, 5] as [UInt64]).prefix(Repetition.seeds.count))
  func `agree on one app, one source, and both`(seed: UInt64) async throws {
    try await CollectedArchive.with(seed: seed) { collected in
      let app = try #require(
        try collected.collection.rows("SELECT app_id, name FROM app WHERE id = 2")[0][0])
      let sources = try collected.collection.rows(
        "SELECT name FROM source JOIN app_source ON source = id WHERE app = 2"
      ).compactMap { $0[0] }
      for metric in Metric.catalogue {
        for grain in metric.grains {
          for source in [nil, sources.first] {
            if source != nil, metric.measure.basis == .cohorts { continue }
            var query = try Self.query(metric, grain)
            query.apps = [app]
            query.sources = source.map { [Name($0)] } ?? []
            let trend = try await collected.ask(query) { try Trend($0, from: $1) }
            var told = Self.recomputation(collected, metric, grain)
            told.apps = [app]
            told.source = source
            #expect(Self.differences(trend, try told.sums(), told).prefix(3) == [])
          }
        }
      }
    }
  }
}
