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

/// A backup that was made, or was put in an archive's place.
package struct Backup: Sendable {
  package let bytes: Int
  package let schema: Int
  /// The start of the newest run in it; `nil` if there was none.
  package let newestRun: String?

  /// Whether an archive of this almanac has to be migrated to.
  package var isOlder: Bool { schema < Schema.migrations.count }

  fileprivate init(_ db: Database) throws {
    bytes = try Archive.size(db)
    schema = try Schema.version(db)
    newestRun = try String.fetchOne(db, sql: "SELECT started_at FROM run ORDER BY id DESC LIMIT 1")
  }
}

extension Archive {
  /// Copies an archive, whatever its schema, while others read and write it.
  ///
  /// The copy is compared with the archive before it gets its name, and takes the place of an older
  /// backup only. Throws an ``AlmanacError``; an older backup is left as it was then.
  ///
  /// - Returns: the backup, and why the archive could not note that there is one; `nil` if it has
  package static func backUp(
    _ database: String, to target: String, at now: Date
  ) throws -> (backup: Backup, unnoted: String?) {
    let action = "backing up \(database) to \(target.isEmpty ? "\"\"" : target)"
    let copy = ArchiveCopy(to: target, like: CanonicalPath.of(database))
    try checkTarget(target, copy.path, of: database, action)
    let queue = try openedAsItIs(database, action)
    var note: [String] = []
    let backup = try translatingErrors(action, database) {
      let backup = try queue.read(Backup.init)
      let free = try DiskRoom.free(beside: copy.path)
      guard free > backup.bytes else {
        throw AlmanacError(
          .unusableArchive, action,
          cause: "it takes \(DiskRoom.words(on: backup.bytes + 999_999)), and "
            + "\(DiskRoom.words(on: free)) are free",
          hint:
            "make room there (`df \(copy.path.folder)`), or name another folder; an older backup "
            + "keeps its name until the new one is whole")
      }
      try copy.make(of: queue) { db, checksum in
        if let fault = try ArchiveCopy.brokenReference(db) { throw ArchiveCopy.corruption(fault) }
        try mark(db, as: Schema.backupID)
        note = [now.iso8601, copy.path, checksum]
        try add(note, to: db)
      }
      return backup
    }
    try queue.close()
    do {
      let noted = try DatabaseQueue(
        path: database, configuration: configuration(readOnly: false))
      try noted.write { [note] in try add(note, to: $0) }
      noted.inDatabase(emptyLog)
      return (backup, nil)
    } catch {
      return (backup, (error as? DatabaseError)?.message ?? "\(error)")
    }
  }

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
    let lock = try ArchiveLock(database: database)
    defer { withExtendedLifetime(lock) {} }
    let (backup, queue) = try checkedBackup(source, database, action)
    let old = ReplacedArchive(lock.path, at: now)
    if try queue.read(holdsDemo), old.isThere, (try? openForReading(path: database))?.isDemo != true
    {
      throw AlmanacError(
        .unusableArchive, action, cause: "it is a demo's archive, and its apps are invented",
        hint: "name a backup of your own archive; \(database) was left as it is")
    }
    try old.claim(action)
    try translatingErrors(action, database) {
      try ArchiveCopy(to: lock.path, likeness: old.likeness).make(of: queue) { db, _ in
        if let fault = try ArchiveCopy.brokenReference(db) { throw ArchiveCopy.corruption(fault) }
        try mark(db, as: Schema.applicationID)
      } place: {
        try old.give(place: $1, to: $0, action)
      }
    }
    return (backup, old.isThere ? old.kept : nil)
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
      let queue = try openedAsItIs(source, action)
      return try translatingErrors(action, source) {
        let fault = try queue.inDatabase { db in
          let fault = try String.fetchOne(db, sql: "PRAGMA integrity_check(1)") ?? ""
          if fault != "ok" { return fault as String? }
          if let fault = try ArchiveCopy.brokenReference(db) { return fault }
          return try isUnchanged(db) ? nil : "its checksum is not the one of when it was made"
        }
        if let fault { throw ArchiveCopy.corruption(fault) }
        return (try queue.read(Backup.init), queue)
      }
    } catch let error as AlmanacError where FileSight.denial(ofReading: source) == nil {
      throw AlmanacError(
        error.code, action, cause: error.cause,
        hint: "name another backup; \(database) was left as it is")
    }
  }

  /// An archive for reading, of this schema or an older one.
  private static func openedAsItIs(_ path: String, _ action: String) throws -> DatabaseQueue {
    try checkReadable(path, action)
    return try translatingErrors(action, path) {
      let (queue, _) = try queueForReading(path)
      try queue.inDatabase { db in
        try Schema.check(db, action, path, maySet: true)
        guard try Schema.version(db) > 0 else { throw Schema.emptiness(action) }
        try CrashRecovery.checkNames(db, action, path)
      }
      return queue
    }
  }

  /// Refuses to replace anything but a backup.
  private static func checkTarget(
    _ target: String, _ path: String, of database: String, _ action: String
  ) throws {
    guard !target.isEmpty, !target.hasSuffix("/") else {
      throw AlmanacError(
        .usage, action, cause: "it names no file",
        hint: "name a file, such as \(target)almanac-backup.db")
    }
    try checkFile(target, action)
    guard try isThere(target, action) else {
      if let cause = DatabaseFile.cause(ofRefusing: path) {
        throw AlmanacError(.unusableArchive, action, cause: cause, hint: "name another file")
      }
      return
    }
    guard !areOneFile(database, path), isBackup(path) else {
      throw AlmanacError(
        .unusableArchive, action, cause: "there is a file that is no backup of almanac",
        hint: "name another file; this one was left as it is")
    }
  }

  /// Whether a file has the mark of a backup. SQLite would leave files beside it if it looked.
  private static func isBackup(_ path: String) -> Bool {
    guard let file = OpenFile(path, flags: O_RDONLY | O_NONBLOCK) else { return false }
    var head = [UInt8](repeating: 0, count: 72)
    guard pread(file.descriptor, &head, head.count, 0) == head.count,
      head.starts(with: Array("SQLite format 3\0".utf8))
    else { return false }
    return head[68..<72].reduce(0) { $0 << 8 | Int($1) } == Schema.backupID
  }

  private static func areOneFile(_ one: String, _ other: String) -> Bool {
    var (a, b) = (stat(), stat())
    return stat(one, &a) == 0 && stat(other, &b) == 0
      && (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino)
  }

  /// The size of a database in bytes, its log included.
  static func size(_ db: Database) throws -> Int {
    try ["page_count", "page_size"].reduce(1) {
      $0 * (try Int.fetchOne(db, sql: "PRAGMA \($1)") ?? 0)
    }
  }

  /// Says whether a file is an archive or a backup of one.
  static func mark(_ db: Database, as application: Int) throws {
    guard try Int.fetchOne(db, sql: "PRAGMA application_id") != application else { return }
    // The number is ours, and a pragma takes no argument.
    try db.execute(sql: "PRAGMA application_id = \(application)")
  }

  /// Notes a backup. An archive of an older schema has no place for that.
  private static func add(_ note: [String], to db: Database) throws {
    guard try db.tableExists("backup") else { return }
    try db.execute(
      sql: "INSERT INTO backup (finished_at, path, checksum) VALUES (?, ?, ?)",
      arguments: StatementArguments(note))
  }

  /// Whether a backup holds what it held when it was made. Another file than a backup has no
  /// checksum.
  private static func isUnchanged(_ db: Database) throws -> Bool {
    guard try Int.fetchOne(db, sql: "PRAGMA application_id") == Schema.backupID,
      try db.tableExists("backup")
    else { return true }
    return try String.fetchOne(db, sql: "SELECT checksum FROM backup ORDER BY id DESC LIMIT 1")
      == ArchiveChecksum(of: db).text
  }
}

