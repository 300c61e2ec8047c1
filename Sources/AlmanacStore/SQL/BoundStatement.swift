import GRDB
import GRDBSQLite

/// A cached statement, bound and read value by value, by position.
///
/// The archive reads and writes millions of small rows. Without a box around each value, that is
/// nearly as fast as SQLite itself.
struct BoundStatement {
  private let db: Database
  private let statement: Statement
  /// SQLite's own, which the statement keeps.
  private let raw: SQLiteStatement
  private var position: Int32 = 0

  init(_ db: Database, _ sql: String) throws {
    self.init(db, try db.cachedStatement(sql: sql))
  }

  init(_ db: Database, _ statement: Statement) {
    self.db = db
    self.statement = statement
    raw = statement.sqliteStatement
  }

  /// SQLite's own statement, for those who read the current row by themselves.
  var pointer: SQLiteStatement { raw }

  /// Ends a run before its last row.
  mutating func reset() {
    position = 0
    sqlite3_reset(raw)
  }

  mutating func bind(_ value: Int) {
    position += 1
    sqlite3_bind_int64(raw, position, Int64(value))
  }

  mutating func bind(_ value: Int?) {
    guard let value else { return bindNull() }
    bind(value)
  }

  mutating func bind(_ value: Double?) {
    guard let value else { return bindNull() }
    position += 1
    sqlite3_bind_double(raw, position, value)
  }

  mutating func bind(_ value: String?) {
    guard var value else { return bindNull() }
    position += 1
    // SQLITE_TRANSIENT: SQLite copies the text before the call returns.
    let copies = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    value.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        _ = sqlite3_bind_text(
          raw, position, $0.baseAddress, Int32($0.count), copies)
      }
    }
  }

  /// Takes over a value of a row, whatever its type.
  mutating func bind(_ row: PublicRow, _ column: Int) {
    position += 1
    if let value = row.value(column) {
      sqlite3_bind_value(raw, position, value)
    } else {
      sqlite3_bind_null(raw, position)
    }
  }

  /// Leaves values as they were bound for the run before.
  mutating func skip(_ count: Int) { position += Int32(count) }

  private mutating func bindNull() {
    position += 1
    sqlite3_bind_null(raw, position)
  }

  /// Runs the statement with the bound values. The next value is bound at the first position again.
  mutating func run() throws {
    while try step() {}
  }

  /// Moves to the next row; returns `false` after the last one. Then, and after an error, the next
  /// value is bound at the first position again.
  mutating func step() throws -> Bool {
    let code = sqlite3_step(raw)
    if code == SQLITE_ROW { return true }
    position = 0
    sqlite3_reset(raw)
    guard code == SQLITE_DONE else {
      throw DatabaseError(
        resultCode: ResultCode(rawValue: code),
        message: String(cString: sqlite3_errmsg(db.sqliteConnection)))
    }
    return false
  }

  /// Calls the body with each row whose first column is one of the days, and with that day's index.
  /// Rows and days must ascend.
  mutating func forEach(of days: [Int], _ body: (Int, BoundStatement) throws -> Void) throws {
    var place = 0
    while try step() {
      let day = integer(0)
      while place < days.count, days[place] < day { place += 1 }
      if place < days.count, days[place] == day { try body(place, self) }
    }
  }

  /// A column of the current row, which is not NULL.
  func integer(_ column: Int32) -> Int {
    Int(sqlite3_column_int64(raw, column))
  }

  /// A column of the current row; `nil` for NULL.
  func integer(orNull column: Int32) -> Int? {
    isNull(column) ? nil : integer(column)
  }

  /// A column of the current row; `nil` for NULL.
  func real(orNull column: Int32) -> Double? {
    isNull(column) ? nil : sqlite3_column_double(raw, column)
  }

  /// A column of the current row. Throws as a ``CheckedRow`` does.
  func value<Value: DatabaseValueConvertible>(_ column: Int32) throws -> Value {
    let held = DatabaseValue(sqliteStatement: raw, index: column)
    guard let value = Value.fromDatabaseValue(held) else {
      throw DatabaseError.unusable(held, column: statement.columnNames[Int(column)])
    }
    return value
  }

  /// A column of the current row; `nil` for NULL. Throws as a ``CheckedRow`` does.
  func value<Value: DatabaseValueConvertible>(orNull column: Int32) throws -> Value? {
    isNull(column) ? nil : try value(column)
  }

  private func isNull(_ column: Int32) -> Bool {
    sqlite3_column_type(raw, column) == SQLITE_NULL
  }
}
