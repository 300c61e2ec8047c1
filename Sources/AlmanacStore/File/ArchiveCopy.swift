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
  /// The owner, group and mode that the copy gets, as far as this user may; `nil` leaves those of a new file.
  let likeness: stat?

  /// - Parameters:
  ///   - original: a file whose owner, group and mode the copy gets, as far as this user may; and what
  ///     its folder keeps from others, the copy keeps from them, too
  ///   - isReadOnly: whether nobody may write to the copy
  init(to path: String, like original: String, isReadOnly: Bool = false) {
    var (status, folder) = (stat(), stat())
    let isThere = stat(original, &status) == 0
    if stat(original.folder, &folder) == 0, folder.st_mode & 0o001 == 0 { status.st_mode &= ~0o007 }
    if isReadOnly { status.st_mode &= ~0o222 }
    self.init(to: path, likeness: isThere ? status : nil)
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
    of queue: DatabaseQueue,
    finish: (Database, _ checksum: String) throws -> Void = { _, _ in },
    place: (_ partial: String, _ path: String) throws -> Void = Self.rename
  ) throws {
    try make({ partial in try fill(partial, from: queue, finish) }, place: place)
  }

  /// Makes a file, and leaves none if it throws.
  ///
  /// - Parameters:
  ///   - fill: writes the database into an empty file, and closes it
  ///   - place: gives the file its name; by default it takes the place of whatever is there
  func make(
    _ fill: (_ partial: String) throws -> Void,
    place: (_ partial: String, _ path: String) throws -> Void = Self.rename
  ) throws {
    removeLeftovers()
    let partial = "\(path).partial-\(UUID().uuidString.prefix(8))"
    let file = try made(partial)
    var isPlaced = false
    defer {
      for suffix in ["-wal", "-shm", "-journal"] { unlink(partial + suffix) }
      if !isPlaced { unlink(partial) }
    }
    try fill(partial)
    try putOnDisk(file, partial)
    // A folder that may be written to need not be readable.
    let folder = OpenFile(path.folder, flags: O_RDONLY)
    try place(partial, path)
    isPlaced = true
    // Not every file system can do this. A power cut may take the name then, but no byte.
    if let folder { fsync(folder.descriptor) }
  }

  private func fill(
    _ partial: String, from queue: DatabaseQueue,
    _ finish: (Database, _ checksum: String) throws -> Void
  ) throws {
    // One transaction, so that the copy shows the moment of the checksum.
    let checksum = try queue.read { original in
      let checksum = try ArchiveChecksum(of: original).text
      let copy = try DatabaseQueue(path: partial)
      try copy.inDatabase { try original.backup(to: $0) }
      try copy.close()
      return checksum
    }
    let written = try DatabaseQueue(path: partial)
    try written.inDatabase { db in
      // Without a log it is one file, and can be read where nothing can be written.
      try db.execute(sql: "PRAGMA journal_mode = DELETE")
      guard try ArchiveChecksum(of: db).text == checksum else {
        throw AlmanacError(
          .unusableArchive, "copying to \(path)", cause: "the copy differs from what was copied",
          hint: "look after the disk of \(path.folder), and try again; nothing was replaced")
      }
      let fault = try String.fetchOne(db, sql: "PRAGMA integrity_check(1)") ?? ""
      guard fault == "ok" else { throw Self.corruption(fault) }
      try finish(db, checksum)
    }
    try written.close()
  }

  static func corruption(_ fault: String) -> DatabaseError {
    DatabaseError(resultCode: .SQLITE_CORRUPT, message: "it does not hold together: \(fault)")
  }

  /// A row that refers to one that is not there, in words; `nil` if there is none.
  static func brokenReference(_ db: Database) throws -> String? {
    try CheckedRow.fetchOne(db, sql: "PRAGMA foreign_key_check").map {
      "a row of \(try $0[0] as String) refers to a row of \(try $0[2] as String) that is gone"
    }
  }

  /// The first name that no file has, of a name and its like with numbers.
  static func unusedName(_ name: String) -> String {
    let names = sequence(first: 1) { $0 + 1 }.lazy.map { $0 == 1 ? name : "\(name)-\($0)" }
    return names.first { !FileManager.default.fileExists(atPath: $0) } ?? name
  }

  /// Makes the file of the copy, locked for as long as this process has it open. Nobody but the owner
  /// may read it before it has the mode of the archive.
  private func made(_ partial: String) throws -> OpenFile {
    guard let file = OpenFile(partial, flags: O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW),
      likeness == nil || fchmod(file.descriptor, 0o600) == 0
    else { throw fault(of: "making \(partial)") }
    ArchiveLock.mark(file)
    return file
  }

  /// Deletes what copies to the same name have left that were killed.
  private func removeLeftovers() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path.folder)) ?? []
    for name in names {
      let other = path.folder + name
      guard other.hasPrefix(path),
        other.dropFirst(path.count).wholeMatch(of: /\.partial-[0-9A-F]{8}/) != nil,
        let file = OpenFile(other, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK),
        !ArchiveLock.isMarked(file)
      else { continue }
      for suffix in ["", "-wal", "-shm", "-journal"] { unlink(other + suffix) }
    }
  }

  /// Writes the copy to the disk, for those who may read the archive.
  private func putOnDisk(_ file: OpenFile, _ partial: String) throws {
    var (own, there) = (stat(), stat())
    guard fstat(file.descriptor, &own) == 0, lstat(partial, &there) == 0,
      (own.st_dev, own.st_ino) == (there.st_dev, there.st_ino)
    else {
      throw AlmanacError(
        .unusableArchive, "keeping \(path)", cause: "somebody has taken \(partial) away",
        hint: "leave that file alone while it is made, and try again")
    }
    if let likeness {
      // Another group than the archive's may not read it.
      let mode = likeness.st_mode & (file.give(toOwnerIn: likeness) ? 0o777 : 0o700)
      guard fchmod(file.descriptor, mode) == 0 else { throw fault(of: "keeping \(path)") }
    }
    guard fsync(file.descriptor) == 0 else { throw fault(of: "keeping \(path)") }
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
