import AlmanacCore
import AlmanacReport
import Testing

@Suite struct `A chart in a terminal` {
  /// A series with a gap, a lower bound, and a bucket that has not ended.
  private static let series = ChartFixture.series(
    [4, 8, 12, nil, 6, 2, 0, 5], states: [0: .partial, 7: .open])

  @Test func `is a line of braille dots`() {
    #expect(
      ChartFixture.draw(Self.series, glyphs: .braille) == """
        Docs: messages, 5 so far on 2026-01-12
        12 ┤       ⣀⠤⠒⠁
         6 ┤   ⣀⠤⠒⠉             ⢀⡀
           │⠤⠒⠉                  ⠈⠑⠢⢄⡀         ○
         0 ┤                         ⠈⠑⠒⠢⠤⣀
           └≥──────────────×───────────────────┬
            2026-01-05                2026-01-12

        × gap, unknown
        ≥ lower bound, part forgotten
        ○ open, not ended

        """)
  }

  @Test func `is bars of eighths without braille`() {
    #expect(
      ChartFixture.draw(Self.series, glyphs: .blocks) == """
        Docs: messages, 5 so far on 2026-01-12
        12 ┤        ███
           │    ▅▅▅ ███
         6 ┤▃▃▃ ███ ███     ███          ○
         0 ┤███ ███ ███     ███ ▅▅▅ ▁▁▁
           └─≥───────────×───────────────┬──────
             2026-01-05         2026-01-12

        × gap, unknown
        ≥ lower bound, part forgotten
        ○ open, not ended

        """)
  }

  @Test func `is points on stems in ASCII`() {
    let text = ChartFixture.draw(Self.series, glyphs: .ascii)
    #expect(
      text == """
        Docs: messages, 5 so far on 2026-01-12
        12 +        *
         6 +    *   :       *
           |*   :   :       :   *       o
         0 +:   :   :       :   :   *
           +>-----------x---------------+-------
            2026-01-05         2026-01-12

        x gap, unknown
        > lower bound, part forgotten
        o open, not ended

        """)
    #expect(text.utf8.allSatisfy { $0 < 128 })
  }

  @Test func `has its baseline at zero where values are negative`() {
    let series = ChartFixture.series([2, -1, 1, 0, -2], "good_feedback", name: "Thumbs")
    #expect(
      ChartFixture.draw(series, glyphs: .braille) == """
        Thumbs: good_feedback, -2 on 2026-01-09
         2 ┤⠑⠢⢄
         0 ┤┈┈┈⠉⠒⢄⡀┈┈┈┈┈┈┈⣀⠤⠔⠊⠉⠑⠒⠒⠢⠤⠤⢄⣀⡀┈┈┈┈┈┈┈┈
           │      ⠈⠒⠤⣀⠤⠒⠊⠉             ⠈⠑⠢⢄⣀
        -2 ┤                                ⠉⠒⠤⣀
           └┬─────────────────┬────────────────┬
            2026-01-05        01-07   2026-01-09

        """)
    #expect(
      ChartFixture.draw(series, glyphs: .blocks) == """
        Thumbs: good_feedback, -2 on 2026-01-09
         2 ┤██████
         0 ┤██████────────██████─▁▁▁▁▁▁─────────
           │       ██████               ██████
        -2 ┤                            ██████
           └──┬───────────────────────────┬─────
              2026-01-05         2026-01-09

        """)
    #expect(
      ChartFixture.draw(series, glyphs: .ascii) == """
        Thumbs: good_feedback, -2 on 2026-01-09
         2 +*
         0 +:------:------*------*------:-------
           |       *                    :
        -2 +                            *
           ++---------------------------+-------
            2026-01-05         2026-01-09

        """)
  }
}
