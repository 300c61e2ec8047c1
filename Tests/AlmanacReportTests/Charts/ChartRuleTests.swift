import AlmanacCore
import AlmanacReport
import Testing

@Suite struct `What a chart draws` {
  @Test(arguments: Glyphs.allCases)
  func `a gap breaks the line, and is not a zero`(glyphs: Glyphs) {
    let mark = glyphs == .ascii ? "x" : "×"
    let gap = ChartFixture.draw(ChartFixture.series([8, nil, 8]), glyphs: glyphs)
    let zero = ChartFixture.draw(ChartFixture.series([8, 0, 8]), glyphs: glyphs)
    #expect(ChartFixture.axis(gap).contains(mark))
    #expect(gap.contains("\(mark) gap, unknown"))
    #expect(!ChartFixture.axis(zero).contains(mark))
    #expect(ChartFixture.plot(gap) != ChartFixture.plot(zero))
    // Nothing at all stands between the two.
    let columns = ChartFixture.plot(gap).map {
      Array(String($0).prefix(30).dropFirst(12).prefix(6))
    }
    #expect(columns.joined().allSatisfy { $0 == " " })
  }

  @Test(arguments: Glyphs.allCases)
  func `nothing is drawn where nothing was expected`(glyphs: Glyphs) {
    let coverage = [0: Coverage(), 1: Coverage()]
    let text = ChartFixture.draw(
      ChartFixture.series([nil, nil, 5, 6, 7], coverage: coverage), glyphs: glyphs)
    #expect(!text.contains("gap"))
    #expect(ChartFixture.plot(text).allSatisfy { $0.prefix(12).allSatisfy { $0 == " " } })
    #expect(text.contains("2026-01-05"))
  }

  @Test(arguments: Glyphs.allCases)
  func `the open bucket stands apart`(glyphs: Glyphs) {
    let mark: Character = glyphs == .ascii ? "o" : "○"
    for count in [1, 2, 7, 36, 37, 50, 72, 73, 74, 75, 300] {
      var values: [Double?] = Array(repeating: 5, count: count)
      values[count - 1] = 1
      let text = ChartFixture.draw(
        ChartFixture.series(values, name: "A", states: [count - 1: .open]), glyphs: glyphs)
      let plot = ChartFixture.plot(text).map(Array.init)
      let columns = plot.compactMap { $0.firstIndex(of: mark) }
      #expect(columns.count == 1, "\(count)\n\(text)")
      // Its column is its own, and no closed bucket is left out for it.
      for row in plot {
        let column = columns[0]
        #expect(column >= row.count || [mark, " "].contains(row[column]), "\(count)\n\(text)")
      }
      #expect(text.contains("\(mark) open, not ended"))
      #expect(text.contains("1 so far"))
      let closed = ChartFixture.draw(ChartFixture.series(values, name: "A"), glyphs: glyphs)
      #expect(!closed.contains("open"))
    }
  }

  @Test(arguments: Glyphs.allCases)
  func `what is only a part says so`(glyphs: Glyphs) {
    let text = ChartFixture.draw(
      ChartFixture.series(
        [5, 6, 7], states: [0: .partial], coverage: [2: Coverage(expected: 3, held: 2)]),
      glyphs: glyphs)
    let partial = glyphs == .ascii ? ">" : "≥"
    #expect(ChartFixture.axis(text).filter { "≥>!".contains($0) } == partial + "!")
    #expect(text.contains("\(partial) lower bound, part forgotten"))
    #expect(text.contains("! some of it missing"))
    let whole = ChartFixture.draw(ChartFixture.series([5, 6, 7]), glyphs: glyphs)
    #expect(ChartFixture.axis(whole).allSatisfy { " └─┬+-".contains($0) })
    #expect(ChartFixture.lines(whole).last == "" && !whole.contains("\n\n"))
  }

  @Test(arguments: Glyphs.allCases, [1, 5, 40, 300])
  func `one known bucket is seen among any number of gaps`(glyphs: Glyphs, count: Int) {
    for place in Set([0, count / 2, count - 1]) {
      var values: [Double?] = Array(repeating: nil, count: count)
      values[place] = 3
      let text = ChartFixture.draw(ChartFixture.series(values), glyphs: glyphs)
      let marks = ChartFixture.plot(text).joined().filter { $0 != " " }
      #expect(glyphs == .braille ? marks == "•" : !marks.isEmpty, "\(text)")
    }
  }

