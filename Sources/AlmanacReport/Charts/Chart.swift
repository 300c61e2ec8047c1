import AlmanacCore

/// Series drawn in a terminal, a panel for each, one below the other.
///
/// Panels of one metric share their scale, and all panels share their dates, so that they can be
/// compared without colour. A gap breaks the line and is marked on the axis. An open bucket stands
/// apart. Nothing is drawn where nothing was expected. Buckets that share a column are drawn from
/// the least to the greatest of them.
package struct Chart: Sendable {
  private static let colors = [36, 33, 35, 32, 34, 31]

  private let series: [Series]
  private let grain: Grain
  private let terminal: Terminal
  private let height: Int
  private let annotations: [Annotation]

  /// - Parameters:
  ///   - height: the rows of a panel without heading and axis, at least 3
  ///   - annotations: an annotation is left out if no drawn bucket holds its date
  package init(
    _ series: [Series], grain: Grain, terminal: Terminal, height: Int = 10,
    annotations: [Annotation] = []
  ) {
    self.series = series
    self.grain = grain
    self.terminal = terminal
    self.height = height
    self.annotations = annotations.sorted { $0.date < $1.date }
  }

  /// The columns that a chart takes: those of the terminal, 80 without one, never below 30.
  static func width(in terminal: Terminal) -> Int { max(30, terminal.width ?? 80) }

  /// Lines of at most the terminal's width, each ended by a newline.
  package func render() -> String {
    let scales = scales
    let labels = scales.flatMap {
      ChartPanel.labels(of: $0.value, for: $0.key, in: terminal.glyphs).values.map(\.terminalWidth)
    }
    let gutter = labels.max() ?? 0
    guard
      let timeline = ChartTimeline(
        series.flatMap { $0.points.map(\.date) }, isLastOpen: isLastOpen, grain: grain,
        glyphs: terminal.glyphs, cells: Self.width(in: terminal) - gutter - 2)
    else { return "no data\n" }
    let noted = annotations.compactMap { annotation in
      timeline.number(of: annotation.date).map { (cell: timeline.cell($0), annotation) }
    }
    var marks: Set<ChartMark> = []
    var text = ""
    for (number, series) in series.enumerated() {
      let panel = ChartPanel(
        series: series, timeline: timeline, scale: scales[series.metric] ?? empty,
        terminal: terminal, gutter: gutter, noted: Set(noted.map(\.cell)),
        color: terminal.hasColor ? Self.colors[number % Self.colors.count] : nil)
      let rendered = panel.render()
      marks.formUnion(rendered.marks)
      text += (number > 0 ? "\n" : "") + rendered.lines.map { $0 + "\n" }.joined()
    }
    return text + legend(of: marks) + noted.map { line(of: $0.1) }.joined()
  }

  private var empty: ChartScale { ChartScale([], rows: height, isCount: false) }

  private var scales: [Metric: ChartScale] {
    Dictionary(grouping: series, by: \.metric).reduce(into: [:]) { scales, group in
      let values = group.value.flatMap { $0.points.compactMap { ChartBucket($0).value } }
      scales[group.key] = ChartScale(values, rows: height, isCount: group.key.isCount)
    }
  }

  private var isLastOpen: Bool {
    let points = series.flatMap(\.points)
    let last = points.map(\.date).max()
    return points.contains { $0.date == last && ChartBucket($0).isOpen }
  }

  /// The legend of the marks that occur, in as many lines as it takes.
  private func legend(of marks: Set<ChartMark>) -> String {
    var lines: [String] = []
    for mark in ChartMark.allCases where marks.contains(mark) {
      let entry = "\(mark.glyph(in: terminal.glyphs)) \(mark.meaning)"
      if let last = lines.last,
        last.terminalWidth + 3 + entry.terminalWidth <= Self.width(in: terminal)
      {
        lines[lines.count - 1] = last + "   " + entry
      } else {
        lines.append(entry)
      }
    }
    return lines.isEmpty ? "" : "\n" + lines.map { $0 + "\n" }.joined()
  }

  private func line(of annotation: Annotation) -> String {
    let whose = annotation.app.map { "\($0): " } ?? ""
    let mark = ChartMark.note.glyph(in: terminal.glyphs)
    return "\(mark) \(annotation.date) \(whose)\(annotation.text)".oneLine
      .shortened(to: Self.width(in: terminal), ellipsis: terminal.glyphs.ellipsis) + "\n"
  }
}
