// AlmanacExport carries the archive into other engines.
// Owns: the forms of a row outside (Encoding/), files with a manifest (Files/), the script for psql
// (PostgreSQL/), the load over HTTP (ClickHouse/). All of them take tables and columns from the
// archive's public views.
// Refuses: questions, and SQL about the archive. It sees one moment of the archive, as
// `ArchiveMoment` gives it.

import AlmanacStore

/// Writes rows of a public table in the form of another program.
protocol RowEncoder {
  /// The table's rows are about to come.
  mutating func begin(_ table: PublicTable, into bytes: inout [UInt8])
  /// Appends a row, whose columns are those of the table.
  mutating func encode(_ row: PublicRow, of table: PublicTable, into bytes: inout [UInt8])
}

extension RowEncoder {
  mutating func begin(_ table: PublicTable, into bytes: inout [UInt8]) {}
}

/// A place for bytes, in order.
package protocol ByteStream {
  mutating func write(_ bytes: [UInt8]) throws
}

extension ByteStream {
  mutating func write(_ text: String) throws { try write(Array(text.utf8)) }

  /// Writes rows of a table, some kilobytes at a time. Returns how many.
  @discardableResult
  mutating func write(
    _ table: PublicTable, _ part: ArchiveMoment.Part = .all, of moment: ArchiveMoment,
    isOrdered: Bool = false, as encoder: inout some RowEncoder
  ) throws -> Int {
    var bytes: [UInt8] = []
    var count = 0
    try moment.forEachRow(of: table, part, isOrdered: isOrdered) { row in
      encoder.encode(row, of: table, into: &bytes)
      count += 1
      if bytes.count >= 65_536 {
        try write(bytes)
        bytes.removeAll(keepingCapacity: true)
      }
    }
    if !bytes.isEmpty { try write(bytes) }
    return count
  }
}

extension [UInt8] {
  mutating func append(_ number: Int) {
    if number < 0 { append(UInt8(ascii: "-")) }
    var left = number.magnitude
    let start = count
    repeat {
      append(UInt8(ascii: "0") + UInt8(left % 10))
      left /= 10
    } while left > 0
    self[start...].reverse()
  }

  /// Appends the shortest text that every program reads back as this number.
  mutating func append(_ number: Double) {
    if number == number.rounded(), number.magnitude < 0x1p53 {
      append(Int(number))
    } else {
      append(contentsOf: number.description.utf8)
    }
  }
}
