import AlmanacCore
import Foundation
import GRDB
import GRDBSQLite

/// The check that an archive and its log belong together after a run was broken off, by a kill or a
/// power cut.
///
/// Such a run leaves a log, `<database>-wal`, and the archive is not whole without it. SQLite takes
/// whatever log it finds: none if somebody has removed it, a foreign one if a backup was put in the
/// archive's place. The two files cannot tell that they do not belong together, so the rows of the
/// archive are checked instead.
///
/// The check reads the whole file, so it is left out after a run that ended, which leaves an empty
/// log. Damage that no run has caused is found when the damaged page is read.
enum CrashRecovery {
  /// Throws an ``AlmanacError`` if the archive and its log do not belong together. Call this before
  /// anything is written.
  ///
  /// Returns whether the newest run was broken off and its log is empty or gone. The log was then
  /// either moved into the archive, as the sqlite3 shell does, or lost.
  static func check(_ db: Database, _ action: String, _ path: String) throws -> Bool {
    try examine(db, action, path) && checkpoint(db) == 0
  }

  /// Makes the same check and writes nothing. Returns whether the newest run was broken off.
  static func examine(_ db: Database, _ action: String, _ path: String) throws -> Bool {
    guard try Schema.version(db) > 0 else { return false }
    let isBrokenOff = try isBrokenOff(db)
    guard isBrokenOff || logSize(path) > 0 else { return false }
    var fault = try String.fetchOne(db, sql: "PRAGMA integrity_check(1)")
    if fault == "ok" { fault = try ArchiveCopy.brokenReference(db) }
    if let fault {
      throw AlmanacError(
        .unusableArchive, action, cause: "it does not hold together with its log: \(fault)",
        hint: "it was left as it is. If it is a backup, remove \(path)-wal and \(path)-shm, which "
          + "are not its own; if somebody has taken \(path)-wal away, put it back; otherwise put a "
          + "backup in its place with `almanac restore`, or save what can be read with "
          + "`sqlite3 \(path) .recover`")
    }
    return isBrokenOff
  }

  /// Throws an ``AlmanacError`` for an archive with several names (hard links) if its newest run is
  /// not over and there is no log beside this name.
  ///
  /// SQLite puts the log beside the name that the run used. Read by another name, the archive lacks
  /// what is in that log, and it is torn while a run writes to it. Written by another name, it is
  /// spoilt once the log is found again. After a run that is over the log is empty, and any name
  /// will do.
  static func checkNames(_ db: Database, _ action: String, _ path: String) throws {
    var status = stat()
    guard stat(path, &status) == 0, status.st_nlink > 1, try Schema.version(db) > 0,
      try isBrokenOff(db), logSize(path) == 0, try !Schema.isBackup(db)
    else { return }
    throw AlmanacError(
      .unusableArchive, action,
      cause: "it has \(status.st_nlink) names (hard links), and its newest run, which is not over, "
        + "used another one",
      hint: "use the name of that run, beside which its log (-wal) lies; `find / -xdev -samefile "
        + "\(path)` lists them. If that log is gone, remove the other names")
  }

  static func isBrokenOff(_ db: Database) throws -> Bool {
    try Bool.fetchOne(db, sql: "SELECT finished_at IS NULL FROM run ORDER BY id DESC LIMIT 1")
      ?? false
  }

  /// The size of the log in bytes; 0 if there is none. The log lies beside the file that symbolic
  /// links lead to.
  static func logSize(_ path: String) -> Int { size(CanonicalPath.of(path) + "-wal") }

  /// The size of a file in bytes; 0 if there is none.
  static func size(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }

  /// Makes the next run read the whole past again. Without its log, an archive may hold some rows
  /// in an older version than others.
  static func restore(_ db: Database) throws {
    try db.execute(sql: "UPDATE app SET deep_date = NULL")
    try Archive.renew(db)
  }

  /// Moves the log into the archive, except for what a reader still needs in the log. After the
  /// beginning of a run, the archive itself then tells that a run began. Returns the number of
  /// pages in the log, moved or not.
  static func checkpoint(_ db: Database) -> Int {
    var count: Int32 = 0
    sqlite3_wal_checkpoint_v2(db.sqliteConnection, nil, SQLITE_CHECKPOINT_PASSIVE, &count, nil)
    return max(0, Int(count))
  }
}
