import AlmanacCore

/// One series of a chart: its heading, its drawing between the axes, its marks and dates.
struct ChartPanel {
  let series: Series
  let timeline: ChartTimeline
  let scale: ChartScale
  let terminal: Terminal
  /// The number of columns left of the vertical axis.
  let gutter: Int
  /// The cells below which a note is marked.
  let noted: Set<Int>
  /// The ANSI number of the colour of text, 31 to 36; `nil` for none.
  let color: Int?

  private var glyphs: Glyphs { terminal.glyphs }

  /// The numbers at the vertical axis by row from the bottom.
  static func labels(
    of scale: ChartScale, for metric: Metric, in glyphs: Glyphs
  ) -> [Int: String] {
    scale.labels(for: metric) { value in
      glyphs == .braille
        ? BraillePlot.row(of: value, in: scale)
        : BarPlot.row(of: value, in: scale, isASCII: glyphs == .ascii)
    }
  }

  /// Lines without newlines, and the marks in them.
  func render() -> (lines: [String], marks: Set<ChartMark>) {
    let buckets = buckets
    guard buckets.contains(where: { $0.value != nil }) else { return ([heading, "no data"], []) }
    let cells =
      glyphs == .braille
      ? BraillePlot(timeline, in: scale).rows(buckets)
      : BarPlot(timeline: timeline, scale: scale, isASCII: glyphs == .ascii).rows(buckets)
    let axisMarks = axisMarks(of: buckets)
    let dates = timeline.labels()
    var lines = [heading] + plotLines(cells) + [axis(axisMarks, dates)]
    if !noted.isEmpty {
      let row = (0..<timeline.cells).map {
        noted.contains($0) ? ChartMark.note.glyph(in: glyphs) : " "
      }
      lines.append((margin(" ") + String(row)).trimmingTrailingSpaces())
    }
    lines.append(
      dates.reduce(into: "") { line, date in
        line = line.padded(to: gutter + 2 + date.start, right: false) + date.text
      })
    var marks = Set(axisMarks.values)
    if buckets.contains(where: \.isOpen) { marks.insert(.open) }
    if !noted.isEmpty { marks.insert(.note) }
    let range = ChartMark.range.glyph(in: glyphs)
    if glyphs != .braille, timeline.dates.count > timeline.cells,
      cells.contains(where: { $0.contains(range) })
    {
      marks.insert(.range)
    }
    return (lines, marks)
  }

  /// The buckets of the timeline.
  private var buckets: [ChartBucket] {
    var buckets = Array(repeating: ChartBucket.blank, count: timeline.dates.count)
    for point in series.points {
      if let number = timeline.number(of: point.date) { buckets[number] = ChartBucket(point) }
    }
    return buckets
  }

  private func plotLines(_ cells: [[Character]]) -> [String] {
    let labels = Self.labels(of: scale, for: series.metric, in: glyphs)
    return cells.enumerated().map { number, row in
      let label = labels[cells.count - 1 - number]
      let edge =
        glyphs == .ascii ? (label == nil ? "|" : "+") : (label == nil ? "│" : "┤")
      return (label ?? "").padded(to: gutter, right: true) + " " + edge
        + colored(String(row).trimmingTrailingSpaces())
    }
  }

  private func axis(_ marks: [Int: ChartMark], _ dates: [ChartTimeline.Label]) -> String {
    let isASCII = glyphs == .ascii
    var line: [Character] = Array(repeating: isASCII ? "-" : "─", count: timeline.cells)
    for date in dates { line[date.tick] = isASCII ? "+" : "┬" }
    for (cell, mark) in marks { line[cell] = mark.glyph(in: glyphs) }
    return margin(isASCII ? "+" : "└") + String(line)
  }

  /// The marks by cell. Buckets that share a cell show the mark of the least known one.
  private func axisMarks(of buckets: [ChartBucket]) -> [Int: ChartMark] {
    var marks: [Int: ChartMark] = [:]
    for (number, bucket) in buckets.enumerated() {
      guard let mark = bucket.mark else { continue }
      marks.merge([timeline.cell(number): mark]) { $0.rank <= $1.rank ? $0 : $1 }
    }
    return marks
  }

  private func margin(_ edge: String) -> String {
    String(repeating: " ", count: gutter + 1) + edge
  }

  private func colored(_ text: String) -> String {
    guard let color, !text.isEmpty else { return text }
    return "\u{1B}[\(color)m\(text)\u{1B}[0m"
  }

  /// The subject of the series, its metric, its last value and the date of that.
  ///
  /// A heading that is too long drops the unit, or the date, or both, and at last the value too.
  /// The subject keeps 12 columns.
  private var heading: String {
    let metric = series.metric
    let short = ": \(metric.name)"
    let long = ": \(metric.nameWithUnit)"
    var tails = [long, short]
    if let last = series.points.last(where: { ChartBucket($0).value != nil }),
      let value = last.value
    {
      let text = ", " + metric.text(of: value) + (last.state == .open ? " so far" : "")
      let grain = timeline.grain
      let when = grain == .day ? " on \(last.date)" : " in the \(grain) of \(last.date)"
      tails = [long + text + when, short + text + when, long + text, short + text, short]
    }
    let width = Chart.width(in: terminal)
    let label = series.subject.label.oneLine
    let least = min(label.terminalWidth, 12)
    let tail = tails.first { width - $0.terminalWidth >= least } ?? short
    let room = max(least, width - tail.terminalWidth)
    return (label.shortened(to: room, ellipsis: glyphs.ellipsis) + tail)
      .shortened(to: width, ellipsis: glyphs.ellipsis)
  }
}
