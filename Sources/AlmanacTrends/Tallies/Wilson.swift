/// The score interval of a share that was seen in some events.
///
/// Source: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference",
/// 1927.
enum Wilson {
  /// The 97.5th percentile of the normal distribution: 95 percent confidence.
  private static let z = 1.959_963_984_540_054

  /// The interval between 0 and 1; `nil` where the counts are not possible, as after votes were
  /// taken back.
  static func interval(_ hits: Double, of events: Double) -> ClosedRange<Double>? {
    guard events > 0, (0...events).contains(hits) else { return nil }
    let share = hits / events
    let spread = z * z / events
    let middle = share + spread / 2
    let half = z * (share * (1 - share) / events + spread / (4 * events)).squareRoot()
    return max(0, (middle - half) / (1 + spread))...min(1, (middle + half) / (1 + spread))
  }
}
