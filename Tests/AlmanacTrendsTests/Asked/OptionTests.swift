import AlmanacCore
import AlmanacTestSupport
import AlmanacTrends
import Foundation
import Testing

@testable import AlmanacStore

/// Compares comparison, smoothing, growth and running sums with recomputed sums, by a calendar of
/// its own.
@Suite(.serialized) struct `A trend with options and its recomputation` {
  private typealias Sum = Recomputation.Sum

  private static let calendar = {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    return calendar
  }()

  /// The date of the bucket that lies so many earlier.
  private static func earlier(_ date: String, _ grain: Grain, by count: Int) -> String {
    let day = try! Date.ISO8601FormatStyle().year().month().day().parse(date)
    let (unit, size): (Calendar.Component, Int) =
      switch grain {
      case .day: (.day, 1)
      case .week: (.day, 7)
      case .month: (.month, 1)
      case .quarter: (.month, 3)
      }
    let moved = calendar.date(byAdding: unit, value: -count * size, to: day)!
    return moved.formatted(Date.ISO8601FormatStyle().year().month().day())
  }

  private static let lengths: [Grain: Int] = [.day: 30, .week: 8, .month: 3, .quarter: 1]
  private static let lasts: [Grain: String] = [
    .day: "2027-01-19", .week: "2027-01-11", .month: "2026-12-01", .quarter: "2026-10-01",
  ]

  private static func query(_ metric: Metric, _ grain: Grain) throws -> Query {
    let length = AskedRange.Length(lengths[grain]!, grain)
    return Query(
      "trend", [metric],
      range: try AskedRange(last: length, from: nil, to: nil, default: length), grain: grain)
  }

  private static func isWhole(_ sum: Sum) -> Bool {
    sum.held > 0 && sum.held == sum.expected && sum.isFinal
  }

  private static func mean(_ sums: [Sum]) -> Sum {
    var total = Sum()
    for sum in sums {
      total.numerator += sum.numerator
      total.denominator += sum.denominator
      total.held += sum.held
      total.expected += sum.expected
      total.isFinal = total.isFinal && sum.isFinal
    }
    return total
  }

  private static func change(_ told: Recomputation, _ new: (Double?, Sum), _ old: (Double?, Sum))
    -> Double?
  {
    guard isWhole(new.1), isWhole(old.1), let value = new.0, let before = old.0 else { return nil }
    if Metric(name: told.metric)!.unit == "share" { return value - before }
    return before == 0 ? nil : (value - before) / abs(before)
  }

  private static func isNear(_ one: Double?, _ other: Double?) -> Bool {
    guard let one, let other else { return one == nil && other == nil }
    return abs(one - other) <= 1e-9 * max(1, abs(one))
  }

  /// The differences between the points of a trend and the recomputed ones, in words.
  private func differences(_ collected: CollectedArchive, _ query: Query, shift: Int?) async throws
    -> [String]
  {
    let trend = try await collected.ask(query) { try Trend($0, from: $1) }
    let metric = query.metrics[0]
    var told = Recomputation(
      collection: collected.collection, metric: metric.name, grain: query.grain.name,
      first: "2024-07-01", last: Self.lasts[query.grain]!)
    told.by = query.breakdown?.rawValue
    let recomputed = try told.sums()
    var differences: [String] = []
    for series in trend.series {
      let key = if case .app(let id, _) = series.subject { id.text } else { "" }
      let sums = recomputed[key] ?? [:]
      let count = query.smooth ?? 1
      let smoothed = { (date: String) -> (Double?, Sum) in
        let window = (0..<count).map {
          sums[Self.earlier(date, query.grain, by: $0)] ?? Sum()
        }
        let sum = Self.mean(window)
        let isHeld = count == 1 || window.allSatisfy { $0.held > 0 && $0.held == $0.expected }
        return (isHeld ? told.value(sum, of: count) : nil, isHeld ? sum : Sum())
      }
      var running = Sum()
      for point in series.points {
        let date = point.date.description
        let now = smoothed(date)
        var value = now.0
        running = Self.mean([running, sums[date] ?? Sum()])
        if query.isCumulative { value = now.0.flatMap { _ in told.value(running) } }
        if !Self.isNear(point.value, value) {
          differences.append("\(date) \(point.value as Double?) for \(value as Double?)")
        }
        if let shift {
          let then = smoothed(Self.earlier(date, query.grain, by: shift))
          let change = Self.change(told, now, then)
          if !Self.isNear(point.compared?.value, then.0)
            || !Self.isNear(point.compared?.change, change)
          {
            differences.append("\(date) \(point.compared as Any) for \(then), \(change as Any)")
          }
        }
        if query.showsGrowth {
          let growth = Self.change(told, now, smoothed(Self.earlier(date, query.grain, by: 1)))
          if !Self.isNear(point.growth, growth) {
            differences.append("\(date) \(point.growth as Any) for \(growth as Any)")
          }
        }
      }
    }
    return differences.map { "\(metric.name) \(query.grain): \($0)" }
  }

  private static let metrics = [
    "messages", "users", "new_users", "user_days", "mean_daily_users", "error_rate",
    "points_per_message", "satisfaction", "points_per_user_day",
  ].map { Metric(name: $0)! }

  private static func shift(_ comparison: Query.Comparison, _ grain: Grain) -> Int {
    switch (comparison, grain) {
    case (.previous, .day): 35
    case (.previous, _): lengths[grain]!
    case (.week, _): 7
    case (.year, .day): 364
    case (.year, .week): 52
    case (.year, .month): 12
    case (.year, .quarter): 4
    }
  }

  @Test(arguments: ([6, 7] as [UInt64]).prefix(Repetition.seeds.count))
  func `agree`(seed: UInt64) async throws {
    try await CollectedArchive.with(seed: seed, months: 26) { collected in
      for metric in Self.metrics {
        for grain in Grain.allCases {
          var plain = try Self.query(metric, grain)
          plain.breakdown = .app
          for comparison in Query.Comparison.allCases where comparison != .week || grain == .day {
            var query = plain
            query.comparison = comparison
            let shift = Self.shift(comparison, grain)
            #expect(try await differences(collected, query, shift: shift).prefix(2) == [])
          }
          var query = plain
          query.showsGrowth = true
          #expect(try await differences(collected, query, shift: nil).prefix(2) == [])
          query.smooth = 3
          query.comparison = .previous
          let shift = Self.shift(.previous, grain)
          #expect(try await differences(collected, query, shift: shift).prefix(2) == [])
          if metric.isAdditive {
            query = plain
            query.isCumulative = true
            #expect(try await differences(collected, query, shift: nil).prefix(2) == [])
          }
        }
      }
    }
  }
}
