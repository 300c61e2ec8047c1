import AlmanacCore
import AlmanacStore

/// The figures of one bucket after an answer is merged with those that are held.
struct FigureMerge {
  /// The row to write; `nil` if nothing differs.
  let row: FactRows.Row?
  let revisions: [Revision]
  let difference: Difference

  /// An unknown figure leaves the held one as it is; so does a smaller figure if the rule only
  /// raises. Retention is left out here; see ``Cohorts``.
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
    row = FactRows.Row(
      day: revising.bucket.start, figures: new, changed: new.series(differingFrom: old))
    revisions =
      revising.completeRun == nil
      ? []
      : Figure.allCases.compactMap { figure in
        new[figure] == old[figure]
          ? nil : revising.revision(of: figure.name, from: old[figure], to: new[figure])
      }
    difference = revisions.contains { $0.old != nil } ? .revised : .new
  }

  /// The held figures that the answer need not bring. The users of a source come with the answer
  /// for all sources, which is read before the answer for the source.
  private static func staying(of held: Figures, _ source: Source) -> Figures {
    var staying = Figures()
    if source != .all { staying[.userCount] = held[.userCount] }
    return staying
  }
}

extension BucketRule {
  /// Whether a held figure that the answer lacks counts no more.
  fileprivate var isStale: Bool { wasOpen && overwrite == .replace }
}

/// The comparison of a bucket's figures with those that were held.
enum Difference {
  case none, new, revised

  /// Keeps the one of two that says more.
  static func += (left: inout Difference, right: Difference) {
    if left == .none || right == .revised { left = right }
  }
}
