import AlmanacStore

/// The rows that a load sends to one table, in pieces of tab-separated text.
struct LoadedRows {
  private let moment: ArchiveMoment
  private let table: PublicTable
  private let load: Int
  private var parts: ArraySlice<ArchiveMoment.Part>

  init(_ moment: ArchiveMoment, _ table: PublicTable, _ changes: ArchiveChanges?, load: Int) {
    self.moment = moment
    self.table = table
    self.load = load
    parts = moment.parts(of: table, changes)[...]
  }

  /// The size from which on a piece is sent.
  private static let size = 4 << 20

  /// The next piece, and its number of rows; `nil` behind the last one.
  mutating func next() throws -> (bytes: [UInt8], rows: Int)? {
    var bytes: [UInt8] = []
    var rows = 0
    while bytes.count < Self.size, let part = parts.popFirst() {
      rows += try append(part, to: &bytes)
    }
    return rows > 0 ? (bytes, rows) : nil
  }

  private func append(_ part: ArchiveMoment.Part, to bytes: inout [UInt8]) throws -> Int {
    let encoder = TabSeparated.clickHouse
    let tab = UInt8(ascii: "\t")
    var rows = 0
    try moment.forEachRow(of: table, part, isNumbered: table.isNumbered) { row in
      encoder.encode(row, of: table, into: &bytes)
      bytes.removeLast()
      if table.isNumbered {
        bytes.append(tab)
        bytes.append(row.integer(table.columns.count))
      }
      bytes.append(tab)
      bytes.append(load)
      if table.isKeyed {
        bytes.append(tab)
        bytes.append(UInt8(ascii: "0"))
      }
      bytes.append(UInt8(ascii: "\n"))
      rows += 1
    }
    return rows
  }
}
