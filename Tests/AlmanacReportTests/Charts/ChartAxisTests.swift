import AlmanacCore
import AlmanacReport
import Testing

@Suite struct `The axes of a chart` {
  private static func labels(_ values: [Double?], _ metric: String, height: Int = 10) -> [String] {
    ChartFixture.lines(
      ChartFixture.draw(
        ChartFixture.series(values, metric), glyphs: .blocks, height: height)
    ).compactMap { line in
      line.contains("┤") ? line.prefix { $0 != "┤" }.filter { $0 != " " } : nil
    }
  }

  @Test(
    arguments: [
      ([1], "messages", ["2", "1", "0"]), ([3], "messages", ["4", "2", "0"]),
      ([10], "messages", ["10", "5", "0"]), ([7], "messages", ["8", "4", "0"]),
      ([51], "messages", ["60", "30", "0"]), ([1200], "messages", ["1.2K", "600", "0"]),
      ([0], "messages", ["2", "1", "0"]), ([0], "points", ["1", "0.5", "0"]),
      ([950_000], "points", ["1M", "500K", "0"]), ([3.2e6], "points", ["3.5M", "1.75M", "0"]),
      ([4e9], "points", ["4B", "2B", "0"]), ([0.95], "error_rate", ["100%", "50%", "0%"]),
      ([0.013], "error_rate", ["1.4%", "0.7%", "0%"]), ([1], "error_rate", ["100%", "50%", "0%"]),
      ([0.000_02], "points", ["2e-05", "1e-05", "0"]), ([0.6], "points", ["0.6", "0.3", "0"]),
      ([-3, 5], "good_feedback", ["5", "0", "-3"]),
      ([-1, 100], "good_feedback", ["100", "0", "-20"]),
      ([-4], "good_feedback", ["1", "0", "-4"]), ([1e300], "points", ["1e+300", "5e+299", "0"]),
      ([Double.leastNonzeroMagnitude], "points", ["1", "0.5", "0"]),
    ] as [([Double?], String, [String])])
  func `are round, and named at both ends and between`(
    values: [Double?], metric: String, labels: [String]
  ) {
    #expect(Self.labels(values, metric) == labels)
  }

  @Test(arguments: Glyphs.allCases, [1, 2, 3, 5, 7, 8, 14, 30, 60, 90, 365, 366, 730, 4000])
  func `have dates that don't collide, the first and the last always`(glyphs: Glyphs, count: Int) {
    for width in [30, 31, 40, 57, 80, 120, 160, 200] {
      let text = ChartFixture.draw(
        ChartFixture.series(Array(repeating: 5, count: count)), glyphs: glyphs, width: width)
      let line = ChartFixture.lines(text).last { $0.contains("20") && !$0.contains(":") } ?? ""
      let dates = line.split(separator: " ")
      let last = ChartFixture.start.advanced(by: count - 1)
      #expect(dates.first == "2026-01-05", "\(text)")
      #expect(dates.last.map(String.init) == last.description, "\(text)")
      #expect(dates.allSatisfy { $0.count == 10 || $0.count == 5 }, "\(text)")
      for date in dates where date.count == 10 { #expect(Day(date) != nil) }
      if count > 366 { #expect(dates.allSatisfy { $0.count == 10 }, "\(text)") }
      // A tick looks like the corner in ASCII.
      let ticks = ChartFixture.axis(text).filter { "┬+".contains($0) }.count
      #expect(ticks == dates.count + (glyphs == .ascii ? 1 : 0), "\(text)")
    }
  }

  @Test func `name dates between in steps that people count in`() {
    let draw = { (count: Int, grain: Grain, width: Int) -> [Substring] in
      let text = ChartFixture.draw(
        ChartFixture.series(Array(repeating: 5, count: count), grain: grain), glyphs: .braille,
        width: width, grain: grain)
      return ChartFixture.lines(text).last { $0.contains("20") && !$0.contains(":") }?
        .split(separator: " ") ?? []
    }
    #expect(draw(30, .day, 80) == ["2026-01-05", "01-12", "01-19", "01-26", "2026-02-03"])
    #expect(draw(24, .month, 80) == ["2026-01-01", "2026-07-01", "2027-01-01", "2027-12-01"])
    #expect(
      draw(12, .quarter, 80) == [
        "2026-01-01", "2026-07-01", "2027-01-01", "2027-07-01", "2028-01-01", "2028-10-01",
      ])
  }
}
