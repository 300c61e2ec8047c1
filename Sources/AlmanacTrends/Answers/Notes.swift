import AlmanacCore
import AlmanacStore
import Foundation

/// The things that have to be known of an answer beside its figures.
package struct Notes: Sendable {
  /// The start of the newest finished run, which is now for the answer.
  package internal(set) var now: Date?
  package internal(set) var warnings: [String] = []
  /// The reason why there is no data behind the question; `nil` where there is some.
  package internal(set) var noDataReason: String?

  /// The part that is held of the values of a metric.
  struct MetricCoverage {
    let metric: Metric
    private(set) var coverage = Coverage()
    /// The number of buckets that are held without a figure that the metric needs.
    private(set) var lacking = 0
    private(set) var values = 0
    /// The number of values of which the server had forgotten a part.
    private(set) var partial = 0

    init(_ metric: Metric, _ tallies: [Tally] = []) {
      self.metric = metric
      add(tallies)
    }

    mutating func add(_ tallies: some Sequence<Tally>) {
      for tally in tallies {
        coverage = coverage + tally.coverage
        lacking += tally.lacking
        values += 1
        partial += tally.state == .partial ? 1 : 0
      }
    }

    var missing: Int { max(0, coverage.expected - coverage.held - lacking) }
  }

  /// Says how many buckets are missing. The metrics are of the same buckets, so the one that lacks
  /// the most is named.
  mutating func noteCoverage(of metrics: [MetricCoverage]) {
    let areSeveral = Set(metrics.map(\.metric)).count > 1
    let named = { (worst: MetricCoverage) in areSeveral ? " of \(worst.metric.name)" : "" }
    if metrics.allSatisfy({ $0.coverage.held == 0 }), noDataReason == nil {
      noDataReason =
        metrics.contains { $0.lacking > 0 } ? "no value of it is known" : "none of it is held"
    }
    if let worst = metrics.max(by: { $0.missing < $1.missing }), worst.missing > 0 {
      warnings.append(
        "\(worst.missing) of \(worst.coverage.expected) buckets\(named(worst)) "
          + "\(worst.missing == 1 ? "is" : "are") not held: a gap is not zero, and a sum "
          + "covers only what is held")
    }
    if let worst = metrics.max(by: { $0.partial < $1.partial }), worst.partial > 0 {
      warnings.append(
        "\(worst.partial) of \(worst.values) values\(named(worst)) "
          + "\(worst.partial == 1 ? "is" : "are") of a part only: the server had forgotten the "
          + "rest before it was read, or the app was retired before its end")
    }
  }

  /// Says which offsets of retention are not held, and which are.
  mutating func noteOffsets(wanted: [Int], held: [Int], at grain: Grain) {
    let missing = wanted.filter { !held.contains($0) }
    guard !missing.isEmpty else { return }
    let named = { (offsets: [Int]) in offsets.map { "T+\($0)" }.joined(separator: ", ") }
    warnings.append(
      "by \(grain), \(named(missing)) \(missing.count == 1 ? "is" : "are") not held; "
        + (held.isEmpty ? "no retention is" : "held: \(named(held))"))
  }

  /// Warns of an answer about the present whose newest run is older than two days, or lies in the
  /// future.
  mutating func noteAge(of query: Query) {
    guard query.asOf == nil, let now, let age = query.askedAt?.timeIntervalSince(now) else {
      return
    }
    if age < -300 {
      warnings.append(
        "the newest finished run is dated \(now.iso8601), which has not come: its clock was ahead. "
          + "Days that have not come count as zeros until `almanac collect` runs again")
    }
    guard age > 2 * 86_400 else { return }
    warnings.append(
      "the newest finished run is \(Int(age / 86_400)) days old; `almanac collect` makes a new one")
  }

  /// Names the apps that can be known on some of the days and not on others.
  mutating func noteAvailability(of selection: Selection, in days: Range<Day>) {
    let members = Selection.members(of: selection.apps, through: []).filter {
      $0.availability(in: days) == .some || selection.apps.count == 1
    }
    let ended = members.filter { $0.app.end.map { $0 < days.upperBound } ?? false }
    if !ended.isEmpty {
      warnings.append(
        "retired, and in no figure after the last day that was read: "
          + Self.list(
            ended.map { "\($0.app.name) (\(($0.app.end ?? days.upperBound).advanced(by: -1)))" }))
    }
    let late = members.filter { $0.app.since.map { $0 > days.lowerBound } ?? false }
    if !late.isEmpty {
      warnings.append(
        "in no figure before the day from which it is wanted: "
          + Self.list(late.map { "\($0.app.name) (\($0.app.since ?? days.lowerBound))" }))
    }
  }

  /// The first five names, and the number of the others.
  static func list(_ names: [String]) -> String {
    names.prefix(5).joined(separator: ", ")
      + (names.count > 5 ? " and \(names.count - 5) more" : "")
  }
}
