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

/// A backup that was made, or was put in an archive's place.
package struct Backup: Sendable {
  package let bytes: Int
  package let schema: Int
  /// The start of the newest run in it; `nil` if there was none.
  package let newestRun: String?

  /// Whether an archive of this almanac has to be migrated to.
  package var isOlder: Bool { schema < Schema.migrations.count }

  init(_ db: Database) throws {
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
    try checkTarget(target, copy.path, of: database, action, mark: Schema.backupID)
    let (queue, still) = try openedAsItIs(database, action)
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
        try still?.checkUnchanged()
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
      try noted.inDatabase { db in
        // The log of a run that has not ended tells that nothing of it is lost.
        if try !CrashRecovery.isBrokenOff(db) { emptyLog(db) }
      }
      return (backup, nil)
    } catch {
      return (backup, (error as? DatabaseError)?.message ?? "\(error)")
    }
  }

  /// An archive for reading, of this schema or an older one, and its state if it is read as one that
  /// nobody writes to.
  static func openedAsItIs(
    _ path: String, _ action: String
  ) throws -> (DatabaseQueue, ImmutableFile?) {
    try checkReadable(path, action)
    return try translatingErrors(action, path) {
      let (queue, still) = try queueForReading(path)
      try queue.inDatabase { db in
        try Schema.check(db, action, path, maySet: true)
        guard try Schema.version(db) > 0 else { throw Schema.emptiness(action) }
        try CrashRecovery.checkNames(db, action, path)
      }
      return (queue, still)
    }
  }

  /// Refuses to replace anything but a file with a mark that nobody has open: a backup, or a
  /// snapshot.
  static func checkTarget(
    _ target: String, _ path: String, of database: String, _ action: String, mark: Int
  ) throws {
    let kind =
      switch mark {
      case Schema.backupID: "backup"
      case Schema.demoSnapshotID: "snapshot of a demo"
      default: "snapshot"
      }
    guard !target.isEmpty, !target.hasSuffix("/") else {
      throw AlmanacError(
        .usage, action, cause: "it names no file",
        hint:
          "name a file, such as \(target)almanac-\(mark == Schema.backupID ? "backup" : "snapshot").db"
      )
    }
    try checkFile(target, action)
    guard try isThere(target, action) else {
      if let cause = DatabaseFile.cause(ofRefusing: path) {
        throw AlmanacError(.unusableArchive, action, cause: cause, hint: "name another file")
      }
      return
    }
    let isItself = areOneFile(database, path)
    guard !isItself, hasMark(mark, path: path) else {
      throw AlmanacError(
        .unusableArchive, action,
        cause: isItself
          ? "that is the archive itself" : "there is a file that is no \(kind) of almanac's",
        hint: "name another file; this one was left as it is")
    }
    for log in ["-wal", "-journal"].map({ path + $0 }) where CrashRecovery.size(log) > 0 {
      throw AlmanacError(
        .unusableArchive, action,
        cause: "another program has written to that \(kind), and \(log) "
          + "is not empty",
        hint: "close that program; if none has it open, delete \(log) and try again")
    }
  }

  /// Whether a file has the mark of a backup. SQLite would leave files beside it if it looked.
  package static func isBackup(path: String) -> Bool { hasMark(Schema.backupID, path: path) }

  private static func hasMark(_ mark: Int, path: String) -> Bool {
    guard let file = OpenFile(path, flags: O_RDONLY | O_NONBLOCK) else { return false }
    var head = [UInt8](repeating: 0, count: 72)
    guard pread(file.descriptor, &head, head.count, 0) == head.count,
      head.starts(with: DatabaseFile.magic)
    else { return false }
    return head[68..<72].reduce(0) { $0 << 8 | Int($1) } == mark
  }

  static func areOneFile(_ one: String, _ other: String) -> Bool {
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

  /// Gives the archive another random id. Its past is not the one that it has told elsewhere: it was
  /// put back to an earlier state, or has lost a part.
  static func renew(_ db: Database) throws {
    guard try db.tableExists("archive") else { return }
    try db.execute(sql: "UPDATE archive SET uid = lower(hex(randomblob(16)))")
  }

  /// Notes a backup. An archive of an older schema has no place for that.
  private static func add(_ note: [String], to db: Database) throws {
    guard try db.tableExists("backup") else { return }
    try db.execute(
      sql: "INSERT INTO backup (made_at, path, checksum) VALUES (?, ?, ?)",
      arguments: StatementArguments(note))
  }
}
