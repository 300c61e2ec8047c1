import AlmanacCore
import AlmanacReport
import Testing

@Suite struct `An answer as Markdown` {
  @Test func `is a table of GitHub's with numbers at the right`() {
    var table = Table([
      .init("app", "App"), .init("users", "Users"), .init("rate", "Error rate", .share),
      .init("change", "Change", .change), .init("retired", "Retired"),
    ])
    table.append([.text("Docs"), .count(1234), .number(0.123), .number(-0.04), .flag(true)])
    table.append([.text("客服"), .none, .none, .none, .none])
    #expect(
      MarkdownTable(table).render() == """
        | App | Users | Error rate | Change | Retired |
        | --- | ---: | ---: | ---: | --- |
        | Docs | 1,234 | 12.3% | -4.0% | yes |
        | 客服 | - | - | - | - |

        """)
  }

  @Test(arguments: [
    ("a|b", #"a\|b"#), (#"a\|b"#, #"a\\\|b"#), ("one\ntwo", "one two"), ("one\r\ntwo", "one two"),
    ("<script>", #"\<script>"#), ("*bold*", #"\*bold\*"#), ("`x`", #"\`x\`"#),
    ("[a](b)", #"\[a](b)"#),
    ("snake_case", #"snake\_case"#), ("~~x~~", #"\~\~x\~\~"#), ("&amp;", #"\&amp;"#),
    ("|\u{301}", "\\|\u{301}"), ("plain - text #1", "plain - text #1"),
  ])
  func `shows a name as it is`(text: String, cell: String) {
    var table = Table([.init("app", "App")])
    table.append([.text(text)])
    #expect(MarkdownTable(table).render() == "| App |\n| --- |\n| \(cell) |\n")
  }

  @Test func `without rows is its heading`() {
    #expect(MarkdownTable(Table([.init("a", "A")])).render() == "| A |\n| --- |\n")
  }
}
