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
