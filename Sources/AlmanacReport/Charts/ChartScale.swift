import AlmanacCore
import Foundation

/// The vertical axis: round bounds around all values and zero.
///
/// Where there are negative values a row boundary is at zero, so that bars can stand on it and
/// hang from it; the axis then has fewer rows than it might.
struct ChartScale: Equatable {
  let low: Double
  let high: Double
  /// At least 3.
  let rows: Int
  /// Rows below zero.
  let zeroRow: Int

  /// The values are drawable.
  init(_ values: [Double], rows wanted: Int, isCount: Bool) {
    let least = values.reduce(0, min)
    let most = values.reduce(0, max)
    let wanted = max(3, wanted)
    let span = most - least
    guard span > 1e-300 else {
      (low, high, rows, zeroRow) = (0, isCount ? 2 : 1, wanted, 0)
      return
    }
    if least == 0 {
      let step = Self.step(from: max(most / 10, isCount ? 1 : 0)) { _ in true }
      let steps = (most / step - 1e-9).rounded(.up)
      // The middle is named too; half a user would not do.
      let isMiddleWhole = (step * steps).truncatingRemainder(dividingBy: 2) == 0
      low = 0
      high = step * (isCount && !isMiddleWhole ? steps + 1 : steps)
      rows = wanted
      zeroRow = 0
    } else {
      let steps = { (step: Double) -> (below: Int, above: Int) in
        let count = { (distance: Double) in max(1, Int((distance / step - 1e-9).rounded(.up))) }
        return (count(-least), count(most))
      }
      let step = Self.step(from: max(span / Double(wanted), isCount ? 1 : 0)) {
        steps($0).below + steps($0).above <= wanted
      }
      let (below, above) = steps(step)
      // A chart of two rows has no room for three labels.
      let each = max(wanted / (below + above), below + above < 3 ? 2 : 1)
      low = -step * Double(below)
      high = step * Double(above)
      rows = each * (below + above)
      zeroRow = each * below
    }
  }

  var hasNegatives: Bool { low < 0 }

  /// 0 at the bottom, 1 at the top.
  func share(_ value: Double) -> Double { min(max((value - low) / (high - low), 0), 1) }

  /// The values that the axis names, with their rows from the bottom.
  func labels(_ metric: Metric, rowOf row: (Double) -> Int) -> [Int: String] {
    var labels: [Int: String] = [:]
    for value in [high, low, hasNegatives ? 0 : high / 2] {
      let row = min(max(row(value), 0), rows - 1)
      if labels[row] == nil { labels[row] = Self.text(value, isShare: metric.isShare) }
    }
    return labels
  }

  /// A value of an axis: as short as it can be without rounding.
  static func text(_ value: Double, isShare: Bool) -> String {
    if isShare { return digits(value * 100) + "%" }
    for (limit, suffix) in [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")]
    where value.magnitude >= limit * (1 - 1e-9) && value.magnitude < 1e15 {
      return digits(value / limit) + suffix
    }
    return digits(value)
  }

  private static func digits(_ value: Double) -> String {
    guard value != 0 else { return "0" }
    guard value.magnitude >= 0.000_999, value.magnitude < 1e6 else {
      return shortest((0..<2).map { String(format: "%.\($0)e", value) }, value)
        ?? String(format: "%.2e", value)
    }
    return shortest((0..<5).map { String(format: "%.\($0)f", value) }, value)
      ?? String(format: "%.5f", value)
  }

  private static func shortest(_ texts: [String], _ value: Double) -> String? {
    texts.first { text in
      Double(text).map { ($0 - value).magnitude <= value.magnitude * 1e-6 } ?? false
    }
  }

  /// The least 1, 2 or 5 times a power of ten that is not below `least` and is accepted.
  private static func step(from least: Double, accepted: (Double) -> Bool) -> Double {
    var power = pow(10, log10(least).rounded(.down))
    while true {
      for factor in [1.0, 2, 5] {
        let step = factor * power
        if step >= least * (1 - 1e-9), accepted(step) { return step }
      }
      power *= 10
    }
  }
}
