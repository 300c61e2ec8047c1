import AlmanacReport
import Testing

@Suite struct `What a terminal can show` {
  private static func glyphs(_ environment: [String: String]) -> Glyphs {
    Terminal.detect(environment: environment, isTerminal: true, width: 80).glyphs
  }

  @Test(arguments: [
    ([:], Glyphs.ascii),
    (["LANG": "C"], .ascii),
    (["LANG": "POSIX", "TERM": "xterm"], .ascii),
    (["LANG": "en_US.UTF-8"], .braille),
    (["LANG": "en_US.utf8", "TERM": "xterm-256color"], .braille),
    (["LANG": "zh_CN.GB18030"], .ascii),
    (["LANG": "C", "LC_CTYPE": "C.UTF-8"], .braille),
    (["LANG": "en_US.UTF-8", "LC_CTYPE": "C"], .ascii),
    (["LANG": "en_US.UTF-8", "LC_CTYPE": "en_US.UTF-8", "LC_ALL": "C"], .ascii),
    (["LANG": "C", "LC_CTYPE": "C", "LC_ALL": "C.UTF-8"], .braille),
    (["LANG": "en_US.UTF-8", "LC_CTYPE": "", "LC_ALL": ""], .braille),
    (["LANG": "en_US.UTF-8", "TERM": "linux"], .blocks),
    (["LANG": "C", "TERM": "linux"], .ascii),
    (["LANG": "en_US.UTF-8", "TERM": "dumb"], .ascii),
  ])
  func `is told by its locale and its kind`(environment: [String: String], glyphs: Glyphs) {
    #expect(Self.glyphs(environment) == glyphs)
  }

  @Test(arguments: [
    ([:], true, true), ([:], false, false),
    (["NO_COLOR": "1"], true, false), (["NO_COLOR": "0"], true, false),
    (["NO_COLOR": ""], true, true), (["TERM": "dumb"], true, false),
    (["TERM": "xterm"], true, true), (["TERM": "xterm"], false, false),
  ])
  func `is colour only where someone looks and has not refused it`(
    environment: [String: String], isTerminal: Bool, hasColor: Bool
  ) {
    let terminal = Terminal.detect(environment: environment, isTerminal: isTerminal, width: 80)
    #expect(terminal.hasColor == hasColor)
  }

  @Test(
    arguments: [
      (true, 132, 132), (true, nil, nil), (true, 0, nil), (true, -1, nil), (false, 80, nil),
    ] as [(Bool, Int?, Int?)])
  func `has no limit where nothing limits it`(isTerminal: Bool, width: Int?, limit: Int?) {
    #expect(
      Terminal.detect(environment: [:], isTerminal: isTerminal, width: width).width == limit)
  }
}
