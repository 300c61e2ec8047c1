import AlmanacCore

/// A table as JSON Lines: an object for each row, its keys in the order of the columns.
///
/// Written by hand, since JSONEncoder cannot keep an order. Unknown is `null`, and so is what is
/// not a finite number.
package struct JSONLines {
  private let table: Table

  package init(_ table: Table) {
    self.table = table
  }

  /// One line a row, compact, each ended by LF; nothing for a table without rows.
  package func render() -> String {
    let keys = table.columns.map { Self.quoted($0.name) + ":" }
    return table.rows.map { row in
      "{" + zip(keys, row).map { $0 + Self.text($1) }.joined(separator: ",") + "}\n"
    }.joined()
  }

  private static func text(_ cell: Table.Cell) -> String {
    switch cell {
    case .text(let text): quoted(text)
    case .count(let count): String(count)
    case .number(let number): number.isFinite ? number.plain : "null"
    case .flag(let flag): flag ? "true" : "false"
    case .none: "null"
    }
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x22: quoted += "\\\""
      case 0x5C: quoted += "\\\\"
      case 0x0A: quoted += "\\n"
      case 0x0D: quoted += "\\r"
      case 0x09: quoted += "\\t"
      // Beyond what JSON asks for: some readers take NEL and Unicode's separators for line ends.
      case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
