import GRDB
import GRDBSQLite

/// A cached statement bound value by value, by position.
///
/// The archive writes millions of small rows; binding without boxing each value is what keeps
/// that near the speed of SQLite itself.
struct BoundStatement {
  private let db: Database
  private let statement: Statement
  private var position: Int32 = 0

  init(_ db: Database, _ sql: String) throws {
    self.db = db
    statement = try db.cachedStatement(sql: sql)
  }

  mutating func bind(_ value: Int) {
    position += 1
    sqlite3_bind_int64(statement.sqliteStatement, position, Int64(value))
  }

  mutating func bind(_ value: Int?) {
    guard let value else { return bindNull() }
    bind(value)
  }

  mutating func bind(_ value: Double?) {
    guard let value else { return bindNull() }
    position += 1
    sqlite3_bind_double(statement.sqliteStatement, position, value)
  }

  mutating func bind(_ value: String) {
    position += 1
    // SQLITE_TRANSIENT: SQLite copies the text before the call returns.
    let copies = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    var value = value
    value.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        _ = sqlite3_bind_text(
          statement.sqliteStatement, position, $0.baseAddress, Int32($0.count), copies)
      }
    }
  }

  private mutating func bindNull() {
    position += 1
    sqlite3_bind_null(statement.sqliteStatement, position)
  }

  /// Runs the statement with what is bound, and starts over with the first position.
  mutating func run() throws {
    position = 0
    let code = sqlite3_step(statement.sqliteStatement)
    sqlite3_reset(statement.sqliteStatement)
    guard code == SQLITE_DONE else {
      throw DatabaseError(
        resultCode: ResultCode(rawValue: code),
        message: String(cString: sqlite3_errmsg(db.sqliteConnection)))
    }
  }
}
