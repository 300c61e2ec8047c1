/// Bars on the line of zero: of block elements in eighths of a cell, or of ASCII.
///
/// Where several buckets share a column, the part from their least to their greatest value looks
/// different from what is below it.
struct BarPlot {
  /// The least and the greatest value of a column.
  private typealias Extent = (least: Double, most: Double)

  private static let eighths: [Character] = Array(" ▁▂▃▄▅▆▇█")

  let timeline: ChartTimeline
  let scale: ChartScale
  let isASCII: Bool

  /// The row of a value from the bottom.
  static func row(_ value: Double, _ scale: ChartScale, isASCII: Bool) -> Int {
    if isASCII { return Int((scale.share(value) * Double(scale.rows - 1)).rounded()) }
    // A bar that ends at the top of a row is as high as that row; zero is under its own.
    let height = (scale.share(value) * Double(scale.rows) - 1e-6).rounded(.up)
    return value == 0 && scale.hasNegatives ? baseline(scale) : max(0, Int(height) - 1)
  }

  /// The row in which zero is drawn: that above it, unless this is the highest.
  private static func baseline(_ scale: ChartScale) -> Int {
    scale.zeroRow < scale.rows - 1 ? scale.zeroRow : scale.zeroRow - 1
  }

  /// The cells from the top; the buckets are those of the timeline.
  func rows(_ buckets: [ChartBucket]) -> [[Character]] {
    // From the bottom.
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
      let row = isASCII ? Self.row(0, scale, isASCII: true) : Self.baseline(scale)
      cells[row] = cells[row].map { $0 == " " ? (isASCII ? "-" : "─") : $0 }
    }
    for (number, bucket) in buckets.enumerated() where bucket.isOpen {
      guard let value = bucket.value else { continue }
      cells[Self.row(value, scale, isASCII: isASCII)][timeline.cell(number)] =
        ChartMark.open.glyph(isASCII ? .ascii : .blocks)
    }
    return cells.reversed()
  }

  /// From the bottom.
  private func column(ascii extent: Extent) -> [Character] {
    let zero = Self.row(0, scale, isASCII: true)
    let least = Self.row(extent.least, scale, isASCII: true)
    let most = Self.row(extent.most, scale, isASCII: true)
    return (0..<scale.rows).map { row in
      if (least...most).contains(row) { return "*" }
      let isBelow = row < least ? row >= zero : row <= zero
      return isBelow ? ":" : " "
    }
  }

  /// From the bottom. Unicode has no block that hangs from the top of its cell but the half.
  private func column(blocks extent: Extent) -> [Character] {
    let zero = Double(scale.zeroRow)
    let height = { (value: Double) in scale.share(value) * Double(scale.rows) - zero }
    // A known value is never nothing.
    let up =
      extent.most >= 0 ? max(1, Int((height(extent.most) * 8).rounded())) : 0
    let solidUp = max(0, Int((height(extent.least) * 8).rounded()))
    let down = extent.least < 0 ? max(1, Int((-height(extent.least) * 2).rounded())) : 0
    let solidDown = max(0, Int((-height(extent.most) * 2).rounded()))
    let range = ChartMark.range.glyph(.blocks)
    return (0..<scale.rows).map { row in
      if row >= scale.zeroRow {
        let below = (row - scale.zeroRow) * 8
        let part = min(max(up - below, 0), 8)
        return part > 0 && isRange(below, solidUp, up, of: 8) ? range : Self.eighths[part]
      }
      let above = (scale.zeroRow - 1 - row) * 2
      let part = min(max(down - above, 0), 2)
      return part > 0 && isRange(above, solidDown, down, of: 2)
        ? range : [" ", "▀", "█"][part]
    }
  }

  /// Whether a cell that begins at `edge` lies beyond the solid part, which ends in an earlier
  /// cell than the whole bar.
  private func isRange(_ edge: Int, _ solid: Int, _ whole: Int, of parts: Int) -> Bool {
    edge >= solid && (whole - 1) / parts > max(0, solid - 1) / parts
  }
}
