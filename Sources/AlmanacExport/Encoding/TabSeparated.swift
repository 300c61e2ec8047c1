import AlmanacStore

/// Lines of tab-separated text, as PostgreSQL's COPY and ClickHouse's TabSeparated read them.
struct TabSeparated: RowEncoder {
  /// Whether it is read by PostgreSQL, which takes no text but UTF-8 without a zero byte, and has no
  /// year 0000.
  private let isForPostgreSQL: Bool

  static let postgreSQL = TabSeparated(isForPostgreSQL: true)
  static let clickHouse = TabSeparated(isForPostgreSQL: false)

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
      case .date: row.withText(place) { append(date: $0, to: &bytes) }
      case .text:
        row.withText(place) { text in
          if text.allSatisfy(Self.isPlain) {
            bytes.append(contentsOf: text)
          } else {
            append(String(decoding: text, as: UTF8.self), to: &bytes)
          }
        }
      }
    }
    bytes.append(UInt8(ascii: "\n"))
  }

  /// Whether a byte is ASCII and means itself to every engine.
  private static func isPlain(_ byte: UInt8) -> Bool {
    byte > UInt8(ascii: "\r") && byte < 0x80 && byte != UInt8(ascii: "\\")
  }

  private func append(date: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
    guard isForPostgreSQL, date.starts(with: "0000-".utf8) else {
      return bytes.append(contentsOf: date)
    }
    bytes.append(contentsOf: "0001-".utf8)
    bytes.append(contentsOf: date.dropFirst(5))
    bytes.append(contentsOf: " BC".utf8)
  }

  /// Appends a text. Bytes that were no UTF-8 have become the replacement character by now.
  private func append(_ text: String, to bytes: inout [UInt8]) {
    for byte in text.utf8 {
      switch byte {
      case 0: bytes.append(contentsOf: (isForPostgreSQL ? "␀" : "\\0").utf8)
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
      append(value, to: &bytes)
    }
    for number in numbers {
      bytes.append(UInt8(ascii: "\t"))
      bytes.append(contentsOf: number.utf8)
    }
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }
}
