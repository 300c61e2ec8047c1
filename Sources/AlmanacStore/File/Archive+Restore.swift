import AlmanacCore
import Foundation
import GRDB

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension Archive {
  /// Puts a copy of a backup in an archive's place, and keeps what was there under another name.
  ///
  /// Takes the lock. Throws an ``AlmanacError`` if the backup is not whole, or if another program has
  /// the archive open; the archive is left as it was then.
  ///
  /// - Returns: the backup, and the name that the archive of before has now; `nil` if there was none
  package static func restore(
    _ database: String, from source: String, at now: Date
  ) throws -> (backup: Backup, kept: String?) {
    let action = "restoring \(database) from \(source)"
    let isArchive = FileManager.default.fileExists(atPath: CanonicalPath.of(database) + ".lock")
    let lock = try ArchiveLock(database: database)
    defer { withExtendedLifetime(lock) {} }
    let (backup, queue) = try checkedBackup(source, database, action)
    let old = ReplacedArchive(lock.path, at: now)
    // A run leaves its lock beside an archive, whatever becomes of the file.
    guard isArchive || !old.isThere || old.isDatabase else {
      // The lock was made a moment ago, beside a file that is none of ours.
      unlink(lock.path + ".lock")
      throw AlmanacError(
        .unusableArchive, action, cause: "\(database) is a file that is no archive",
        hint: "name the archive with --database; that file was left as it is")
    }
    if try queue.read(holdsDemo), old.isThere,
      (try? openForReading(path: database))?.isDemo != true
    {
      throw AlmanacError(
        .unusableArchive, action, cause: "it is a demo's archive, and its apps are invented",
        hint: "name a backup of your own archive; \(database) was left as it is")
    }
    try old.claim(action)
    let likeness = old.isThere ? old.status : likeness(of: source, in: lock.path.folder)
    try translatingErrors(action, database) {
      try ArchiveCopy(to: lock.path, likeness: likeness).make(of: queue) { db, _ in
        try mark(db, as: Schema.applicationID)
        try renew(db)
        // The run went on elsewhere. The copy is whole, so that no log of it is missing here.
        try db.execute(
          sql: """
            UPDATE run SET finished_at = ?, outcome = 'interrupted'
            WHERE id = (SELECT max(id) FROM run) AND finished_at IS NULL
            """, arguments: [now.iso8601])
      } place: {
        try old.give(place: $1, to: $0, action)
      }
    }
    return (backup, old.isThere ? old.kept : nil)
  }

  /// The mode of the backup, and its owner; if root restores it, the owner of the folder, who has to
  /// write to it.
  private static func likeness(of source: String, in folder: String) -> stat? {
    var (file, place) = (stat(), stat())
    guard stat(source, &file) == 0, stat(folder, &place) == 0 else { return nil }
    if geteuid() == 0 { (file.st_uid, file.st_gid) = (place.st_uid, place.st_gid) }
    return file
  }

  /// A backup that can be restored. Its errors say that the archive was left alone.
  private static func checkedBackup(
    _ source: String, _ database: String, _ action: String
  ) throws -> (Backup, DatabaseQueue) {
    if areOneFile(source, database) {
      throw AlmanacError(
        .usage, action, cause: "they are one file", hint: "name a file that `almanac backup` made")
    }
    do {
      let (queue, still) = try openedAsItIs(source, action)
      return try translatingErrors(action, source) {
        let fault = try queue.inDatabase { db in
          let fault = try String.fetchOne(db, sql: "PRAGMA integrity_check(1)") ?? ""
          if fault != "ok" { return fault as String? }
          if let fault = try ArchiveCopy.brokenReference(db) { return fault }
          return try isUnchanged(db) ? nil : "its checksum is not the one of when it was made"
        }
        if let fault { throw ArchiveCopy.corruption(fault) }
        try still?.checkUnchanged()
        return (try queue.read(Backup.init), queue)
      }
    } catch let error as AlmanacError where FileSight.denial(ofReading: source) == nil {
      let isNewer = error.hint.hasPrefix("install the newer almanac")
      throw AlmanacError(
        error.code, action, cause: error.cause,
        hint: (isNewer ? "install the newer almanac, or name" : "name")
          + " another backup; \(database) was left as it is")
    }
  }

  /// Whether a backup holds what it held when it was made. Another file than a backup has no
  /// checksum.
  private static func isUnchanged(_ db: Database) throws -> Bool {
    guard try Schema.isBackup(db), try db.tableExists("backup") else { return true }
    return try String.fetchOne(db, sql: "SELECT checksum FROM backup ORDER BY id DESC LIMIT 1")
      == ArchiveChecksum(of: db).text
  }
}
