import Foundation
import GRDB

extension SimulatedCollection {
  /// The columns of every table of the archive, each as `table.column`.
  package func columns() throws -> [String] {
    try rows(
      """
      SELECT sqlite_master.name || '.' || column.name
      FROM sqlite_master JOIN pragma_table_info(sqlite_master.name) AS column
      WHERE sqlite_master.type = 'table' ORDER BY 1
      """
    ).compactMap { $0[0] }
  }

  /// Writes a value into a column of all rows of a file, as far as its keys let, whatever the schema
  /// says to that: as a person does who knows `PRAGMA writable_schema`. Returns whether it got in.
  ///
  /// - Parameters:
  ///   - column: as `table.column`
  ///   - value: an expression
  package static func force(_ value: String, into column: String, path: String) throws -> Bool {
    let names = column.split(separator: ".")
    return try DatabaseQueue(path: path).writeWithoutTransaction { db in
      let text = try String.fetchOne(
        db, sql: "SELECT sql FROM sqlite_master WHERE name = ?", arguments: [names[0].description])
      guard let text else { return false }
      let lax = text.replacing("NOT NULL", with: "").replacing("STRICT,", with: "")
        .replacing(") STRICT", with: ")")
      try declare(db, names[0], as: lax)
      try db.execute(sql: "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON")
      do {
        try db.execute(
          sql: "UPDATE OR IGNORE \"\(names[0])\" SET \"\(names[1])\" = \(value)")
      } catch is DatabaseError {
        // The key of a row is a whole number whatever the schema says.
        return false
      }
      let count = db.changesCount
      try declare(db, names[0], as: text)
      try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
      return count > 0
    }
  }

  private static func declare(_ db: Database, _ table: Substring, as sql: String) throws {
    try db.execute(sql: "PRAGMA writable_schema = ON")
    try db.execute(
      sql: "UPDATE sqlite_master SET sql = ? WHERE name = ?",
      arguments: [sql, table.description])
    try db.execute(sql: "PRAGMA writable_schema = RESET")
  }
}
