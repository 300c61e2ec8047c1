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

/// A copy of an archive in one file without a log.
///
/// It shows the archive at one moment, whoever reads and writes it meanwhile. It is made under
/// another name, is checked and compared with the archive, is on disk, and only then gets its name.
struct ArchiveCopy {
  /// The path of the copy, symbolic links resolved.
  let path: String
  /// The owner, group and mode that the copy gets; `nil` leaves those of a new file.
  let likeness: stat?

  /// The name of the copy until it is whole. A copy that was killed leaves it, and the next one
  /// takes it.
  private var partial: String { path + ".partial" }

  /// - Parameter original: a file whose owner, group and mode the copy gets
  init(to path: String, like original: String) {
    var status = stat()
    self.init(to: path, likeness: stat(original, &status) == 0 ? status : nil)
  }

  init(to path: String, likeness: stat?) {
    self.path = CanonicalPath.of(path)
    self.likeness = likeness
  }

  /// Makes the copy, and leaves none if it throws.
  ///
  /// - Parameters:
  ///   - finish: a last change of the copy, after it was found to be equal
  ///   - place: gives the copy its name; by default it takes the place of whatever is there
  func make(
    of queue: DatabaseQueue, finish: (Database, _ checksum: String) throws -> Void = { _, _ in },
    place: (_ partial: String, _ path: String) throws -> Void = Self.rename
  ) throws {
    let file = try opened()
    defer { for suffix in ["", "-wal", "-shm", "-journal"] { unlink(partial + suffix) } }
    try queue.read { original in
      // The transaction begins with this, so that the copy shows the same moment.
      let checksum = try ArchiveChecksum(of: original).text
      let copy = try DatabaseQueue(path: partial)
      try copy.inDatabase { try original.backup(to: $0) }
      try copy.close()
      let written = try DatabaseQueue(path: partial)
      try written.inDatabase { db in
        // Without a log it is one file, and can be read where nothing can be written.
        try db.execute(sql: "PRAGMA journal_mode = DELETE")
        guard try ArchiveChecksum(of: db).text == checksum else {
          throw DatabaseError(
            resultCode: .SQLITE_CORRUPT, message: "the copy differs from the archive")
        }
        let fault = try String.fetchOne(db, sql: "PRAGMA integrity_check(1)") ?? ""
        guard fault == "ok" else { throw Self.corruption(fault) }
        try finish(db, checksum)
      }
      try written.close()
    }
    try keep(file, place)
  }

  static func corruption(_ fault: String) -> DatabaseError {
    DatabaseError(
      resultCode: .SQLITE_CORRUPT, message: "it does not hold together: \(fault)")
  }

  /// A row that refers to one that is not there, in words; `nil` if there is none.
  static func brokenReference(_ db: Database) throws -> String? {
    try CheckedRow.fetchOne(db, sql: "PRAGMA foreign_key_check").map {
      "a row of \(try $0[0] as String) refers to a row of \(try $0[2] as String) that is gone"
    }
  }

  /// The partial copy, empty and locked against another copy to the same name. Nobody but the owner
  /// may read it before it has the mode of the archive. It must stay open until the copy is closed:
  /// closing it ends the locks of SQLite.
  private func opened() throws -> OpenFile {
    guard let file = OpenFile(partial, flags: O_RDWR | O_CREAT | O_NOFOLLOW) else {
      throw fault(of: "making \(partial)")
    }
    guard flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw AlmanacError(
        .locked, "making \(partial)", cause: "another copy to the same name is under way",
        hint: "wait for it, or name another file")
    }
    // It may have got its name while this waited for nothing but the lock.
    var (own, there) = (stat(), stat())
    guard fstat(file.descriptor, &own) == 0, lstat(partial, &there) == 0, own.st_ino == there.st_ino
    else {
      throw AlmanacError(
        .locked, "making \(partial)", cause: "another copy to the same name has just ended",
        hint: "try again, or name another file")
    }
    guard likeness == nil || fchmod(file.descriptor, 0o600) == 0,
      ftruncate(file.descriptor, 0) == 0
    else { throw fault(of: "making \(partial)") }
    for suffix in ["-wal", "-shm", "-journal"] { unlink(partial + suffix) }
    return file
  }

  /// Puts the copy on disk under its name, for those who may read the archive.
  private func keep(
    _ file: OpenFile, _ place: (_ partial: String, _ path: String) throws -> Void
  ) throws {
    if let likeness {
      // Another group than the archive's may not read it.
      let mode = likeness.st_mode & (file.give(toOwnerIn: likeness) ? 0o777 : 0o700)
      guard fchmod(file.descriptor, mode) == 0 else { throw fault(of: "keeping \(path)") }
    }
    guard fsync(file.descriptor) == 0 else { throw fault(of: "keeping \(path)") }
    try place(partial, path)
    guard let folder = OpenFile(path.folder, flags: O_RDONLY), fsync(folder.descriptor) == 0 else {
      throw fault(of: "keeping \(path)")
    }
  }

  private static func rename(_ partial: String, _ path: String) throws {
    guard Foundation.rename(partial, path) == 0 else {
      throw AlmanacError(
        .unusableArchive, "naming \(path)", cause: String(cString: strerror(errno)).lowercased(),
        hint: "check its folder with `ls -ld \(path.folder)`")
    }
  }

  /// The error of the system's last refusal.
  private func fault(of action: String) -> AlmanacError {
    AlmanacError(
      .unusableArchive, action, cause: String(cString: strerror(errno)).lowercased(),
      hint: "check that the folder \(path.folder) has room and may be written to (`ls -ld`, `df`)")
  }
}
