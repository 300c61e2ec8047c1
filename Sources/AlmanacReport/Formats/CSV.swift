import AlmanacCore

/// A table as comma-separated values after RFC 4180, headed by the names of the columns.
///
/// Lines end with LF alone, although the RFC says CRLF: Unix tools want it, and every reader takes
/// it. An unknown value is nothing between the commas, an empty text is `""`, and flags are `true`
/// and `false`. A text that a spreadsheet would run as a formula is left as it is, so that a
/// program reads back the name that the server has.
package struct CSV: TextOutputStreamable {
  private let records: Records

  package init(_ records: Records) {
    self.records = records
  }

  /// Writes UTF-8 without a byte order mark.
  package func write(to stream: inout some TextOutputStream) {
    stream.write(records.columns.map { Self.quoted($0.name) }.joined(separator: ",") + "\n")
    for row in records.rows {
      stream.write(row.lazy.map(Self.text).joined(separator: ",") + "\n")
    }
  }

  private static func text(_ cell: Table.Cell) -> String {
    switch cell {
    case .text(let text): quoted(text)
    case .count(let count): String(count)
    case .number(let number): number.isFinite ? number.plain : ""
    case .flag(let flag): flag ? "true" : "false"
    case .none: ""
    }
  }

  private static func quoted(_ text: String) -> String {
    // Bytes are compared: to Swift, CR LF is one character that equals neither CR nor LF.
    let needsQuotes =
      text.isEmpty || text.hasPrefix(" ") || text.hasSuffix(" ")
      || text.utf8.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }
    return needsQuotes ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
  }
}