/// The archive that a restored one replaces.
private final class ReplacedArchive {
  private let path: String
  /// The name that it gets.
  let kept: String
  let isThere: Bool
  /// A connection that keeps every other program out.
  private var connection: SQLiteConnection?

  init(_ path: String, at now: Date) {
    self.path = path
    let moment = now.iso8601.filter { !"-:".contains($0) }
    let name = "\(path).replaced-\(moment)"
    kept =
      sequence(first: 1) { $0 + 1 }.lazy.map { $0 == 1 ? name : "\(name)-\($0)" }
      .first { !FileManager.default.fileExists(atPath: $0) } ?? name
    var status = stat()
    isThere = stat(path, &status) == 0 && status.st_size > 0
  }

  /// The owner and mode that the restored archive gets: those of this one, else the owner of the
  /// folder.
  var likeness: stat? {
    var status = stat()
    if stat(path, &status) == 0 { return status }
    guard geteuid() == 0, stat(path.folder, &status) == 0 else { return nil }
    status.st_mode = 0o640
    return status
  }

  /// Keeps other programs out. A file that SQLite cannot read is left to be replaced: that is what
  /// backups are for.
  ///
  /// GRDB reads the file as soon as it opens it, and a log that does not fit would be deleted then.
  func claim(_ action: String) throws {
    guard isThere else { return }
    sqlite3_open_v2(path, &connection, SQLITE_OPEN_READWRITE, nil)
    Archive.keepLog(connection)
    sqlite3_busy_timeout(connection, 2000)
    let code = sqlite3_exec(
      connection, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT", nil, nil, nil)
    guard [SQLITE_BUSY, SQLITE_LOCKED].contains(code) else { return }
    throw AlmanacError(
      .locked, action, cause: "another program has the archive open",
      hint: "close it (`fuser \(path)` tells which it is), then try again; the archive was left "
        + "as it is")
  }

  deinit { sqlite3_close(connection) }

  /// Gives the place to another file, in one step where the file system has hard links. The log
  /// goes with the archive that it belongs to.
  func give(place: String, to partial: String, _ action: String) throws {
    if isThere, link(path, kept) != 0 { try move(path, to: kept, action) }
    for suffix in ["-wal", "-journal"] {
      if CrashRecovery.size(path + suffix) > 0 {
        try move(path + suffix, to: kept + suffix, action)
      } else {
        unlink(path + suffix)
      }
    }
    try move(partial, to: place, action)
    unlink(path + "-shm")
  }

  private func move(_ old: String, to new: String, _ action: String) throws {
    guard rename(old, new) == 0 else {
      throw AlmanacError(
        .unusableArchive, action,
        cause: "moving \(old) to \(new): \(String(cString: strerror(errno)).lowercased())",
        hint: "check its folder with `ls -ld \(path.folder)`; nothing is deleted")
    }
  }
}
