import Testing

@testable import AlmanacReport

@Suite struct `A bar` {
  private static func draw(_ values: [Double?], _ glyphs: Glyphs) -> [String] {
    BarChart(
      values.enumerated().map { ("a\($0.offset)", $0.element) }, isShare: false,
      terminal: Terminal(width: 30, glyphs: glyphs, hasColor: false)
    ).render().split(separator: "\n").map(String.init)
  }

  @Test func `begins at a common zero, and is nothing where nothing is known`() {
    #expect(
      Self.draw([20, 5, 0, nil], .ascii)
        == ["a0  20  ######################", "a1   5  ######", "a2   0", "a3   -"])
    #expect(Self.draw([22, 0.25], .blocks)[1] == "a1  0.25  ▎")
  }

  @Test(arguments: Glyphs.allCases)
  func `is drawn of every number, and never wider than the terminal`(glyphs: Glyphs) {
    let most = Double.greatestFiniteMagnitude
    for values in [
      [most, -most], [.leastNonzeroMagnitude, 0],
      [-.leastNonzeroMagnitude, .leastNonzeroMagnitude], [most, .leastNonzeroMagnitude, 0, nil],
      [.infinity, 1, -.nan],
    ] as [[Double?]] {
      #expect(Self.draw(values, glyphs).allSatisfy { $0.terminalWidth <= 30 })
    }
  }

  @Test(arguments: Glyphs.allCases)
  func `goes to the left where it is negative`(glyphs: Glyphs) {
    let mark = glyphs == .ascii ? "#" : "█"
    #expect(
      Self.draw([15, -5, -10], glyphs) == [
        "a0   15  " + String(repeating: " ", count: 8)
          + (glyphs == .ascii ? "#############" : "████████████▋"),
        "a1   -5  " + String(repeating: " ", count: 4) + String(repeating: mark, count: 4),
        "a2  -10  " + String(repeating: mark, count: 8),
      ])
  }
}
