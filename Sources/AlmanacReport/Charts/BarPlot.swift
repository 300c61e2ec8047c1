/// Bars on the line of zero: of block elements in eighths of a cell, or of ASCII.
///
/// A column that several buckets share looks different from their least to their greatest value
/// than below.
struct BarPlot {
  /// The least and the greatest value of a column.
  private typealias Extent = (least: Double, most: Double)

  private static let eighths: [Character] = Array(" ▁▂▃▄▅▆▇█")

  let timeline: ChartTimeline
  let scale: ChartScale
  let isASCII: Bool

  /// The row of a value from the bottom.
  static func row(of value: Double, in scale: ChartScale, isASCII: Bool) -> Int {
    if isASCII { return Int((scale.fraction(of: value) * Double(scale.rows - 1)).rounded()) }
    // A bar that ends at the top of a row belongs to that row. Zero belongs to the one above it.
    let height = (scale.fraction(of: value) * Double(scale.rows) - 1e-6).rounded(.up)
    return value == 0 && scale.hasNegatives ? baseline(of: scale) : max(0, Int(height) - 1)
  }

  /// The row in which zero is drawn: the one above zero, or the one below if none is above.
  private static func baseline(of scale: ChartScale) -> Int {
    scale.zeroRow < scale.rows - 1 ? scale.zeroRow : scale.zeroRow - 1
  }

  /// The cells from the top; the buckets are those of the timeline.
  func rows(_ buckets: [ChartBucket]) -> [[Character]] {
    // These rows run from the bottom.
    var cells: [[Character]] = Array(
      repeating: Array(repeating: " ", count: timeline.cells), count: scale.rows)
    var extents: [Int: Extent] = [:]
    for (number, bucket) in buckets.enumerated() {
      guard let value = bucket.closedValue else { continue }
      let extent = extents[timeline.bar(number)] ?? (value, value)
      extents[timeline.bar(number)] = (min(extent.least, value), max(extent.most, value))
    }
    for (start, extent) in extents {
      let column = isASCII ? column(ascii: extent) : column(blocks: extent)
      for (row, character) in column.enumerated() {
        for cell in start..<min(start + timeline.barWidth, timeline.cells) {
          cells[row][cell] = character
        }
      }
    }
    if scale.hasNegatives {
      let row = isASCII ? Self.row(of: 0, in: scale, isASCII: true) : Self.baseline(of: scale)
      cells[row] = cells[row].map { $0 == " " ? (isASCII ? "-" : "─") : $0 }
    }
    for (number, bucket) in buckets.enumerated() where bucket.isOpen {
      guard let value = bucket.value else { continue }
      cells[Self.row(of: value, in: scale, isASCII: isASCII)][timeline.cell(number)] =
        ChartMark.open.glyph(in: isASCII ? .ascii : .blocks)
    }
    return cells.reversed()
  }

  /// The characters of a column in ASCII, from the bottom.
  private func column(ascii extent: Extent) -> [Character] {
    let zero = Self.row(of: 0, in: scale, isASCII: true)
    let least = Self.row(of: extent.least, in: scale, isASCII: true)
    let most = Self.row(of: extent.most, in: scale, isASCII: true)
    return (0..<scale.rows).map { row in
      if (least...most).contains(row) { return "*" }
      let isBelow = row < least ? row >= zero : row <= zero
      return isBelow ? ":" : " "
    }
  }

  /// The characters of a column in blocks, from the bottom. Below zero bars go by halves of a cell:
  /// Unicode has no other block that hangs from the top.
  private func column(blocks extent: Extent) -> [Character] {
    let zero = Double(scale.zeroRow)
    let height = { (value: Double) in scale.fraction(of: value) * Double(scale.rows) - zero }
    // A known value is drawn, however small it is.
    let up =
      extent.most >= 0 ? max(1, Int((height(extent.most) * 8).rounded())) : 0
    let solidUp = max(0, Int((height(extent.least) * 8).rounded()))
    let down = extent.least < 0 ? max(1, Int((-height(extent.least) * 2).rounded())) : 0
    let solidDown = max(0, Int((-height(extent.most) * 2).rounded()))
    let range = ChartMark.range.glyph(in: .blocks)
    return (0..<scale.rows).map { row in
      if row >= scale.zeroRow {
        let below = (row - scale.zeroRow) * 8
        let part = min(max(up - below, 0), 8)
        return part > 0 && isRange(from: below, beyond: solidUp, to: up, of: 8)
          ? range : Self.eighths[part]
      }
      let above = (scale.zeroRow - 1 - row) * 2
      let part = min(max(down - above, 0), 2)
      return part > 0 && isRange(from: above, beyond: solidDown, to: down, of: 2)
        ? range : [" ", "▀", "█"][part]
    }
  }

  /// Whether a cell belongs to the range between the least and the greatest value.
  ///
  /// It begins at `edge`, beyond the solid part of the bar, and the bar ends in a later cell than
  /// its solid part.
  ///
  /// - Parameter parts: the parts of a cell that the others are counted in
  private func isRange(from edge: Int, beyond solid: Int, to whole: Int, of parts: Int) -> Bool {
    edge >= solid && (whole - 1) / parts > max(0, solid - 1) / parts
  }
}
