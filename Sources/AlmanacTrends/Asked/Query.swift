// AlmanacTrends answers questions from the archive alone.
// Owns: what is asked (Asked/), the sums behind it (Tallies/), the true answers (Answers/).
// Refuses: a question without a true answer, SQL, formats, the network.
// Start here, then read ResolvedQuery.swift and Answers/Trend.swift.

import AlmanacCore
import Foundation

/// A question as understood: every flag read once, every default filled in.
package struct Query: Sendable {
  /// The kind of parts that an answer is broken down into.
  package enum Breakdown: String, CaseIterable, Sendable {
    case app, source, tag
  }

  /// The earlier time that an answer is compared with.
  package enum Comparison: String, CaseIterable, Sendable {
    /// The time before. At day grain it has as many days, and is moved back by whole weeks. At
    /// other grains it has as many buckets.
    case previous
    /// The same seven days before.
    case week
    /// The same 364 days, 52 weeks, 12 months or 4 quarters before.
    case year
  }

  /// The command that asks; hints repeat it.
  package internal(set) var command: String
  /// The time by the host's clock. It tells the age of an answer, and nothing else.
  package var askedAt: Date?
  /// The flags that say where the archive is; hints repeat them.
  package var archiveFlags: [String] = []
  package var metrics: [Metric]
  /// The apps by id, name or a unique part of the name; empty for all.
  package var apps: [String] = []
  /// The tags of which an app has at least one; empty for all apps.
  package var tags: [Name] = []
  /// The sources; empty for all, as the server counts them together.
  package var sources: [Name] = []
  package var breakdown: Breakdown?
  package var top: Int?
  package var range: AskedRange
  package var grain: Grain
  package var comparison: Comparison?
  /// The number of buckets that each value is the mean of.
  package var smooth: Int?
  package var isCumulative = false
  package var showsGrowth = false
  /// The N of retention at T+N.
  package var offset = 1
  /// The columns of a retention table; empty for all that are held.
  package var offsets: [Int] = []
  /// The day at whose end the archive is asked; `nil` for the archive as it is.
  package var asOf: Day?
  package var includesOpen = false
  /// Whether a ranking begins with the lowest value.
  package var lowestFirst = false
  /// The least number of events that a ratio must be divided by to get a rank.
  package var minVolume = leastVolume

  /// The usual ``minVolume``: fewer events say little.
  package static let leastVolume = 30

  /// - Parameter grain: `nil` for the unit of the range's length
  package init(
    _ command: String, _ metrics: [Metric], range: AskedRange, grain: Grain? = nil
  ) {
    self.command = command
    self.metrics = metrics
    self.range = range
    self.grain = grain ?? range.last?.unit ?? .day
  }

  /// Sets the offset. Throws an ``AlmanacError`` with the code `usage` for metrics that have none.
  package mutating func set(offset: Int?) throws {
    guard let offset else { return }
    guard metrics.contains(where: { $0.measure.basis == .cohorts }) else {
      throw refusal(
        "--offset is for retained_users and retention_rate alone", hint: "leave out --offset")
    }
    self.offset = offset
  }

  /// Sets the least volume. Throws an ``AlmanacError`` with the code `usage` for a metric that has
  /// no volume.
  package mutating func set(minVolume: Int?) throws {
    guard let minVolume else { return }
    guard metrics.allSatisfy(\.hasVolume) else {
      throw refusal(
        "--min-volume is for ratios: it bounds what they are divided by",
        hint: "leave out --min-volume")
    }
    self.minVolume = minVolume
  }

  /// Throws an ``AlmanacError`` with the code `usage` where flags contradict each other, or no
  /// archive could hold a true answer.
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
        "--compare week moves back seven days, and the grain is \(grain)",
        hint: "take --compare previous or year, or --grain day")
    }
    if isCumulative, smooth != nil || showsGrowth || comparison != nil {
      throw refusal(
        "--cumulative goes with none of --smooth, --growth and --compare",
        hint: "leave out --cumulative, or the others")
    }
    for metric in metrics { try metric.further == nil ? validate(metric) : validateFurther(metric) }
  }

  /// A further figure is shown bucket by bucket, as it was sent. Whether several values of it make
  /// one is unknown.
  private func validateFurther(_ metric: Metric) throws {
    let unknown = "\(metric.name) is a further figure, and only the server knows how those add up"
    if command != "trend" {
      throw refusal(
        "\(unknown); they are shown over time alone",
        hint: variation {
          ($0.command, $0.breakdown, $0.top) = ("trend", .app, nil)
          ($0.lowestFirst, $0.minVolume) = (false, Self.leastVolume)
        })
    }
    guard smooth == nil, !isCumulative, top == nil else {
      let flag = smooth != nil ? "--smooth" : isCumulative ? "--cumulative" : "--top"
      throw refusal(
        "\(unknown), which \(flag) would have to do",
        hint: variation { ($0.smooth, $0.isCumulative, $0.top) = (nil, false, nil) })
    }
  }

  private func validate(_ metric: Metric) throws {
    if !metric.grains.contains(grain) {
      throw refusal(
        "\(metric.name) has values by \(metric.grains.map(\.name).joined(separator: ", ")) only",
        hint: variation {
          $0.grain = metric.grains[0]
          $0.range = AskedRange(last: AskedRange.Length(12, .month))
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
        hint: variation { $0.smooth = nil })
    }
  }

  func refusal(_ cause: String, hint: String) -> AlmanacError {
    let what = metrics.isEmpty ? "the \(command)" : metrics.map(\.name).joined(separator: ", ")
    return AlmanacError(.usage, "answering \(what)", cause: cause, hint: hint)
  }
}
