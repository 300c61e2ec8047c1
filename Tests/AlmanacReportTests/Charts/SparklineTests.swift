import AlmanacReport
import Testing

@Suite struct `A sparkline` {
  @Test(
    arguments: [
      ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█", "_.:-=+*#"),
      ([7, nil, 0], "█·▁", "#?_"),
      ([100, 101], "██", "##"),
      ([5, 5, 5], "▄▄▄", "---"),
      ([5], "▄", "-"),
      ([-5, -5], "▄▄", "--"),
      ([0, 0], "▁▁", "__"),
      ([0, nil, 0], "▁·▁", "_?_"),
      ([nil, nil], "··", "??"),
      ([], "", ""),
      ([-7, 0, 7], "▁▅█", "_=#"),
      ([-1, -2], "▅▁", "=_"),
      ([.nan, 1, 2], "·▅█", "?=#"),
      ([.greatestFiniteMagnitude, -.greatestFiniteMagnitude], "█▁", "#_"),
    ] as [([Double?], String, String)])
  func `has a character for each value, from zero on`(
    values: [Double?], blocks: String, ascii: String
  ) {
    #expect(Sparkline(values, glyphs: .blocks).render() == blocks)
    #expect(Sparkline(values, glyphs: .braille).render() == blocks)
    #expect(Sparkline(values, glyphs: .ascii).render() == ascii)
  }

  @Test(arguments: Glyphs.allCases)
  func `has for a gap what it has for no value`(glyphs: Glyphs) {
    let values = Set(Sparkline((0...1000).map { Double($0) }, glyphs: glyphs).render())
    #expect(values.count == 8)
    #expect(Sparkline([nil], glyphs: glyphs).render().allSatisfy { !values.contains($0) })
  }
}
