import AlmanacCore
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The one run at a time on one file, by whatever name: kernel locks that are gone with the process,
/// however it ends.
///
/// One is on `<database>.lock`, where the links of the database's path lead to, since a file that is
/// still to be made has no other place. That file stays: deleting it would let two runs lock two
/// files. The other one is on the database itself, which has hard links by other names.
///
/// Keep it until the archive is closed: with the database, which it has open, this process closes all
/// locks of SQLite on it.
package final class ArchiveLock: Sendable {
  private let lockFile: OpenFile
  /// `nil` where there is none that may be written to.
  let database: OpenFile?
  /// Behind links.
  let path: String
  /// Whether the database is a file without anything in it yet.
  package let isNew: Bool
  /// What lay there of a database that was gone, where this one is new.
  package let remains: [String]

  /// Throws an ``AlmanacError`` if another run holds the lock; does not wait.
  ///
  /// - Parameter makesFile: whether a database that is not there is made, empty: one that is made later
  ///   would have no lock of its own
  package init(database name: String, makesFile: Bool = false) throws {
    try Archive.checkFile(name, "opening the archive \(name)")
    path = CanonicalPath.of(name)
    var status = stat()
    let isThere = stat(path, &status) == 0
    // A file that was never filled may have been left with a lock alone, by a run that failed.
    let left = DatabaseFile.sideFiles(of: path).filter { !isThere || !$0.hasSuffix(".lock") }
    lockFile = try Self.lockFile(path + ".lock")
    database = try Self.database(path, name, makesFile ? O_CREAT : 0)
    isNew = database.map { fstat($0.descriptor, &status) == 0 && status.st_size == 0 } ?? false
    remains = isNew ? left : []
    // The number is for people who look; the lock is the kernel's.
    let own = Array("\(getpid())\n".utf8)
    ftruncate(lockFile.descriptor, 0)
    pwrite(lockFile.descriptor, own, own.count, 0)
  }

  private static func lockFile(_ path: String) throws -> OpenFile {
    let action = "locking \(path)"
    guard let file = OpenFile(path, O_RDWR | O_CREAT) else {
      throw AlmanacError(
        .unusableArchive, action, cause: String(cString: strerror(errno)),
        hint: "check that its directory is there and may be written to")
    }
    guard flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw refusal(file.descriptor, action)
    }
    return file
  }

  /// Throws the ``AlmanacError`` that taking the lock would end with; takes and makes nothing.
  static func checkFree(database name: String) throws {
    let path = CanonicalPath.of(name)
    if let file = OpenFile(path + ".lock", O_RDWR) {
      // Gone with the descriptor.
      guard flock(file.descriptor, LOCK_SH | LOCK_NB) == 0 else {
        throw refusal(file.descriptor, "locking \(path).lock")
      }
    } else if errno != ENOENT {
      throw AlmanacError(
        .unusableArchive, "locking \(path).lock", cause: String(cString: strerror(errno)),
        hint: "check that its directory is there and may be written to")
    }
    guard let file = OpenFile(path, O_RDONLY) else { return }
    var byte = farByte
    if fcntl(file.descriptor, lookAtOpenFile, &byte) == 0, byte.l_type != Int16(F_UNLCK) {
      throw held("locking \(name)", ", by another name of the file")
    }
  }

  /// After a lock that could not be had, with the cause in `errno`.
  private static func refusal(_ descriptor: Int32, _ action: String) -> AlmanacError {
    guard errno == EWOULDBLOCK else { return unsupported(action) }
    var buffer = [UInt8](repeating: 0, count: 32)
    let count = pread(descriptor, &buffer, buffer.count, 0)
    let holder = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    return held(action, holder.isEmpty ? "" : " (process \(holder))")
  }

  /// Locks one byte of the database: not the whole of it, since on a network's file system that would
  /// keep out SQLite's own locks, and one behind everything that SQLite reads or locks.
  private static func database(
    _ path: String, _ name: String, _ flags: Int32
  ) throws -> OpenFile? {
    guard let file = OpenFile(path, O_RDWR | flags) else { return nil }
    var byte = farByte
    // Of the open file, not of the process, whose locks go whenever it closes any descriptor of it.
    guard fcntl(file.descriptor, lockOfOpenFile, &byte) != 0 else { return file }
    switch errno {
    case EAGAIN, EACCES: throw held("locking \(name)", ", by another name of the file")
    // A kernel that has no such locks; the other one holds.
    case EINVAL: return file
    default: throw unsupported("locking \(name)")
    }
  }

  /// A wish to write to the byte that is locked.
  private static var farByte: flock {
    var byte = flock()
    byte.l_type = Int16(F_WRLCK)
    byte.l_whence = Int16(SEEK_SET)
    byte.l_start = 1 << 62
    byte.l_len = 1
    return byte
  }

  /// `F_OFD_SETLK` and `F_OFD_GETLK`, which C sees with `_GNU_SOURCE` alone; the same numbers on every
  /// architecture.
  #if canImport(Darwin)
    private static let lockOfOpenFile: Int32 = 90
    private static let lookAtOpenFile: Int32 = 92
  #else
    private static let lockOfOpenFile: Int32 = 37
    private static let lookAtOpenFile: Int32 = 36
  #endif

  private static func held(_ action: String, _ by: String) -> AlmanacError {
    AlmanacError(
      .locked, action, cause: "another run holds it\(by)",
      hint: "wait until it is done; the lock goes with its process")
  }

  private static func unsupported(_ action: String) -> AlmanacError {
    AlmanacError(
      .unusableArchive, action, cause: String(cString: strerror(errno)),
      hint: "put the archive on a file system that supports locks")
  }
}

/// A descriptor that is closed with the object.
final class OpenFile: Sendable {
  let descriptor: Int32

  /// `nil` with the cause in `errno`. A file that it makes is written to by its owner alone.
  init?(_ path: String, _ flags: Int32) {
    let descriptor = open(path, flags | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return nil }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }
}
