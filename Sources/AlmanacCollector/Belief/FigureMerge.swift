import AlmanacCore
import AlmanacStore

/// The figures of one bucket, once an answer has come upon those that are held.
struct FigureMerge {
  /// The row to write; `nil` where nothing differs.
  let row: FactRows.Row?
  let revisions: [Revision]
  let difference: Difference

  /// Figures that are unknown leave those that are held, and so do smaller ones where they may only
  /// raise. Retention apart; see ``Cohorts``.
  init(
    _ answered: Figures, over held: Figures?, by rule: BucketRule, _ revising: Revising
  ) {
    guard held != nil || rule.overwrite != .raise || !answered.isEmpty else {
      (row, revisions, difference) = (nil, [], .none)
      return
    }
    var new = answered
    if let held {
      new = answered.filled(from: rule.isStale ? Self.staying(of: held, revising.source) : held)
      if rule.overwrite == .raise { new = new.raised(to: held) }
    }
    new[.retentionUserCount] = nil
    guard new != held else {
      (row, revisions, difference) = (nil, [], .none)
      return
    }
    let old = held ?? Figures()
    let differing = Figure.allCases.filter { new[$0] != old[$0] }
    row = FactRows.Row(
      day: revising.bucket.start, figures: new,
      changed: differing.reduce(into: []) { $0.insert(SeriesSet($1.series)) })
    revisions = differing.compactMap {
      revising.revision(of: $0.name, from: old[$0], to: new[$0])
    }
    difference = revisions.contains { $0.old != nil } ? .revised : .new
  }

  /// Users by source come with the answer about all of them, and before that about the source.
  private static func staying(of held: Figures, _ source: Source) -> Figures {
    var staying = Figures()
    if source != .all { staying[.userCount] = held[.userCount] }
    return staying
  }
}

extension BucketRule {
  /// Whether a held figure that the answer lacks is worth nothing.
  fileprivate var isStale: Bool { wasOpen && overwrite == .replace }
}
