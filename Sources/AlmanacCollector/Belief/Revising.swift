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

  /// The revision that keeps both values of a figure; `nil` if the change is no revision. It is one
  /// if the figure has been known since the bucket was stored complete, or was still unknown when
  /// an earlier run stored it so.
  func revision(of figure: String, from old: Double?, to new: Double?) -> Revision? {
    guard let completeRun, old != nil || completeRun < run else { return nil }
    return correction(of: figure, from: old, to: new)
  }

  /// The revision of a figure that is complete at a time of its own, such as retention. It does not
  /// ask whether the bucket was complete.
  func correction(of figure: String, from old: Double?, to new: Double?) -> Revision {
    Revision(
      source: source, bucket: bucket, figure: figure, old: old, new: new,
      reason: isRecut ? .recut : (new ?? 0) < (old ?? 0) ? .fell : .grew)
  }
}
