import AlmanacCore

/// A table as JSON Lines: an object for each row, its keys in the order of the columns.
///
/// Written by hand, as JSON is: JSONEncoder keeps no order, and holds all of an answer several times.
/// Unknown is `null`, and so is what is not a finite number.
package struct JSONLines {
  private let table: Table

  package init(_ table: Table) {
    self.table = table
  }

  /// One line a row, compact, each ended by LF; nothing for a table without rows.
  package func render() -> String {
    let keys = table.columns.map { $0.name.quotedAsJSON + ":" }
    var text = ""
    for row in table.rows {
      for (place, (key, cell)) in zip(keys, row).enumerated() {
        text += (place == 0 ? "{" : ",") + key + Self.text(cell)
      }
      text += "}\n"
    }
    return text
  }

  private static func text(_ cell: Table.Cell) -> String {
    switch cell {
    case .text(let text): text.quotedAsJSON
    case .count(let count): String(count)
    case .number(let number): number.isFinite ? number.plain : "null"
    case .flag(let flag): flag ? "true" : "false"
    case .none: "null"
    }
  }
}
