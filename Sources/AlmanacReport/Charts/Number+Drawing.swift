extension Double {
  /// The number as a drawing can have it, whatever others stand beside it; `nil` for what is not
  /// finite.
  ///
  /// Within 1e300 the span of any two is finite, and above 1e-300 it divides a width without
  /// becoming infinite. Nobody sees the difference in a drawing.
  var drawable: Double? {
    guard isFinite else { return nil }
    return magnitude < 1e-300 ? 0 : min(max(self, -1e300), 1e300)
  }
}
