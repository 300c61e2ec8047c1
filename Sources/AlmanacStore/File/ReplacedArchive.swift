import AlmanacCore
import Foundation
import GRDBSQLite

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The archive that a restored one replaces.
final class ReplacedArchive {
  private let path: String
  /// The name that it gets.
  let kept: String
  let isThere: Bool
  let status: stat
  /// A connection that keeps every other program out. GRDB would read the file as soon as it opens
  /// it, and a log that does not fit would be deleted then.
  private var connection: OpaquePointer?

  init(_ path: String, at now: Date) {
    self.path = path
    let moment = now.iso8601.filter { !"-:".contains($0) }
    kept = ArchiveCopy.unusedName("\(path).replaced-\(moment)")
    var status = stat()
    isThere = stat(path, &status) == 0 && status.st_size > 0
    self.status = status
  }

  /// Whether it begins like a database.
  var isDatabase: Bool { DatabaseFile.isDatabase(path) }

  deinit { sqlite3_close(connection) }

  /// Keeps other programs out, and moves the log into the archive where both are whole. A file that
  /// SQLite cannot read is left to be replaced: that is what backups are for.
  func claim(_ action: String) throws {
    guard isThere else { return }
    sqlite3_open_v2(path, &connection, SQLITE_OPEN_READWRITE, nil)
    Archive.keepLog(connection)
    sqlite3_busy_timeout(connection, 2000)
    let code = sqlite3_exec(
      connection, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT", nil, nil, nil)
    guard ![SQLITE_BUSY, SQLITE_LOCKED].contains(code) else {
      throw AlmanacError(
        .locked, action, cause: "another program has the archive open",
        hint: "close it (`fuser \(path)` tells which it is), then try again; the archive was left "
          + "as it is")
    }
    guard code == SQLITE_OK, CrashRecovery.logSize(path) > 0,
      rows("PRAGMA integrity_check(1)") == ["ok"], rows("PRAGMA foreign_key_check") == []
    else { return }
    sqlite3_exec(connection, "PRAGMA wal_checkpoint(TRUNCATE)", nil, nil, nil)
  }

  /// The first column of a query's rows; `nil` if it fails.
  private func rows(_ sql: String) -> [String]? {
    var statement: OpaquePointer?
    guard sqlite3_prepare_v2(connection, sql, -1, &statement, nil) == SQLITE_OK else { return nil }
    defer { sqlite3_finalize(statement) }
    var rows: [String] = []
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW:
        rows.append(sqlite3_column_text(statement, 0).map { String(cString: $0) } ?? "")
      case SQLITE_DONE: return rows
      default: return nil
      }
    }
  }

  /// Gives the place to another file, in one step where the file system has hard links. A log that
  /// is left goes with the archive that it belongs to.
  func give(place: String, to partial: String, _ action: String) throws {
    var undo: [(old: String, new: String)] = []
    do {
      if isThere, link(path, kept) != 0 {
        guard [EPERM, EOPNOTSUPP, ENOSYS].contains(errno) else { throw fault(path, kept, action) }
        try move(path, to: kept, action, &undo)
      }
      for suffix in ["-wal", "-journal"] where CrashRecovery.size(path + suffix) > 0 {
        try move(path + suffix, to: kept + suffix, action, &undo)
      }
      for suffix in ["-wal", "-journal"] { unlink(path + suffix) }
      try move(partial, to: place, action, &undo)
    } catch {
      for (old, new) in undo.reversed() { rename(new, old) }
      if Archive.areOneFile(path, kept) { unlink(kept) }
      throw error
    }
    unlink(path + "-shm")
  }

  private func move(
    _ old: String, to new: String, _ action: String, _ undo: inout [(old: String, new: String)]
  ) throws {
    guard rename(old, new) == 0 else { throw fault(old, new, action) }
    undo.append((old, new))
  }

  private func fault(_ old: String, _ new: String, _ action: String) -> AlmanacError {
    AlmanacError(
      .unusableArchive, action,
      cause: "moving \(old) to \(new): \(String(cString: strerror(errno)).lowercased())",
      hint: "check its folder with `ls -ld \(path.folder)`; the archive was left as it is")
  }
}
