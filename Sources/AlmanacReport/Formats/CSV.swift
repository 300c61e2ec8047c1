import AlmanacCore

/// A table as comma-separated values after RFC 4180, headed by the names of the columns.
///
/// Lines end with LF alone, although the RFC says CRLF: Unix tools want it, and every reader takes
/// it. An unknown value is nothing between the commas, an empty text is `""`, and flags are `true`
/// and `false`. A text that a spreadsheet would run as a formula is left as it is unless it is
/// for one, so that a program reads back the name that the server has.
package struct CSV: TextOutputStreamable {
  private let records: Records
  private let isForSpreadsheets: Bool

  /// - Parameter isForSpreadsheets: whether a byte order mark comes first, and no text is taken for a
  ///   formula
  package init(_ records: Records, isForSpreadsheets: Bool = false) {
    self.records = records
    self.isForSpreadsheets = isForSpreadsheets
  }

  /// Writes UTF-8.
  package func write(to stream: inout some TextOutputStream) {
    if isForSpreadsheets { stream.write(String.byteOrderMark) }
    stream.write(records.columns.map { $0.name.csvField }.joined(separator: ",") + "\n")
    for row in records.rows {
      stream.write(row.lazy.map(text).joined(separator: ",") + "\n")
    }
  }

  private func text(_ cell: Table.Cell) -> String {
    switch cell {
    case .text(let text): (isForSpreadsheets ? text.defused : text).csvField
    case .count(let count): String(count)
    case .number(let number): number.isFinite ? number.plain : ""
    case .flag(let flag): flag ? "true" : "false"
    case .none: ""
    }
  }
}
