import AlmanacCore

/// One bucket of one series as a chart draws it.
struct ChartBucket: Equatable {
  /// The value in a size that can be drawn; `nil` if nothing is drawn.
  var value: Double?
  /// Whether it is drawn apart, since it will grow.
  var isOpen = false
  /// The mark on the axis below it.
  var mark: ChartMark?

  /// A bucket of which nothing was expected.
  static let blank = ChartBucket()

  private init() {}

  init(_ point: Series.Point) {
    let isExpected = point.coverage.expected > 0
    guard let value = point.value?.drawable else {
      mark = isExpected ? .gap : nil
      return
    }
    self.value = value
    isOpen = point.state == .open
    if point.state == .partial {
      mark = .partial
    } else if !isOpen, point.coverage.held < point.coverage.expected {
      mark = .missing
    }
  }

  /// The value if it belongs to the line; `nil` for an open bucket.
  var closedValue: Double? { isOpen ? nil : value }
}
