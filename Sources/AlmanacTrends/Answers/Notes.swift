import AlmanacCore
import AlmanacStore
import Foundation

/// What has to be known of an answer beside its figures.
package struct Notes: Sendable {
  /// Now, for the answer: the start of the newest finished run.
  package internal(set) var now: Date?
  package internal(set) var warnings: [String] = []
  /// Why there is no data behind the question, if there is none.
  package internal(set) var nothing: String?

  /// How much there is of the values of a metric.
  struct Holding {
    let metric: Metric
    private(set) var coverage = Coverage()
    private(set) var values = 0
    /// Those of which the server had forgotten something.
    private(set) var partial = 0

    init(_ metric: Metric, _ tallies: [Tally] = []) {
      self.metric = metric
      add(tallies)
    }

    mutating func add(_ tallies: some Sequence<Tally>) {
      for tally in tallies {
        coverage = coverage + tally.coverage
        values += 1
        partial += tally.state == .partial ? 1 : 0
      }
    }

    var missing: Int { coverage.expected - coverage.held }
  }

  /// Says what is missing. All are of the same buckets: it counts those of the one that lacks most.
  mutating func take(_ metrics: [Holding]) {
    let areSeveral = Set(metrics.map(\.metric)).count > 1
    let named = { (worst: Holding) in areSeveral ? " of \(worst.metric.name)" : "" }
    if metrics.allSatisfy({ $0.coverage.held == 0 }), nothing == nil {
      nothing = "none of it is held"
    }
    if let worst = metrics.max(by: { $0.missing < $1.missing }), worst.missing > 0 {
      warnings.append(
        "\(worst.missing) of \(worst.coverage.expected) buckets\(named(worst)) "
          + "\(worst.missing == 1 ? "is" : "are") not held: a gap is not zero, and a sum is of "
          + "what is held")
    }
    if let worst = metrics.max(by: { $0.partial < $1.partial }), worst.partial > 0 {
      warnings.append(
        "\(worst.partial) of \(worst.values) values\(named(worst)) "
          + "\(worst.partial == 1 ? "is" : "are") of a part: the server had forgotten the rest "
          + "before it was first read")
    }
  }

  /// Says which offsets of retention are not held, and which are.
  mutating func takeOffsets(_ wanted: [Int], _ held: [Int], _ grain: Grain) {
    let missing = wanted.filter { !held.contains($0) }
    guard !missing.isEmpty else { return }
    let named = { (offsets: [Int]) in offsets.map { "T+\($0)" }.joined(separator: ", ") }
    warnings.append(
      "by \(grain), \(named(missing)) \(missing.count == 1 ? "is" : "are") not held; "
        + (held.isEmpty ? "no retention is" : "held: \(named(held))"))
  }

  /// Says so if an answer about the present is older than two days, or of a time that has not come.
  mutating func takeAge(_ query: Query) {
    guard query.asOf == nil, let now, let age = query.clock?.timeIntervalSince(now) else { return }
    if age < -300 {
      warnings.append(
        "the newest finished run shows \(now.iso8601), which has not come: its clock was ahead, and "
          + "days that have not come are zeros in it until `almanac collect` runs again")
    }
    guard age > 2 * 86_400 else { return }
    warnings.append(
      "the newest finished run is \(Int(age / 86_400)) days old; `almanac collect` makes a new one")
  }

  /// Names the apps of which a part of some days cannot be known.
  mutating func takeReach(_ selection: Selection, _ days: Range<Day>) {
    let members = Selection.members(selection.apps, []).filter {
      $0.reach(days) == .some || selection.apps.count == 1
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

  /// The first few.
  static func list(_ names: [String]) -> String {
    names.prefix(5).joined(separator: ", ")
      + (names.count > 5 ? " and \(names.count - 5) more" : "")
  }
}
