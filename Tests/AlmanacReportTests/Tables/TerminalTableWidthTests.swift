import AlmanacCore
import AlmanacReport
import Testing

@Suite struct `A table that is wider than its terminal` {
  private static func lines(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  private static var wide: Table {
    var table = Table([
      .init("app", "App"), .init("day", "Day"), .init("users", "Users"),
      .init("note", "What was said of it"), .init("points", "Points"),
    ])
    table.append([
      .text("客服机器人 for the northern region"), .text("2026-11-22"), .count(1_234_567),
      .text("a rather long remark about very little"), .number(-98_765.4321),
    ])
    table.append([.text("Docs"), .text("2026-11-22"), .none, .none, .number(0.001)])
    return table
  }

  @Test func `has its longest texts cut first, by columns of the terminal`() {
    var table = Table([.init("app", "App"), .init("note", "Note"), .init("users", "Users")])
    table.append([.text("客服机器人二号"), .text("a long remark about it"), .count(12_345)])
    table.append([.text("Docs"), .text("short"), .count(1)])
    #expect(
      TerminalTable(table, for: Terminal(width: 40, glyphs: .braille, hasColor: false)).render()
        == """
        App             Note               Users
        --------------  ----------------  ------
        客服机器人二号  a long remark a…  12,345
        Docs            short                  1

        """)
    #expect(
      TerminalTable(table, for: Terminal(width: 29, glyphs: .braille, hasColor: false)).render()
        == """
        App        Note         Users
        ---------  ----------  ------
        客服机器…  a long re…  12,345
        Docs       short            1

        """)
    #expect(
      TerminalTable(table, for: Terminal(width: 27, glyphs: .ascii, hasColor: false)).render()
        == """
        App       Note        Users
        --------  ---------  ------
        客服机~   a long r~  12,345
        Docs      short           1

        """)
  }

  @Test func `stands in blocks led by the first column where cutting is not enough`() {
    var table = Table([.init("app", "App"), .init("users", "Users"), .init("points", "Points")])
    table.append([.text("Support bot"), .count(1_234_567), .number(1_234_567.5)])
    table.append([.text("Docs"), .count(1), .none])
    #expect(
      TerminalTable(table, for: Terminal(width: 24, glyphs: .braille, hasColor: false)).render()
        == """
        App              Users
        -----------  ---------
        Support bot  1,234,567
        Docs                 1

        App               Points
        ----------  ------------
        Support b…  1,234,567.50
        Docs                   -

        """)
  }

  @Test func `stays within it, whatever its width`() {
    for width in 30...140 {
      let text = TerminalTable(
        Self.wide, for: Terminal(width: width, glyphs: .braille, hasColor: false)
      ).render()
      #expect(Self.lines(text).allSatisfy { $0.terminalWidth <= width }, "\(width)\n\(text)")
      for whole in ["1,234,567", "-98,765.432", "0.001", "2026-11-22"] {
        #expect(text.contains(whole), "\(width)\n\(text)")
      }
    }
  }

  @Test func `never has a number cut, though it is too wide`() {
    for width in 1...29 {
      let text = TerminalTable(
        Self.wide, for: Terminal(width: width, glyphs: .braille, hasColor: false)
      ).render()
      for whole in ["1,234,567", "-98,765.432", "0.001", "2026-11-22"] {
        #expect(text.contains(whole), "\(width)\n\(text)")
      }
    }
  }

  @Test func `keeps eight columns of each text`() {
    var table = Table([.init("app", "App"), .init("tag", "Tag"), .init("users", "Users")])
    table.append([.text("abcdefghijkl"), .text("1234567"), .count(1)])
    let text = TerminalTable(table, for: Terminal(width: 24, glyphs: .braille, hasColor: false))
      .render()
    #expect(text.contains("abcdefg…  1234567      1"))
    #expect(
      TerminalTable(table, for: Terminal(width: 23, glyphs: .braille, hasColor: false)).render()
        .contains("\n\n"))
  }

  @Test func `keeps a quarter of its terminal for the first column`() {
    var table = Table(["metric", "tag", "a", "b", "c", "d"].map { .init($0, $0) })
    table.append(
      [.text("response_seconds"), .text("0123456789ab")]
        + Array(repeating: .count(1_234_567), count: 4))
    func text(_ width: Int) -> String {
      TerminalTable(table, for: Terminal(width: width, glyphs: .braille, hasColor: false)).render()
    }
    #expect(text(70).contains("response_seconds  0123456…  1,234,567"))
    #expect(Self.lines(text(64)).count { $0.hasPrefix("response_seconds  ") } == 2)
  }

  @Test func `has its heading broken between words`() throws {
    let heading = "Points  of 客服机器人, all sources; by_a_word_that_is_longer_than_it"
    let rendition = Rendition(
      [.init(heading, Self.wide)], records: Records(Self.wide), json: JSONValue(.none))
    func lines(_ width: Int?) throws -> [String] {
      Self.lines(
        try rendition.text(
          as: .table, for: Terminal(width: width, glyphs: .braille, hasColor: false)))
    }
    #expect(
      try lines(20).prefix(4) == [
        "Points  of", "客服机器人, all", "sources;", "by_a_word_that_is_longer_than_it",
      ])
    #expect(try lines(nil).first == heading)
  }

  @Test func `has a course cut at its beginning`() {
    var table = Table([.init("app", "App"), .init("course", "Course", .course)])
    table.append([.text("Docs"), .text("▁▂▃▄▅▆▇█▇▆▅▄")])
    #expect(
      TerminalTable(table, for: Terminal(width: 15, glyphs: .braille, hasColor: false)).render()
        == """
        App   Course
        ----  ---------
        Docs  …▅▆▇█▇▆▅▄

        """)
  }

  @Test func `is whole without a limit`() {
    #expect(TerminalTable(Self.wide).render().contains("a rather long remark about very little"))
    let terminal = Terminal(width: nil, glyphs: .ascii, hasColor: false)
    #expect(
      TerminalTable(Self.wide, for: terminal).render() == TerminalTable(Self.wide).render())
  }
}
