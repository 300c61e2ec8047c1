import Crypto
import Foundation
import GRDB
import GRDBSQLite

/// The SHA-256 of all that an archive holds: of its schema, and of each row of each table but
/// `backup`, which says when copies of the rest were made.
struct ArchiveChecksum {
  private var hash = SHA256()
  private var pending: [UInt8] = []
  /// The checksum in hexadecimal digits.
  private(set) var text = ""

  init(of db: Database) throws {
    try add(db, "SELECT type, name, sql FROM sqlite_master ORDER BY type, name")
    let tables = try String.fetchAll(
      db,
      sql: """
        SELECT name FROM sqlite_master
        WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'backup'
          AND sql NOT LIKE 'CREATE VIRTUAL%'
        ORDER BY name
        """)
    for table in tables {
      pending += table.utf8
      // Another SQLite may read by an index, in another order.
      try add(db, "SELECT * FROM \(table.quotedDatabaseIdentifier) NOT INDEXED")
    }
    hash.update(data: pending)
    text = hash.finalize().map { String(format: "%02x", $0) }.joined()
  }

  /// Adds each value of some rows with its type and, where that varies, its length.
  private mutating func add(_ db: Database, _ sql: String) throws {
    let statement = try db.makeStatement(sql: sql)
    let row = statement.sqliteStatement
    let columns = sqlite3_column_count(row)
    var code = sqlite3_step(row)
    while code == SQLITE_ROW {
      for column in 0..<columns { add(row, column) }
      if pending.count > 1 << 20 {
        hash.update(data: pending)
        pending.removeAll(keepingCapacity: true)
      }
      code = sqlite3_step(row)
    }
    sqlite3_reset(row)
    guard code == SQLITE_DONE else {
      throw DatabaseError(
        resultCode: ResultCode(rawValue: code),
        message: String(cString: sqlite3_errmsg(db.sqliteConnection)))
    }
  }

  private mutating func add(_ row: SQLiteStatement, _ column: Int32) {
    let type = sqlite3_column_type(row, column)
    pending.append(UInt8(type))
    switch type {
    case SQLITE_INTEGER: add(UInt64(bitPattern: sqlite3_column_int64(row, column)))
    case SQLITE_FLOAT: add(sqlite3_column_double(row, column).bitPattern)
    case SQLITE_NULL: break
    default:
      // A text is a blob here: its bytes count, whether or not they are characters.
      let bytes = sqlite3_column_blob(row, column)
      let count = Int(sqlite3_column_bytes(row, column))
      add(UInt64(count))
      pending += UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count)
    }
  }

  private mutating func add(_ number: UInt64) {
    withUnsafeBytes(of: number.littleEndian) { pending += $0 }
  }
}