  @Test(arguments: Glyphs.allCases)
  func `a column that several buckets share shows the least and the greatest`(glyphs: Glyphs) {
    var values: [Double?] = Array(repeating: 50, count: 700)
    values[300] = 100
    values[400] = 0
    values[500] = nil
    let text = ChartFixture.draw(ChartFixture.series(values), glyphs: glyphs, height: 10)
    let plot = ChartFixture.plot(text)
    #expect(plot[0].filter { $0 != " " }.count == 1, "\(text)")
    #expect(ChartFixture.axis(text).filter { "x×".contains($0) }.count == 1)
    let low = plot[9].filter { $0 != " " }
    switch glyphs {
    case .braille: #expect(low.count == 1, "\(text)")
    case .blocks: #expect(low.filter { $0 == "▒" }.count == 1, "\(text)")
    case .ascii: #expect(low.filter { $0 == "*" }.count == 1, "\(text)")
    }
  }

  @Test(arguments: Glyphs.allCases)
  func `without a known value it says no data`(glyphs: Glyphs) {
    #expect(
      ChartFixture.draw(ChartFixture.series([nil, nil]), glyphs: glyphs)
        == "Docs: messages\nno data\n")
    #expect(ChartFixture.draw(ChartFixture.series([]), glyphs: glyphs) == "no data\n")
    #expect(
      ChartFixture.draw(ChartFixture.series([.nan, .infinity]), glyphs: glyphs)
        .contains("no data"))
    #expect(ChartFixture.draw(glyphs: glyphs) == "no data\n")
  }

  @Test func `panels of one metric share their scale, and all of them their dates`() {
    let text = ChartFixture.draw(
      ChartFixture.series([100, 90, 95], name: "A"), ChartFixture.series([1, 2], name: "B"),
      ChartFixture.series([0.25, 0.5, 0.5], "error_rate", name: "C"), glyphs: .braille)
    let labels = ChartFixture.lines(text).compactMap { line in
      line.contains("┤") ? line.prefix { $0 != "┤" }.filter { $0 != " " } : nil
    }
    #expect(labels == ["100", "50", "0", "100", "50", "0", "50%", "25%", "0%"])
    let dates = ChartFixture.lines(text).filter { $0.contains("2026-01-07") && !$0.contains(":") }
    #expect(dates.count == 3)
    #expect(Set(dates).count == 1)
    #expect(
      ChartFixture.lines(text).filter { $0.contains(":") } == [
        "A: messages, 95 on 2026-01-07", "B: messages, 2 on 2026-01-06",
        "C: error_rate, 50.0% on 2026-01-07",
      ])
  }

  @Test func `annotations stand under their bucket, and are read below`() {
    let annotations = [
      Annotation(date: Day("2026-01-14")!, app: "ArchiveFixture", text: "second"),
      Annotation(date: Day("2026-01-06")!, app: nil, text: "a\nb"),
      Annotation(date: Day("2025-01-01")!, app: nil, text: "outside"),
    ]
    let text = ChartFixture.draw(
      ChartFixture.series([1, 2, 3], grain: .week), glyphs: .blocks, grain: .week,
      annotations: annotations)
    #expect(text.hasSuffix("\n▲ note\n▲ 2026-01-06 a b\n▲ 2026-01-14 ArchiveFixture: second\n"))
    #expect(!text.contains("outside"))
    let marks = ChartFixture.lines(text).first { $0.contains("▲") } ?? ""
    #expect(marks.filter { $0 == "▲" }.count == 2)
  }

  @Test func `colour ends with its line, and is there only if wanted`() {
    let series = [ChartFixture.series([1, 2, 3]), ChartFixture.series([3, 2, 1])]
    let plain = ChartFixture.draw(series[0], series[1], glyphs: .braille)
    #expect(!plain.contains("\u{1B}"))
    let colored = ChartFixture.draw(series[0], series[1], glyphs: .braille, hasColor: true)
    var isStripped = colored
    for code in ["[36m", "[33m", "[0m"] {
      isStripped = isStripped.replacing("\u{1B}" + code, with: "")
    }
    #expect(isStripped == plain)
    for line in ChartFixture.lines(colored) where line.contains("\u{1B}") {
      #expect(line.hasSuffix("\u{1B}[0m"))
      #expect(line.split(separator: "\u{1B}").count == 3)
    }
    #expect(colored.contains("\u{1B}[36m") && colored.contains("\u{1B}[33m"))
  }
}
