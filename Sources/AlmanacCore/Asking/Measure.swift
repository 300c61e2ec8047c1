/// What the values of a metric are made of: a sum of figures, or that sum over another.
package struct Measure: Sendable, Hashable {
  /// Which rows are read for one bucket.
  package enum Basis: Sendable, Hashable {
    /// The bucket's own.
    case bucket
    /// Those of its days.
    case days
    /// That of its cohort, at one offset.
    case cohorts
  }

  /// What the sum is divided by.
  package enum Divisor: Sendable, Hashable {
    case none
    case figures([Figure])
    /// How many days are held.
    case days
    /// The users of the cohort.
    case cohort
    /// All days of the bucket, and the bucket's users.
    case daysAndUsers
  }

  package let basis: Basis
  package let figures: [Figure]
  /// Taken off the sum.
  package let minus: [Figure]
  package let divisor: Divisor

  package init(
    _ figures: [Figure], minus: [Figure] = [], by divisor: Divisor = .none,
    of basis: Basis = .bucket
  ) {
    self.basis = basis
    self.figures = figures
    self.minus = minus
    self.divisor = divisor
  }

  /// Every figure that is read of a row.
  package var reads: [Figure] {
    guard case .figures(let bottom) = divisor else { return figures + minus }
    return figures + minus + bottom
  }

  /// Whether a bucket may fall below zero.
  package var mayBeNegative: Bool { !minus.isEmpty || figures.contains(where: \.mayBeNegative) }

  /// The share of one row in both sums; `nil` where a figure that it needs is unknown.
  package func parts(of row: Figures) -> (top: Double, bottom: Double)? {
    var top = 0.0
    for figure in figures {
      guard let value = row[figure] else { return nil }
      top += value
    }
    for figure in minus {
      guard let value = row[figure] else { return nil }
      top -= value
    }
    guard case .figures(let others) = divisor else { return (top, 1) }
    var bottom = 0.0
    for figure in others {
      guard let value = row[figure] else { return nil }
      bottom += value
    }
    return (top, bottom)
  }
}
