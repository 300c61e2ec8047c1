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

/// The rewriting of an archive from an older schema to the newest: it looks for room, keeps a copy,
/// and rewrites the archive in one transaction.
package struct SchemaUpgrade: Sendable {
  /// What there is to be told.
  package enum Stage: Sendable {
    case begins, ended
  }

  /// The archive, behind links.
  package let path: String
  package let oldVersion: Int
  /// The most bytes that it takes beside the archive, the copy included.
  package let room: Int
  /// The bytes that are free there.
  package let free: Int
  /// The path of the copy of the archive as it was; `nil` for a demo's, which can be made anew.
  package let backup: String?

  package var newVersion: Int { Schema.migrations.count }

  /// `nil` where nothing has to be rewritten: the archive is new, or has the newest schema.
  init?(
    _ queue: DatabaseQueue, _ path: String, free: (String) throws -> Int = Self.freeBytes
  ) throws {
    let path = CanonicalPath.of(path)
    let found = try queue.read { db in
      (
        version: try Schema.version(db), isDemo: try Archive.holdsDemo(db),
        size: try ["page_count", "page_size"].reduce(1) {
          $0 * (try Int.fetchOne(db, sql: "PRAGMA \($1)") ?? 0)
        }
      )
    }
    guard found.version > 0, found.version < Schema.migrations.count else { return nil }
    self.path = path
    oldVersion = found.version
    room = Self.room(toRewrite: found.size) + (found.isDemo ? 0 : found.size)
    self.free = try free(path)
    backup = found.isDemo ? nil : Self.unusedName("\(path).schema-\(found.version).backup")
  }

  /// The copies of an archive that are kept beside it.
  package static func backups(of path: String) -> [String] {
    let path = CanonicalPath.of(path)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder(of: path))) ?? []
    return names.sorted().map { folder(of: path) + $0 }.filter {
      $0.hasPrefix(path) && isBackup(named: String($0.dropFirst(path.count)))
    }
  }

  /// Whether a file has the name of a copy that an upgrade keeps.
  package static func isBackup(named name: String) -> Bool {
    name.contains(/\.schema-[0-9]+\.backup(-[0-9]+)?$/)
  }

  /// The most bytes by which the log and the file grow. The log holds each page that is written, and
  /// the file grows by its largest table, in whose place the others are written then.
  ///
  /// Measured: 1.5 times the size where there are facts alone (200 apps over two years), 1.7 where
  /// four fifths are further figures.
  private static func room(toRewrite size: Int) -> Int { size / 4 * 9 + 1_000_000 }

  /// A file that is there is left alone: it may be the copy of an attempt that was killed.
  private static func unusedName(_ name: String) -> String {
    let names = sequence(first: 1) { $0 + 1 }.lazy.map { $0 == 1 ? name : "\(name)-\($0)" }
    return names.first { !FileManager.default.fileExists(atPath: $0) } ?? name
  }

  /// The bytes that are free in the folder of a file.
  private static func freeBytes(beside path: String) throws -> Int {
    var status = statvfs()
    guard statvfs(folder(of: path), &status) == 0 else {
      throw AlmanacError(
        .unusableArchive, "looking for room beside \(path)",
        cause: String(cString: strerror(errno)),
        hint: "check the folder with `df \(folder(of: path))`")
    }
    let (bytes, isHuge) = Int(clamping: status.f_bavail)
      .multipliedReportingOverflow(by: Int(clamping: status.f_frsize))
    return isHuge ? .max : bytes
  }

  private static func folder(of path: String) -> String {
    URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
  }

  private var action: String { "migrating the archive \(path)" }

  /// Throws an ``AlmanacError`` where there is too little room.
  func checkRoom() throws {
    guard free < room else { return }
    throw AlmanacError(
      .unusableArchive, action,
      cause: "it takes up to \(sizes.room) beside the archive, and \(sizes.free) are free",
      hint: "make room on its file system (`df \(Self.folder(of: path))`), or move the archive to "
        + "another; it was left as it is, and the almanac that wrote it goes on with it")
  }

  /// Throws an ``AlmanacError`` where something goes wrong; the archive is left as it was then, and
  /// no copy of it.
  func run(_ queue: DatabaseQueue) throws {
    do {
      try Archive.translatingErrors(action, path) {
        if let backup { try Self.copy(queue, path, to: backup) }
        try Schema.migrate(queue)
      }
    } catch {
      if let backup { unlink(backup) }
      queue.inDatabase(Archive.emptyLog)
      guard let error = error as? AlmanacError else { throw error }
      let isTaken = error.cause.contains("already exists")
      throw AlmanacError(
        error.code, error.action, cause: "\(error.cause); the archive is as it was",
        hint: isTaken
          ? "rename the table or view of your own that has this name, and run again" : error.hint)
    }
  }

  /// Copies an archive with its log into one file, checks the copy, and gives it its name last.
  private static func copy(_ queue: DatabaseQueue, _ path: String, to backup: String) throws {
    let partial = backup + ".partial"
    unlink(partial)
    // Nobody else may read it before it has the mode of the archive.
    close(open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600))
    defer { for suffix in ["", "-wal", "-shm", "-journal"] { unlink(partial + suffix) } }
    let copy = try DatabaseQueue(path: partial)
    try queue.backup(to: copy)
    try copy.close()
    let checked = try DatabaseQueue(path: partial)
    try checked.inDatabase { db in
      // Without a log it is one file, and can be read where nothing can be written.
      try db.execute(sql: "PRAGMA journal_mode = DELETE")
      let fault = try String.fetchOne(db, sql: "PRAGMA integrity_check(1)") ?? ""
      guard fault == "ok" else {
        throw DatabaseError(
          resultCode: .SQLITE_CORRUPT, message: "the archive does not hold together: \(fault)")
      }
    }
    try checked.close()
    try keep(partial, as: backup, like: path)
  }

  /// Puts a file on disk under another name, for those who may read the archive.
  private static func keep(_ partial: String, as name: String, like path: String) throws {
    var status = stat()
    guard let file = OpenFile(partial, flags: O_RDONLY), stat(path, &status) == 0 else {
      throw DatabaseError(resultCode: .SQLITE_CANTOPEN, message: String(cString: strerror(errno)))
    }
    // Another group than the archive's may not read it.
    let mode = status.st_mode & (file.give(toOwnerIn: status) ? 0o777 : 0o700)
    guard fchmod(file.descriptor, mode) == 0, fsync(file.descriptor) == 0,
      rename(partial, name) == 0, let directory = OpenFile(folder(of: name), flags: O_RDONLY),
      fsync(directory.descriptor) == 0
    else {
      throw DatabaseError(resultCode: .SQLITE_IOERR, message: String(cString: strerror(errno)))
    }
  }

  /// The room that it takes and the room that is free, as people read them.
  package var sizes: (room: String, free: String) {
    (Self.words(on: room + 999_999), Self.words(on: free))
  }

  /// Whole megabytes, or gigabytes where there are many.
  private static func words(on bytes: Int) -> String {
    bytes < 10_000_000_000 ? "\(bytes / 1_000_000) MB" : "\(bytes / 1_000_000_000) GB"
  }
}
