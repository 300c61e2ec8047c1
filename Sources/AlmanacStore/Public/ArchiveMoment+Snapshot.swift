import AlmanacCore
import Foundation
import GRDB
import GRDBSQLite

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension ArchiveMoment {
  /// Writes the public views as tables with indexes into one file without a log, which nobody may
  /// write to. It takes the place of an older snapshot only.
  ///
  /// Throws an ``AlmanacError``; an older snapshot is left as it was then.
  ///
  /// - Returns: the size of the file in bytes
  package func writeSnapshot(to target: String) throws -> Int {
    let action = "writing a snapshot of \(path) to \(target.isEmpty ? "\"\"" : target)"
    let copy = ArchiveCopy(to: target, like: CanonicalPath.of(path), isReadOnly: true)
    let kind = mark.isDemo ? Schema.demoSnapshotID : Schema.snapshotID
    try Archive.checkTarget(target, copy.path, of: path, action, mark: kind)
    return try Archive.translatingErrors(action, target) {
      var size = 0
      try copy.make { partial in
        let queue = try DatabaseQueue(path: partial)
        try queue.inDatabase { db in
          // Nobody reads it before it is whole, and the file is put on disk as one.
          try db.execute(sql: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
          try db.inTransaction {
            for table in tables { try write(table, to: db, action, target) }
            try Archive.mark(db, as: kind)
            return .commit
          }
          try db.execute(sql: "ANALYZE")
          size = try Archive.size(db)
        }
        try queue.close()
      }
      return size
    }
  }

  private func write(
    _ table: PublicTable, to db: Database, _ action: String, _ target: String
  ) throws {
    var columns = table.columns.map {
      "\"\($0.name)\" \($0.type.rawValue)" + (table.key.contains($0.name) ? " NOT NULL" : "")
    }
    if !table.key.isEmpty, !table.isNumbered {
      columns.append("PRIMARY KEY (\(table.key.map { "\"\($0)\"" }.joined(separator: ", ")))")
    }
    try db.execute(sql: "CREATE TABLE \(table.name) (\(columns.joined(separator: ", ")))")
    let places = table.columns.map { _ in "?" }.joined(separator: ", ")
    let insert = try db.makeStatement(sql: "INSERT INTO \(table.name) VALUES (\(places))")
    var rows = BoundStatement(db, insert)
    for part in parts(of: table) {
      try forEachRow(of: table, part) { row in
        for place in table.columns.indices { rows.bind(row, place) }
        // An error of the snapshot must not be told as one of the archive.
        try Archive.translatingErrors(action, target) { try rows.run() }
      }
    }
    for index in table.indexes {
      let name = "\(table.name)_by_\(index.joined(separator: "_"))"
      try db.execute(
        sql: "CREATE INDEX \(name) ON \(table.name) (\(index.joined(separator: ", ")))")
    }
  }
}

extension PublicTable {
  /// What tools ask for beside the key: a range of dates, and an app by its name.
  fileprivate var indexes: [[String]] {
    [["date"], ["app", "date"], ["app", "read_at"]].filter { index in
      index.allSatisfy { column($0) != nil }
    }
  }
}
