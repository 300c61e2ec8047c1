import AlmanacCore
import Foundation

/// What has to be known of an answer beside its figures.
package struct Notes: Sendable {
  /// Now, for the answer: the start of the newest finished run.
  package internal(set) var now: Date?
  package internal(set) var warnings: [String] = []
  /// Why there is no data behind the question, if there is none.
  package internal(set) var nothing: String?

  /// What is missing in figures, and what is a lower bound.
  mutating func take(_ figures: some Sequence<(coverage: Coverage, state: BucketState?)>) {
    var coverage = Coverage()
    var (count, partial) = (0, 0)
    for figure in figures {
      coverage = coverage + figure.coverage
      count += 1
      partial += figure.state == .partial ? 1 : 0
    }
    if coverage.held == 0, nothing == nil { nothing = "none of it is held" }
    let missing = coverage.expected - coverage.held
    if missing > 0 {
      warnings.append(
        "\(missing) of \(coverage.expected) buckets \(missing == 1 ? "is" : "are") not held: a gap is "
          + "not zero, and a sum is of what is held")
    }
    if partial > 0 {
      warnings.append(
        "\(partial) of \(count) values \(partial == 1 ? "is a lower bound" : "are lower bounds"): "
          + "the server had forgotten a part before it was first read")
    }
  }

  mutating func take(_ tallies: [Tally]) { take(tallies.lazy.map { ($0.coverage, $0.state) }) }

  /// Says so if an answer about the present is older than two days.
  mutating func takeAge(_ query: Query) {
    guard query.asOf == nil, let now, let age = query.clock?.timeIntervalSince(now),
      age > 2 * 86_400
    else { return }
    warnings.append(
      "the newest finished run is \(Int(age / 86_400)) days old; `almanac collect` makes a new one")
  }
}
