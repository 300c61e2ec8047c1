extension Double {
  /// The number in a size that can be drawn beside any other; `nil` if it is not finite.
  ///
  /// Within 1e300 the span of any two is finite, and above 1e-300 it divides a width without
  /// becoming infinite. Nobody sees the difference in a drawing.
  var drawable: Double? {
    guard isFinite else { return nil }
    return magnitude < 1e-300 ? 0 : min(max(self, -1e300), 1e300)
  }
}
