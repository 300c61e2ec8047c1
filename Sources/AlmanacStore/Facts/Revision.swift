import AlmanacCore

/// A figure of a complete bucket that changed, or an unknown one that became known later.
package struct Revision: Sendable, Equatable {
  package enum Reason: String, Sendable {
    case grew, fell, recut
  }

  package let source: Source
  package let bucket: Bucket
  /// The name that people and views use, or the server's own.
  package let figure: String
  package let old: Double?
  package let new: Double?
  package let reason: Reason

  package init(
    source: Source, bucket: Bucket, figure: String, old: Double?, new: Double?, reason: Reason
  ) {
    self.source = source
    self.bucket = bucket
    self.figure = figure
    self.old = old
    self.new = new
    self.reason = reason
  }
}

/// The revisions that some runs have written of the buckets of one grain.
package struct WithdrawnRevisions: Sendable, Equatable {
  package let grain: Grain
  package let runs: Set<Int>
  /// The first day of the oldest bucket that is meant; `nil` for all buckets.
  package let first: Day?

  package init(grain: Grain, runs: Set<Int>, from first: Day?) {
    self.grain = grain
    self.runs = runs
    self.first = first
  }
}
