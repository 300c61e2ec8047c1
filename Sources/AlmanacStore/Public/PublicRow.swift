import GRDB
import GRDBSQLite

/// The present row of a query, or of several side by side. It holds as long as the call to which it is
/// given.
package struct PublicRow {
  /// The place of a column: the number of a statement, and the column there.
  struct Cell {
    let statement: Int
    let column: Int32

    init(_ statement: Int, _ column: Int32) {
      self.statement = statement
      self.column = column
    }
  }

  private let cells: [Cell]
  /// The statements; `nil` for one that has no row here, so that its columns are NULL.
  var statements: [SQLiteStatement?]

  init(_ cells: [Cell], _ statements: [SQLiteStatement?]) {
    self.cells = cells
    self.statements = statements
  }

  package func isNull(_ column: Int) -> Bool {
    let (statement, column) = place(column)
    return statement == nil || sqlite3_column_type(statement, column) == SQLITE_NULL
  }

  /// The value of a column that is not NULL.
  package func integer(_ column: Int) -> Int {
    let (statement, column) = place(column)
    return Int(sqlite3_column_int64(statement, column))
  }

  /// The value of a column that is not NULL.
  package func real(_ column: Int) -> Double {
    let (statement, column) = place(column)
    return sqlite3_column_double(statement, column)
  }

  /// Gives the UTF-8 of a column that is not NULL.
  package func withText<Result>(
    _ column: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result {
    let (statement, column) = place(column)
    let text = sqlite3_column_text(statement, column)
    let count = Int(sqlite3_column_bytes(statement, column))
    return try body(UnsafeBufferPointer(start: text, count: text == nil ? 0 : count))
  }

  /// The text of a column that is not NULL.
  package func text(_ column: Int) -> String {
    withText(column) { String(decoding: $0, as: UTF8.self) }
  }

  /// SQLite's own value of a column; `nil` where a statement has no row.
  func value(_ column: Int) -> OpaquePointer? {
    let (statement, column) = place(column)
    return statement.flatMap { sqlite3_column_value($0, column) }
  }

  private func place(_ column: Int) -> (SQLiteStatement?, Int32) {
    let cell = cells[column]
    return (statements[cell.statement], cell.column)
  }
}
