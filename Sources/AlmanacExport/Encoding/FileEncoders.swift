import AlmanacCore
import AlmanacStore

/// Rows as CSV (RFC 4180) in UTF-8, lines ended by LF. Nothing between two commas is an unknown value.
struct CommaSeparated: RowEncoder {
  /// Whether a byte order mark comes first, and no text is taken for a formula.
  let isForSpreadsheets: Bool

  func begin(_ table: PublicTable, into bytes: inout [UInt8]) {
    if isForSpreadsheets { bytes.append(contentsOf: String.byteOrderMark.utf8) }
    bytes.append(contentsOf: table.columns.map(\.name.csvField).joined(separator: ",").utf8)
    bytes.append(UInt8(ascii: "\n"))
  }

  func encode(_ row: PublicRow, of table: PublicTable, into bytes: inout [UInt8]) {
    for (place, column) in table.columns.enumerated() {
      if place > 0 { bytes.append(UInt8(ascii: ",")) }
      guard !row.isNull(place) else { continue }
      switch column.type {
      case .integer: bytes.append(row.integer(place))
      case .real: bytes.append(contentsOf: row.real(place).plain.utf8)
      case .date: row.withText(place) { bytes.append(contentsOf: $0) }
      case .text:
        let text = row.text(place)
        bytes.append(contentsOf: (isForSpreadsheets ? text.defused : text).csvField.utf8)
      }
    }
    bytes.append(UInt8(ascii: "\n"))
  }
}

/// Rows as JSON Lines: an object for each, with `null` for an unknown value.
struct JSONObjects: RowEncoder {
  func encode(_ row: PublicRow, of table: PublicTable, into bytes: inout [UInt8]) {
    for (place, column) in table.columns.enumerated() {
      bytes.append(UInt8(ascii: place == 0 ? "{" : ","))
      bytes.append(contentsOf: column.name.quotedAsJSON.utf8)
      bytes.append(UInt8(ascii: ":"))
      guard !row.isNull(place) else {
        bytes.append(contentsOf: "null".utf8)
        continue
      }
      switch column.type {
      case .integer: bytes.append(row.integer(place))
      case .real: bytes.append(contentsOf: row.real(place).plain.utf8)
      case .text, .date: bytes.append(contentsOf: row.text(place).quotedAsJSON.utf8)
      }
    }
    bytes.append(contentsOf: "}\n".utf8)
  }
}
