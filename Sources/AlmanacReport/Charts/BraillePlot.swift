/// A line of braille dots, two by four in a cell.
struct BraillePlot {
  private let timeline: ChartTimeline
  private let scale: ChartScale
  /// The dots of each cell as the low byte of its braille pattern, from the top.
  private var patterns: [[UInt8]]

  init(_ timeline: ChartTimeline, in scale: ChartScale) {
    self.timeline = timeline
    self.scale = scale
    patterns = Array(repeating: Array(repeating: 0, count: timeline.cells), count: scale.rows)
  }

  /// The row of a value from the bottom.
  static func row(of value: Double, in scale: ChartScale) -> Int {
    height(of: value, in: scale) / 4
  }

  /// The height of a value in dots above the lowest.
  private static func height(of value: Double, in scale: ChartScale) -> Int {
    Int((scale.fraction(of: value) * Double(scale.rows * 4 - 1)).rounded())
  }

  /// The cells from the top; the buckets are those of the timeline.
  func rows(_ buckets: [ChartBucket]) -> [[Character]] {
    var plot = self
    var alone: [(cell: Int, row: Int)] = []
    for (number, bucket) in buckets.enumerated() {
      guard let value = bucket.closedValue else { continue }
      let here = (x: timeline.dot(number), y: Self.height(of: value, in: scale))
      let next = number + 1 < buckets.count ? buckets[number + 1].closedValue : nil
      let there = next.map { (x: timeline.dot(number + 1), y: Self.height(of: $0, in: scale)) }
      plot.draw(from: here, to: there ?? here)
      if next == nil, number == 0 || buckets[number - 1].closedValue == nil {
        alone.append((here.x / 2, scale.rows - 1 - here.y / 4))
      }
    }
    var cells = plot.patterns.map { row in
      row.map { $0 == 0 ? " " : Character(Unicode.Scalar(0x2800 + UInt32($0)) ?? " ") }
    }
    // A single dot would be overlooked.
    for (cell, row) in alone where plot.patterns[row][cell].nonzeroBitCount == 1 {
      cells[row][cell] = "•"
    }
    if scale.hasNegatives {
      let row = scale.rows - 1 - Self.row(of: 0, in: scale)
      cells[row] = cells[row].map { $0 == " " ? "┈" : $0 }
    }
    for (number, bucket) in buckets.enumerated() where bucket.isOpen {
      guard let value = bucket.value else { continue }
      cells[scale.rows - 1 - Self.row(of: value, in: scale)][timeline.cell(number)] =
        ChartMark.open.glyph(in: .braille)
    }
    return cells
  }

  /// Draws Bresenham's line, ends included.
  private mutating func draw(from start: (x: Int, y: Int), to end: (x: Int, y: Int)) {
    let width = abs(end.x - start.x)
    let height = abs(end.y - start.y)
    let (right, up) = (end.x > start.x ? 1 : -1, end.y > start.y ? 1 : -1)
    var (x, y) = start
    var error = width - height
    while true {
      set(x, y)
      if x == end.x, y == end.y { return }
      let doubled = 2 * error
      if doubled > -height {
        error -= height
        x += right
      }
      if doubled < width {
        error += width
        y += up
      }
    }
  }

  private mutating func set(_ x: Int, _ y: Int) {
    let bits: [[UInt8]] = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]]
    patterns[scale.rows - 1 - y / 4][x / 2] |= bits[x % 2][y % 4]
  }
}
