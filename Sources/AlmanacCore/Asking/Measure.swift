/// The two sums that the values of a metric are made of: a sum of figures, and its divisor.
package struct Measure: Sendable, Hashable {
  /// The rows that are read for one bucket.
  package enum Basis: Sendable, Hashable {
    /// The row of the bucket itself.
    case bucket
    /// The rows of the bucket's days.
    case days
    /// The row of the bucket's cohort, at one offset.
    case cohorts
    /// The further figure of the bucket itself, which is read as it is.
    case further(FurtherFigure.Key)
  }

  /// The divisor of the sum.
  package enum Divisor: Sendable, Hashable {
    case none
    case figures([Figure])
    /// The number of days that are held.
    case days
    /// The users of the cohort.
    case cohort
    /// The number of all days of the bucket, times the bucket's users.
    case daysAndUsers
  }

  package let basis: Basis
  package let figures: [Figure]
  /// The figures that are subtracted from the sum.
  package let subtracted: [Figure]
  package let divisor: Divisor
  /// The number that the sum is multiplied by, such as 1000 for points of a thousand tokens.
  package let factor: Int

  package init(
    _ figures: [Figure], minus subtracted: [Figure] = [], by divisor: Divisor = .none,
    of basis: Basis = .bucket, times factor: Int = 1
  ) {
    self.basis = basis
    self.figures = figures
    self.subtracted = subtracted
    self.divisor = divisor
    self.factor = factor
  }

  /// Every figure with a column that is needed of a row.
  package var neededFigures: [Figure] {
    guard case .figures(let divisors) = divisor else { return figures + subtracted }
    return figures + subtracted + divisors
  }

  /// Whether the value of a bucket may be negative.
  package var mayBeNegative: Bool {
    !subtracted.isEmpty || figures.contains(where: \.mayBeNegative)
  }

  /// The part of one row in both sums; `nil` where a needed figure is unknown.
  package func parts(of row: Figures) -> (numerator: Double, denominator: Double)? {
    var numerator = 0.0
    for figure in figures {
      guard let value = row[figure] else { return nil }
      numerator += value
    }
    for figure in subtracted {
      guard let value = row[figure] else { return nil }
      numerator -= value
    }
    numerator *= Double(factor)
    guard case .figures(let divisors) = divisor else { return (numerator, 1) }
    var denominator = 0.0
    for figure in divisors {
      guard let value = row[figure] else { return nil }
      denominator += value
    }
    return (numerator, denominator)
  }
}
