import AlmanacCore

/// A column of a table as people see it, in a terminal or in Markdown.
struct ShownColumn {
  let heading: String
  /// The text of each row, on one line.
  let texts: [String]
  /// Whether it holds numbers, which stand at the right.
  let isRight: Bool
  /// Whether its texts may be cut. Numbers and dates would mislead.
  let canBeCut: Bool
  /// Whether a cut takes the beginning of a text.
  let isCutAtBeginning: Bool

  /// The columns of the terminal that its widest text takes.
  var width: Int { texts.map(\.terminalWidth).reduce(heading.terminalWidth, max) }

  static func columns(of table: Table) -> [ShownColumn] {
    table.columns.indices.map { index in
      ShownColumn(table.columns[index], cells: table.rows.map { $0[index] })
    }
  }

  private init(_ column: Table.Column, cells: [Table.Cell]) {
    let numbers = cells.compactMap { cell -> Double? in
      if case .number(let number) = cell { number } else { nil }
    }
    // The numbers of a column have the same decimals, so that their points stand in line.
    let decimals = numbers.map(\.shownDecimals).max() ?? 2
    heading = column.heading.oneLine
    texts = cells.map { Self.text(of: $0, column.style, decimals: decimals) }
    isCutAtBeginning = column.style == .course
    isRight =
      ![.plain, .course].contains(column.style)
      || cells.contains { cell in
        switch cell {
        case .count, .number: true
        default: false
        }
      }
    canBeCut =
      !isRight
      && cells.contains { cell in
        if case .text(let text) = cell { Day(text) == nil } else { false }
      }
  }

  private static func text(of cell: Table.Cell, _ style: Table.Style, decimals: Int) -> String {
    switch cell {
    case .text(let text): text.oneLine
    case .count(let count):
      style == .plain ? count.grouped : text(of: Double(count), style, decimals: decimals)
    case .number(let number): text(of: number, style, decimals: decimals)
    case .flag(let flag): flag ? "yes" : "no"
    case .none: "-"
    }
  }

  private static func text(of number: Double, _ style: Table.Style, decimals: Int) -> String {
    guard number.isFinite else { return "-" }
    switch style {
    case .plain, .course:
      // A number that is not zero is not shown as zero.
      if number != 0, number.magnitude < 0.000_000_5 {
        return number < 0 ? ">-0.000001" : "<0.000001"
      }
      return number.grouped(decimals: decimals)
    case .share: return number.percent
    case .change: return number.signed(number.percent)
    case .difference: return number.signed((number * 100).grouped(decimals: 1)) + " pp"
    }
  }
}
