import AlmanacStore

/// Lines of tab-separated text, as PostgreSQL's COPY and ClickHouse's TabSeparated read them.
struct TabSeparated: RowEncoder {
  /// The text for a zero byte in a name.
  private let zero: [UInt8]

  /// PostgreSQL has no text with a zero byte; the symbol for one stands in its place.
  static let postgreSQL = TabSeparated(zero: Array("␀".utf8))
  static let clickHouse = TabSeparated(zero: Array("\\0".utf8))

  func encode(_ row: PublicRow, of table: PublicTable, into bytes: inout [UInt8]) {
    for (place, column) in table.columns.enumerated() {
      if place > 0 { bytes.append(UInt8(ascii: "\t")) }
      guard !row.isNull(place) else {
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(UInt8(ascii: "N"))
        continue
      }
      switch column.type {
      case .integer: bytes.append(row.integer(place))
      case .real: bytes.append(row.real(place))
      case .text, .date:
        row.withText(place) { text in
          if text.contains(where: { $0 <= UInt8(ascii: "\r") || $0 == UInt8(ascii: "\\") }) {
            append(text, to: &bytes)
          } else {
            bytes.append(contentsOf: text)
          }
        }
      }
    }
    bytes.append(UInt8(ascii: "\n"))
  }

  /// Appends a value of a line that is no row of a table.
  func append(_ text: some Collection<UInt8>, to bytes: inout [UInt8]) {
    for byte in text {
      switch byte {
      case 0: bytes.append(contentsOf: zero)
      case UInt8(ascii: "\t"): bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "t")])
      case UInt8(ascii: "\n"): bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
      case UInt8(ascii: "\r"): bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "r")])
      case UInt8(ascii: "\\"): bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "\\")])
      default: bytes.append(byte)
      }
    }
  }

  /// The line of some texts, which may hold any character, and of numbers behind them.
  func line(_ values: [String], then numbers: [String] = []) -> [UInt8] {
    var bytes: [UInt8] = []
    for (place, value) in values.enumerated() {
      if place > 0 { bytes.append(UInt8(ascii: "\t")) }
      append(value.utf8, to: &bytes)
    }
    for number in numbers {
      bytes.append(UInt8(ascii: "\t"))
      bytes.append(contentsOf: number.utf8)
    }
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }
}
