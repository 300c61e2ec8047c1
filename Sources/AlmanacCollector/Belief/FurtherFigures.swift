import AlmanacCore
import AlmanacStore

/// Figures of one bucket that have no column, under their own names.
struct FurtherFigures {
  private(set) var rows: [FurtherRows.Row] = []
  private(set) var revisions: [Revision] = []
  private(set) var difference = Difference.none

  init(
    _ answered: [FurtherFigure], over held: [FurtherFigure], by rule: BucketRule,
    _ revising: Revising
  ) {
    for figure in answered {
      let old = held.first { $0.series == figure.series && $0.name == figure.name }?.value
      guard old != figure.value,
        rule.overwrite != .raise || old.map({ $0 < figure.value }) ?? true
      else { continue }
      rows.append(FurtherRows.Row(bucket: revising.bucket, figure: figure))
      let revision = revising.revision(of: figure.name.text, from: old, to: figure.value)
      if let revision { revisions.append(revision) }
      difference += revision?.old == nil ? .new : .revised
    }
  }
}
