import AlmanacCore
import Foundation

// AlmanacTrends owns questions and their true answers, from the archive alone. It refuses a
// question that has no true answer, and it cannot reach a network.

/// A question as understood: every flag read once, every default filled in.
package struct Query: Sendable {
  /// What an answer is broken down by.
  package enum Breakdown: String, CaseIterable, Sendable {
    case app, source, tag
  }

  /// The earlier time that an answer is compared with.
  package enum Comparison: String, CaseIterable, Sendable {
    /// At day grain as many days, moved back by whole weeks; else as many buckets before.
    case previous
    /// Seven days back.
    case week
    /// 364 days, 52 weeks, 12 months or 4 quarters back.
    case year
  }

  /// The command that asks, for hints that can be pasted.
  package internal(set) var command: String
  /// By which an answer is said to be old; nothing else is asked of it.
  package var clock: Date?
  /// Flags that say where the archive is, for hints that can be pasted.
  package var place: [String] = []
  package var metrics: [Metric]
  /// Each by id, name or a unique part of the name; empty for all.
  package var apps: [String] = []
  /// Apps with any of them; empty for all.
  package var tags: [Name] = []
  /// Empty for all, as the server counts them together.
  package var sources: [Name] = []
  package var breakdown: Breakdown?
  package var top: Int?
  package var range: AskedRange
  package var grain: Grain
  package var comparison: Comparison?
  /// The mean of so many buckets.
  package var smooth: Int?
  package var isCumulative = false
  package var showsGrowth = false
  /// Retention at T+offset.
  package var offset = 1
  /// Of a retention table: the columns; empty for all that are held.
  package var offsets: [Int] = []
  /// The archive as it was at the end of this day.
  package var asOf: Day?
  package var includesOpen = false
  /// Of a ranking: ascending.
  package var lowestFirst = false
  /// Of a ranking by a ratio: what it must at least be divided by to get a rank.
  package var minVolume = leastVolume

  /// Fewer events say little of a ratio.
  package static let leastVolume = 30

  /// - Parameter grain: default: the unit of the range's length
  package init(
    _ command: String, _ metrics: [Metric], range: AskedRange, grain: Grain? = nil
  ) {
    self.command = command
    self.metrics = metrics
    self.range = range
    self.grain = grain ?? range.last?.unit ?? .day
  }

  /// Throws an ``AlmanacError`` with the code `usage` for an offset of what has none.
  package mutating func set(offset: Int?) throws {
    guard let offset else { return }
    guard metrics.contains(where: { $0.measure.basis == .cohorts }) else {
      throw refusal("--offset is of retained_users and retention_rate", hint: "leave out --offset")
    }
    self.offset = offset
  }

  /// Throws an ``AlmanacError`` with the code `usage` for a volume of what has none.
  package mutating func set(minVolume: Int?) throws {
    guard let minVolume else { return }
    guard metrics.allSatisfy(\.hasVolume) else {
      throw refusal(
        "--min-volume is of a ratio, by what it is divided by", hint: "leave out --min-volume")
    }
    self.minVolume = minVolume
  }

  /// Throws an ``AlmanacError`` with the code `usage` where flags contradict each other or have no
  /// true answer whatever the archive holds.
  package func validate() throws {
    if let last = range.last, last.unit < grain {
      throw refusal(
        "--last \(last) is finer than the grain \(grain)",
        hint: "ask for whole buckets, as in --last 4\(grain.name.prefix(1)), or leave out --grain")
    }
    if includesOpen, asOf != nil {
      throw refusal(
        "--include-open does not go with --as-of: no bucket is open at the end of a past day",
        hint: "leave out --include-open")
    }
    if comparison == .week, grain != .day {
      throw refusal(
        "--compare week moves back seven days, which no \(grain) does",
        hint: "take --compare previous or year, or --grain day")
    }
    if isCumulative, smooth != nil || showsGrowth || comparison != nil {
      throw refusal(
        "--cumulative goes with none of --smooth, --growth and --compare",
        hint: "leave out --cumulative, or the others")
    }
    for metric in metrics { try validate(metric) }
  }

  private func validate(_ metric: Metric) throws {
    if !metric.grains.contains(grain) {
      throw refusal(
        "\(metric.name) is known by \(metric.grains.map(\.name).joined(separator: ", ")) only",
        hint: paste {
          $0.grain = metric.grains[0]
          $0.range = AskedRange(asked: 12, .month)
        })
    }
    if isCumulative, !metric.isAdditive {
      let others = Metric.catalogue.filter(\.isAdditive).map(\.name).joined(separator: ", ")
      throw refusal(
        "\(metric.name) does not add up over time, so it has no running sum",
        hint: "take one that does: \(others)")
    }
    if smooth != nil, metric.overTime == .none {
      throw refusal(
        "\(metric.name) is a figure of one bucket only, so there is no mean of several",
        hint: paste { $0.smooth = nil })
    }
  }

  func refusal(_ cause: String, hint: String) -> AlmanacError {
    let what = metrics.isEmpty ? "the \(command)" : metrics.map(\.name).joined(separator: ", ")
    return AlmanacError(.usage, "answering \(what)", cause: cause, hint: hint)
  }
}
