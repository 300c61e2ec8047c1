import AlmanacCore

extension Metric {
  /// Its unit, where the name does not say it: `points_per_chat (points)`, but `messages`.
  var inUnit: String { unit == name ? name : "\(name) (\(unit))" }

  /// A finite value as people are shown it, without its unit.
  package func text(_ value: Double) -> String {
    if isShare { return value.percent }
    return value.grouped(decimals: value == value.rounded() ? 0 : value.shownDecimals)
  }
}
