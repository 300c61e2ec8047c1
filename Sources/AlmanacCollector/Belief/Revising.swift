import AlmanacCore
import AlmanacStore

/// Tells which changes of a bucket's figures are revisions, and why they happened.
struct Revising {
  let source: Source
  let bucket: Bucket
  /// The run that first stored the bucket after its end; `nil` while it was open.
  let completeRun: Int?
  /// The run that changes it now.
  let run: Int
  /// Whether figures change because they are cut in another zone.
  let isRecut: Bool

  /// The revision that keeps both values of a figure. A change is one if the figure was known
  /// since the bucket was stored complete, or was unknown when an earlier run did so.
  func revision(of figure: String, from old: Double?, to new: Double?) -> Revision? {
    guard let completeRun, old != nil || completeRun < run else { return nil }
    return correction(of: figure, from: old, to: new)
  }

  /// The revision of a figure that has an end of its own, such as retention, whether the bucket was
  /// complete or not.
  func correction(of figure: String, from old: Double?, to new: Double?) -> Revision {
    Revision(
      source: source, bucket: bucket, figure: figure, old: old, new: new,
      reason: isRecut ? .recut : (new ?? 0) < (old ?? 0) ? .fell : .grew)
  }
}
