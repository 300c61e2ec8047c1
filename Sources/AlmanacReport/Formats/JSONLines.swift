import AlmanacCore

/// A table as JSON Lines: an object for each row, its keys in the order of the columns.
///
/// JSONEncoder would keep no order, and would hold a whole answer in memory several times. Unknown
/// is `null`, and so is a number that is not finite.
package struct JSONLines: TextOutputStreamable {
  private let records: Records

  package init(_ records: Records) {
    self.records = records
  }

  /// Writes a compact line for each row, each ended by LF.
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
