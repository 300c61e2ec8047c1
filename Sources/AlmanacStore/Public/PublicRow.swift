import GRDB
import GRDBSQLite

/// The present row of a query. It holds as long as the call to which it is given.
package struct PublicRow {
  private let statement: SQLiteStatement

  init(_ statement: SQLiteStatement) { self.statement = statement }

  package func isNull(_ column: Int) -> Bool {
    sqlite3_column_type(statement, Int32(column)) == SQLITE_NULL
  }

  /// SQLite's own value of a column.
  func value(_ column: Int) -> OpaquePointer? { sqlite3_column_value(statement, Int32(column)) }

  /// The value of a column that is not NULL.
  package func integer(_ column: Int) -> Int {
    Int(sqlite3_column_int64(statement, Int32(column)))
  }

  /// The value of a column that is not NULL.
  package func real(_ column: Int) -> Double { sqlite3_column_double(statement, Int32(column)) }

  /// Gives the UTF-8 of a column that is not NULL.
  package func withText<Result>(
    _ column: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result {
    let text = sqlite3_column_text(statement, Int32(column))
    let count = Int(sqlite3_column_bytes(statement, Int32(column)))
    return try body(UnsafeBufferPointer(start: text, count: text == nil ? 0 : count))
  }

  /// The text of a column that is not NULL.
  package func text(_ column: Int) -> String {
    withText(column) { String(decoding: $0, as: UTF8.self) }
  }
}
