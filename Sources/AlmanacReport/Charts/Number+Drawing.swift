extension Double {
  /// The number in a size that can be drawn beside any other; `nil` if it is not finite.
  ///
  /// Two numbers within 1e300 have a finite span, and a span above 1e-300 divides a width without
  /// becoming infinite. Nobody sees the difference in a drawing.
  var drawable: Double? {
    guard isFinite else { return nil }
    return magnitude < 1e-300 ? 0 : min(max(self, -1e300), 1e300)
  }
}
