import AlmanacCore

extension Metric {
  /// The name, with the unit unless the name is the unit: `points_per_chat (points)`, but
  /// `messages`.
  var nameWithUnit: String {
    unit == name ? name : "\(name) (\(unit ?? "unit unknown"))"
  }

  /// The text of a finite value for people, without its unit.
  package func text(of value: Double) -> String {
    if isShare { return value.percent }
    return value.grouped(decimals: value == value.rounded() ? 0 : value.shownDecimals)
  }
}
