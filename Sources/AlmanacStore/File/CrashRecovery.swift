import AlmanacCore
import Foundation
import GRDB
import GRDBSQLite

/// Whether what a run that was broken off has left belongs together.
///
/// A killed run leaves a log, `<database>-wal`, that the archive is not whole without. SQLite takes
/// whatever lies there: none if somebody has removed it, that of another file if a backup was put in
/// the archive's place. Nothing in either tells them apart, so the archive is looked at instead. A
/// run that ends leaves an empty log, and nothing to look at: that costs as much as reading the
/// whole file, and a page that is damaged without a run's doing is met when it is read.
enum CrashRecovery {
  /// Refuses an archive that does not hold together, before anything is written to it.
  ///
  /// Returns whether the newest run was broken off and nothing of its log is left. Either it was
  /// moved into the archive, as the sqlite3 shell does, or it is lost.
  static func check(_ db: Database, _ action: String, _ path: String) throws -> Bool {
    try examine(db, action, path) && checkpoint(db) == 0
  }

  /// The same without writing. Returns whether the newest run was broken off.
  static func examine(_ db: Database, _ action: String, _ path: String) throws -> Bool {
    guard try Schema.version(db) > 0 else { return false }
    let isBrokenOff = try isBrokenOff(db)
    guard isBrokenOff || logSize(path) > 0 else { return false }
    var fault = try String.fetchOne(db, sql: "PRAGMA integrity_check(1)")
    if fault == "ok" {
      fault = try CheckedRow.fetchOne(db, sql: "PRAGMA foreign_key_check").map {
        "a row of \(try $0[0] as String) belongs to one of \(try $0[2] as String) that is gone"
      }
    }
    if let fault {
      throw AlmanacError(
        .unusableArchive, action, cause: "it does not hold together with its log: \(fault)",
        hint: "it was left as it is. If it is a backup, remove \(path)-wal and \(path)-shm, which "
          + "are not its own; if somebody has taken \(path)-wal away, put it back; otherwise put a "
          + "backup in its place without these two, or save what can be read with "
          + "`sqlite3 \(path) .recover`")
    }
    return isBrokenOff
  }

  /// Refuses an archive that has several names (hard links) where its newest run is not over and has
  /// left nothing beside this one.
  ///
  /// SQLite lays the log beside the name that it was given. Under another name the archive is older
  /// than it was, torn while a run writes to it, and spoilt when the log is found again. A run that is
  /// over has left nothing in a log, and any name will do.
  static func checkNames(_ db: Database, _ action: String, _ path: String) throws {
    var status = stat()
    guard stat(path, &status) == 0, status.st_nlink > 1, try Schema.version(db) > 0,
      try isBrokenOff(db), logSize(path) == 0
    else { return }
    throw AlmanacError(
      .unusableArchive, action,
      cause: "it has \(status.st_nlink) names (hard links), and its newest run, which is not over, "
        + "went by another one",
      hint: "use the name of that run, beside which its log (-wal) lies; `find / -xdev -samefile "
        + "\(path)` lists them. If that log is gone, remove the other names")
  }

  private static func isBrokenOff(_ db: Database) throws -> Bool {
    try Bool.fetchOne(db, sql: "SELECT finished_at IS NULL FROM run ORDER BY id DESC LIMIT 1")
      ?? false
  }

  /// In bytes, 0 where there is none. It lies where links lead to.
  static func logSize(_ path: String) -> Int {
    var status = stat()
    return stat(CanonicalPath.of(path) + "-wal", &status) == 0 ? Int(status.st_size) : 0
  }

  /// Has the next run read the whole past again: some of what an archive without its log holds may
  /// be older than the rest.
  static func restore(_ db: Database) throws {
    try db.execute(sql: "UPDATE app SET deep_date = NULL")
  }

  /// Moves what no reader needs in the log into the archive, so that after the beginning of a run the
  /// archive itself tells that one began. Returns how many pages the log has, moved or not.
  static func checkpoint(_ db: Database) -> Int {
    var count: Int32 = 0
    sqlite3_wal_checkpoint_v2(db.sqliteConnection, nil, SQLITE_CHECKPOINT_PASSIVE, &count, nil)
    return max(0, Int(count))
  }
}
