import AlmanacCore
import AlmanacReport
import Testing

@Suite struct `A table for a terminal` {
  @Test func `pads its columns, and puts numbers to the right`() {
    var table = Table([.init("app", "App"), .init("users", "Users"), .init("rate", "Rate")])
    table.append([.text("Support bot"), .count(1_234_567), .number(0.5)])
    table.append([.text("Docs"), .count(-42), .none])
    #expect(
      TerminalTable(table).render() == """
        App              Users  Rate
        -----------  ---------  ----
        Support bot  1,234,567  0.50
        Docs               -42     -

        """)
  }

  @Test func `gives Chinese and emoji two columns each`() {
    var table = Table([.init("app", "App"), .init("state", "State")])
    table.append([.text("客服机器人"), .text("open")])
    table.append([.text("🤖 bot"), .text("settled")])
    table.append([.text("ｆｕｌｌ"), .text("x")])
    table.append([.text("plain"), .text("y")])
    #expect(
      TerminalTable(table).render() == """
        App         State
        ----------  -------
        客服机器人  open
        🤖 bot      settled
        ｆｕｌｌ    x
        plain       y

        """)
  }

  @Test(arguments: [
    ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("中文", 4), ("한국", 4), ("かな", 4), ("｢x｣", 3),
    ("！", 2), ("🤖", 2), ("👩‍💻", 2), ("🚀", 2), ("✅", 2), ("⭐", 2), ("🟢", 2), ("🪄", 2), ("⚡", 2),
    ("Ω", 1), ("—", 1), ("𠀀", 2), ("👨‍👩‍👧‍👦", 2), ("👍🏽", 2), ("🇨🇳", 2), ("❤️", 2), ("1️⃣", 2), ("☎", 1),
    ("\u{200B}", 0), ("\u{FEFF}a", 1), ("a\u{200D}b", 2), ("\u{301}", 0), ("o\u{308}\u{304}", 1),
    ("\u{1112}\u{1161}\u{11AB}", 2), ("か\u{3099}", 2), ("ก\u{E33}", 2), ("क\u{94D}ष", 2),
    ("\u{AD}", 1), ("\u{2067}x\u{2069}", 1),
  ])
  func `measures a text as a terminal shows it`(text: String, width: Int) {
    #expect(text.terminalWidth == width)
  }

  @Test(arguments: [
    (0, "0"), (7, "7"), (999, "999"), (1000, "1,000"), (-999, "-999"), (-1000, "-1,000"),
    (123_456, "123,456"), (-1_234_567, "-1,234,567"), (.max, "9,223,372,036,854,775,807"),
    (.min, "-9,223,372,036,854,775,808"),
  ])
  func `groups the digits of whole numbers`(number: Int, text: String) {
    #expect(number.grouped == text)
  }

  @Test(arguments: [
    "\u{1B}[2J\u{1B}[31mred", "one\ntwo", "one\r\ntwo", "bell\u{7}", "tab\there", "\u{9B}31m",
    "\u{0}", "back\u{8}space", "\u{7F}", "\u{85}", "\u{1B}]0;title\u{7}", "a\u{2028}b",
    "a\u{2029}b",
    "\u{202E}abc", "\u{2066}abc\u{2069}",
  ])
  func `lets no control character through`(name: String) {
    var table = Table([.init("app", "App"), .init("users", "Users")])
    table.append([.text(name), .count(1)])
    let lines = TerminalTable(table).render()
      .split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 4)
    let text = lines.joined()
    let refused: Set<Unicode.GeneralCategory> = [
      .control, .format, .lineSeparator, .paragraphSeparator,
    ]
    #expect(text.unicodeScalars.allSatisfy { !refused.contains($0.properties.generalCategory) })
  }

  @Test func `has every line as wide as its columns`() {
    var table = Table([.init("app", "应用"), .init("users", "Users"), .init("day", "Day")])
    for (name, users) in [("机器人", 12_345), ("a", 0), ("中a文b", -7)] {
      table.append([.text(name), .count(users), .text("2026-11-22")])
    }
    let widths = TerminalTable(table).render().split(separator: "\n").map {
      String($0).terminalWidth
    }
    #expect(Set(widths.dropFirst()) == [6 + 2 + 6 + 2 + 10])
  }

  @Test func `says unknown, yes and no apart from zero and nothing`() {
    var table = Table([.init("a", "A"), .init("b", "B"), .init("c", "C"), .init("d", "D")])
    table.append([.none, .flag(true), .flag(false), .count(0)])
    #expect(TerminalTable(table).render().split(separator: "\n").last == "-  yes  no  0")
  }

  @Test func `without rows is its heading`() {
    let table = Table([.init("app", "App"), .init("users", "Users")])
    #expect(TerminalTable(table).render() == "App  Users\n---  -----\n")
  }

  @Test func `leaves no spaces at the end of a line`() {
    var table = Table([.init("app", "App"), .init("note", "Note")])
    table.append([.text("x"), .text("")])
    table.append([.text("long name"), .text("ends in spaces   ")])
    let lines = TerminalTable(table).render().split(separator: "\n")
    #expect(lines.allSatisfy { !$0.hasSuffix(" ") })
  }
}
