import AlmanacCore
import AlmanacReport
import Testing

@Suite struct `A chart of any size` {
  private static func values(_ shape: String, _ count: Int) -> [Double?] {
    (0..<count).map { number in
      switch shape {
      case "negative": Double((number * 37) % 23 - 8)
      case "holes": number % 3 == 1 ? nil : Double(number)
      case "large": Double(number) * 1.234_567e9
      case "huge": number % 2 == 0 ? 1e300 : -1.2e300
      case "tiny": 0.000_017 / Double(number + 1)
      case "absent": nil
      default: Double((number * 31) % 101)
      }
    }
  }

  @Test(
    arguments: Glyphs.allCases,
    ["plain", "negative", "holes", "large", "huge", "tiny", "absent"])
  func `stays within its terminal`(glyphs: Glyphs, shape: String) {
    let names = ["D", "客服机器人二号的很长很长的名字 👩‍💻🇨🇳", "a name\nwith\u{1B}[31m controls\u{202E}"]
    let annotations = [
      Annotation(
        date: ChartFixture.start, app: nil, text: String(repeating: "很长的注 ", count: 40))
    ]
    let metrics = ["points", "response_seconds_per_message"]
    for width in [1, 29, 30, 31, 33, 40, 79, 80, 160, 211] {
      for count in [1, 2, 3, 7, 30, 77, 78, 145, 730] {
        var states: [Int: BucketState] = [0: .partial]
        states[count - 1] = .open
        let series = ChartFixture.series(
          Self.values(shape, count), metrics[count % 2], name: names[(width + count) % 3],
          states: states)
        let text = ChartFixture.draw(
          series, glyphs: glyphs, width: width, height: width % 7, annotations: annotations)
        let widest = ChartFixture.lines(text).map(\.terminalWidth).max() ?? 0
        #expect(widest <= max(30, width), "\(width) \(count)\n\(text)")
        #expect(text.hasSuffix("\n") && !text.contains(" \n") && !text.contains("\u{1B}"))
      }
    }
  }

  @Test func `is 80 columns wide where there is no terminal`() {
    let text = ChartFixture.draw(
      ChartFixture.series(Array(repeating: 5, count: 200)), glyphs: .ascii, width: nil)
    #expect(ChartFixture.lines(text).map(\.terminalWidth).max() == 80)
  }

  @Test(arguments: Glyphs.allCases, Grain.allCases)
  func `has as many rows as it was given`(glyphs: Glyphs, grain: Grain) {
    for height in [-1, 0, 3, 4, 10, 25] {
      let text = ChartFixture.draw(
        ChartFixture.series([1, 2, 3], grain: grain), glyphs: glyphs, height: height, grain: grain)
      #expect(ChartFixture.lines(text).count == max(3, height) + 4)
    }
  }

  @Test func `says less of its series where it is narrow, never less than twelve columns of it`() {
    let heading = { (width: Int) -> String in
      ChartFixture.lines(
        ChartFixture.draw(
          ChartFixture.series([1.5], "response_seconds", name: "Support robot"), glyphs: .braille,
          width: width))[0]
    }
    #expect(heading(80) == "Support robot: response_seconds (seconds), 1.50 on 2026-01-05")
    #expect(
      heading(60)
        == "Support robo…: response_seconds (seconds), 1.50 on 2026-01-05".replacing(
          "robo…", with: "rob…"))
    #expect(heading(55) == "Support robot: response_seconds, 1.50 on 2026-01-05")
    #expect(heading(40) == "Support robot: response_seconds, 1.50")
    #expect(heading(30) == "Support rob…: response_seconds")
  }
}
