import AlmanacCore

/// A table as JSON Lines: an object for each row, its keys in the order of the columns.
///
/// Written by hand, as JSON is: JSONEncoder keeps no order, and holds all of an answer several times.
/// Unknown is `null`, and so is what is not a finite number.
package struct JSONLines: TextOutputStreamable {
  private let records: Records

  package init(_ records: Records) {
    self.records = records
  }

  /// One line a row, compact, each ended by LF; nothing where there is no row.
  package func write(to stream: inout some TextOutputStream) {
    let keys = records.columns.map { $0.name.quotedAsJSON + ":" }
    for row in records.rows {
      var line = ""
      for (place, (key, cell)) in zip(keys, row).enumerated() {
        line += (place == 0 ? "{" : ",") + key + Self.text(cell)
      }
      stream.write(line + "}\n")
    }
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
