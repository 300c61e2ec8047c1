import AlmanacCore
import AlmanacStore

/// Figures of one bucket that have no column, under their own names.
struct FurtherFigures {
  private(set) var rows: [FurtherRows.Row] = []
  private(set) var revisions: [Revision] = []
  private(set) var difference = Difference.none

  /// A held figure of a series that leaves the bucket out is 0 now: nothing was counted in it.
  ///
  /// - Parameter told: the series in which the answer has the bucket
  init(
    _ answered: [FurtherFigure], in told: SeriesSet, over held: [FurtherFigure],
    by rule: BucketRule, _ revising: Revising
  ) {
    let gone =
      rule.overwrite != .replace
      ? []
      : held.filter { !told.contains(SeriesSet($0.series)) }.map {
        FurtherFigure(series: $0.series, name: $0.name, value: 0)
      }
    for figure in answered + gone {
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
