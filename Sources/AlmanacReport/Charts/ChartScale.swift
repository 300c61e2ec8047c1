import AlmanacCore
import Foundation

/// The vertical axis: round bounds around all values and zero.
///
/// Zero lies between two rows if there are negative values, so that bars can stand on it and hang
/// from it. The axis may then have fewer rows than were wanted.
struct ChartScale: Equatable {
  let low: Double
  let high: Double
  /// The number of rows, at least 3.
  let rows: Int
  /// The number of rows below zero.
  let zeroRow: Int

  /// Makes the axis of drawable values.
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
      // The middle has a label too, and nobody counts half a user.
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

  /// The height of a value, from 0 at the bottom to 1 at the top.
  func fraction(of value: Double) -> Double { min(max((value - low) / (high - low), 0), 1) }

  /// The values that the axis names, with their rows from the bottom.
  func labels(for metric: Metric, rowOf row: (Double) -> Int) -> [Int: String] {
    var labels: [Int: String] = [:]
    for value in [high, low, hasNegatives ? 0 : high / 2] {
      let row = min(max(row(value), 0), rows - 1)
      if labels[row] == nil { labels[row] = Self.text(of: value, isShare: metric.isShare) }
    }
    return labels
  }

  /// The text of a value at the axis, as short as it can be without rounding.
  static func text(of value: Double, isShare: Bool) -> String {
    if isShare { return digits(of: value * 100) + "%" }
    for (limit, suffix) in [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")]
    where value.magnitude >= limit * (1 - 1e-9) && value.magnitude < 1e15 {
      return digits(of: value / limit) + suffix
    }
    return digits(of: value)
  }

  private static func digits(of value: Double) -> String {
    guard value != 0 else { return "0" }
    guard value.magnitude >= 0.000_999, value.magnitude < 1e6 else {
      return shortest((0..<2).map { String(format: "%.\($0)e", value) }, for: value)
        ?? String(format: "%.2e", value)
    }
    return shortest((0..<5).map { String(format: "%.\($0)f", value) }, for: value)
      ?? String(format: "%.5f", value)
  }

  private static func shortest(_ texts: [String], for value: Double) -> String? {
    texts.first { text in
      Double(text).map { ($0 - value).magnitude <= value.magnitude * 1e-6 } ?? false
    }
  }

  /// The smallest accepted step that is not below `least`: 1, 2 or 5 times a power of ten.
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
