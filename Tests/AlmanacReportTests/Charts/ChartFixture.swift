import AlmanacCore
import AlmanacReport

/// Makes series, and drawings of them.
enum ChartFixture {
  static let start = Day("2026-01-05")!

  /// A series of one app, whose first bucket holds 5 January 2026. A value of `nil` is a gap.
  static func series(
    _ values: [Double?], _ metric: String = "messages", name: String = "Docs", grain: Grain = .day,
    states: [Int: BucketState] = [:], coverage: [Int: Coverage] = [:]
  ) -> Series {
    Series(
      Metric(name: metric)!, of: .app(AppID("68f000000000000000000001")!, name: name),
      points: values.enumerated().map { number, value in
        Series.Point(
          date: grain.start(of: start, advancedBy: number), value: value,
          state: states[number] ?? (value == nil ? nil : .settled),
          coverage: coverage[number] ?? Coverage(expected: 1, held: value == nil ? 0 : 1))
      })
  }

  static func draw(
    _ series: Series..., glyphs: Glyphs, width: Int? = 40, height: Int = 4, grain: Grain = .day,
    hasColor: Bool = false, annotations: [Annotation] = []
  ) -> String {
    Chart(
      series, grain: grain, terminal: Terminal(width: width, glyphs: glyphs, hasColor: hasColor),
      height: height, annotations: annotations
    ).render()
  }

  static func lines(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// The line of the first horizontal axis.
  static func axis(_ text: String) -> String {
    lines(text).first(where: isAxis) ?? ""
  }

  /// The drawing above the first horizontal axis, a line for each row.
  static func plot(_ text: String) -> [Substring] {
    lines(text).dropFirst().prefix { !isAxis($0) }.compactMap { line in
      line.firstIndex { "│┤|+".contains($0) }.map { line[line.index(after: $0)...] }
    }
  }

  private static func isAxis(_ line: String) -> Bool {
    line.first { $0 != " " }.map { "└+".contains($0) } ?? false
  }
}
