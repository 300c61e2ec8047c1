import AlmanacCore

extension Metric {
  /// A finite value as people are shown it, without its unit.
  package func text(_ value: Double) -> String {
    if isShare { return value.percent }
    return value.grouped(decimals: value == value.rounded() ? 0 : value.shownDecimals)
  }
}
