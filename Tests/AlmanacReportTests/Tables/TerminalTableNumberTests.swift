import AlmanacCore
import AlmanacReport
import Testing

@Suite struct `A number in a terminal` {
  private static func shown(_ cells: [Table.Cell], _ style: Table.Style = .plain) -> [String] {
    var table = Table([.init("value", "V", style)])
    for cell in cells { table.append([cell]) }
    return TerminalTable(table).render().split(separator: "\n").dropFirst(2)
      .map { String($0.drop { $0 == " " }) }
  }

  @Test(arguments: [
    (0, "0.00"), (1, "1.00"), (1234.56, "1,234.56"), (-1234.56, "-1,234.56"),
    (1_234_567.891, "1,234,567.89"), (999.999, "1,000.00"), (0.5, "0.50"), (0.123456, "0.123"),
    (0.0123456, "0.0123"), (0.012, "0.012"), (-0.00123, "-0.00123"), (0.9999, "1.00"),
    (0.000_012_3, "0.000012"), (1e-9, "<0.000001"), (-1e-9, ">-0.000001"),
    (1.5e20, "1.500e+20"), (-0.0, "0.00"), (.infinity, "-"), (.nan, "-"),
  ])
  func `has two decimals, and three digits where it is small`(number: Double, text: String) {
    #expect(Self.shown([.number(number)]) == [text])
  }

  @Test func `has as many decimals as the others of its column`() {
    #expect(
      Self.shown([.number(1234.5), .number(0.00123), .number(0), .count(12), .none])
        == ["1,234.50000", "0.00123", "0.00000", "12", "-"])
  }

  @Test(arguments: [
    (Table.Style.share, 0.123, "12.3%"), (.share, 0, "0.0%"), (.share, 12.345, "1,234.5%"),
    (.share, -0.0001, "0.0%"),
    (.change, 0.123, "+12.3%"), (.change, -0.04, "-4.0%"), (.change, 0, "0.0%"),
    (.change, 0.0001, "0.0%"), (.change, 25, "+2,500.0%"), (.change, -0.0001, "0.0%"),
    (.difference, 0.012, "+1.2 pp"), (.difference, -0.3, "-30.0 pp"), (.difference, 0, "0.0 pp"),
    (.plain, 0.123, "0.123"),
  ])
  func `is a share, a change or points by its column`(
    style: Table.Style, number: Double, text: String
  ) {
    #expect(Self.shown([.number(number)], style) == [text])
  }

  @Test func `stands at the right, unknown or not`() {
    var table = Table([
      .init("app", "App"), .init("share", "Share", .share), .init("change", "Change", .change),
      .init("points", "Difference", .difference),
    ])
    table.append([.text("a"), .number(0.05), .number(-0.5), .number(0.1)])
    table.append([.text("b"), .none, .none, .none])
    #expect(
      TerminalTable(table).render() == """
        App  Share  Change  Difference
        ---  -----  ------  ----------
        a     5.0%  -50.0%    +10.0 pp
        b        -       -           -

        """)
  }
}
