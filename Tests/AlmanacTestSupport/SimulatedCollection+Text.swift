import CZlib
import Foundation
import GRDB

extension SimulatedCollection {
  /// Everything that the tables of an archive hold, captures as they came.
  package static func everything(path: String) throws -> String {
    try DatabaseQueue(path: path).read { db in
      let tables = try String.fetchAll(
        db, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
      let texts = try tables.flatMap { table in
        try Row.fetchAll(db, sql: "SELECT * FROM \"\(table)\"").map(\.description)
      }
      let captures = try Row.fetchAll(db, sql: "SELECT size, body FROM capture").map { row in
        inflated(row[1], size: row[0])
      }
      return (texts + captures).joined(separator: "\n")
    }
  }

  private static func inflated(_ body: Data, size: Int) -> String {
    var bytes = [UInt8](repeating: 0, count: size)
    var count = UInt(size)
    let code = body.withUnsafeBytes { uncompress(&bytes, &count, $0.baseAddress, UInt(body.count)) }
    return code == Z_OK ? String(decoding: bytes, as: UTF8.self) : "not compressed"
  }
}
