import AlmanacCore
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The lock that lets one run at a time write to an archive, whatever name the run has for the
/// file.
///
/// It is made of two kernel locks, which end with the process, however that ends.
///
/// - The first is on the file `<database>.lock`, beside the place that symbolic links lead to. It
///   also holds before the database is made. That file is never deleted: two runs could then lock
///   two different files.
/// - The second is on the database itself, since a hard link gives it another name.
///
/// Keep the lock until the archive is closed. It has the database open, and closing that descriptor
/// ends every lock that SQLite has on the file in this process.
package final class ArchiveLock: Sendable {
  private let lockFile: OpenFile
  /// `nil` if there is no database that this process may write to.
  let database: OpenFile?
  /// The path of the database, symbolic links resolved.
  let path: String
  /// Whether the database is still an empty file.
  package let isNew: Bool
  /// The paths of files that an earlier database left beside a new one; empty if this one is not
  /// new.
  package let remains: [String]

  /// Throws an ``AlmanacError`` if another run holds the lock; does not wait.
  ///
  /// - Parameter makesFile: whether to make an empty database if there is none, so that it can be
  ///   locked, too
  package init(database name: String, makesFile: Bool = false) throws {
    try Archive.checkFile(name, "opening the archive \(name)")
    path = CanonicalPath.of(name)
    var status = stat()
    let isThere = stat(path, &status) == 0
    // A run that failed may have left an empty database and its lock; that lock tells of no earlier
    // database.
    let left = DatabaseFile.sideFiles(of: path).filter { !isThere || !$0.hasSuffix(".lock") }
    lockFile = try Self.lockFile(at: path + ".lock")
    database = try Self.database(at: path, name: name, flags: makesFile ? O_CREAT : 0)
    // A run of root would else keep the user out whose archive it is, or whose folder.
    if isThere {
      lockFile.give(toOwnerIn: status)
    } else if geteuid() == 0, stat(path.folder, &status) == 0 {
      lockFile.give(toOwnerIn: status)
      database?.give(toOwnerIn: status)
    }
    isNew = database.map { fstat($0.descriptor, &status) == 0 && status.st_size == 0 } ?? false
    remains = isNew ? left : []
    // The process number is for people who look into the file; it locks nothing.
    let own = Array("\(getpid())\n".utf8)
    ftruncate(lockFile.descriptor, 0)
    pwrite(lockFile.descriptor, own, own.count, 0)
  }

  private static func lockFile(at path: String) throws -> OpenFile {
    let action = "locking \(path)"
    guard let file = OpenFile(path, flags: O_RDWR | O_CREAT) else {
      let isDenied = errno == EACCES
      throw AlmanacError(
        .unusableArchive, action,
        cause: isDenied
          ? "the user \(FileSight.thisUser) may not write to it"
          : String(cString: strerror(errno)).lowercased(),
        hint: isDenied
          ? FileSight.hint(toWrite: path)
          : "check that its directory is there and may be written to")
    }
    guard flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw refusal(by: file, of: action)
    }
    return file
  }

  /// Throws the ``AlmanacError`` that taking the lock would throw, but takes no lock and makes no
  /// file.
  static func checkFree(database name: String) throws {
    let path = CanonicalPath.of(name)
    if let file = OpenFile(path + ".lock", flags: O_RDWR) {
      // This lock is gone when the descriptor closes.
      guard flock(file.descriptor, LOCK_SH | LOCK_NB) == 0 else {
        throw refusal(by: file, of: "locking \(path).lock")
      }
    } else if errno != ENOENT {
      throw AlmanacError(
        .unusableArchive, "locking \(path).lock", cause: String(cString: strerror(errno)),
        hint: "check that its directory is there and may be written to")
    }
    guard let file = OpenFile(path, flags: O_RDONLY) else { return }
    if isLockedElsewhere(file.descriptor) {
      throw refusal(of: "locking \(name)", holder: ", by another name of the file")
    }
  }

  /// Whether a run holds the lock of a database; takes none. A file that may not be read, and a
  /// kernel without such locks, count as free.
  ///
  /// It never closes the file, since that would end the locks that SQLite has on it in this process.
  static func isHeld(database name: String) -> Bool {
    let descriptor = open(CanonicalPath.of(name), O_RDONLY | O_CLOEXEC)
    return descriptor >= 0 && isLockedElsewhere(descriptor)
  }

  /// Locks a file in the way of an archive, where the kernel has such locks.
  static func mark(_ file: OpenFile) {
    var byte = farByte
    _ = fcntl(file.descriptor, lockOfOpenFile, &byte)
  }

  /// Whether another process has locked a file in this way.
  static func isMarked(_ file: OpenFile) -> Bool { isLockedElsewhere(file.descriptor) }

  /// Whether another open file holds the lock on the database that a descriptor leads to.
  private static func isLockedElsewhere(_ descriptor: Int32) -> Bool {
    var byte = farByte
    return fcntl(descriptor, lookAtOpenFile, &byte) == 0 && byte.l_type != Int16(F_UNLCK)
  }

  /// The error for a lock that could not be taken; its cause is in `errno`.
  private static func refusal(by file: OpenFile, of action: String) -> AlmanacError {
    guard errno == EWOULDBLOCK else { return unsupported(action) }
    var buffer = [UInt8](repeating: 0, count: 32)
    let count = pread(file.descriptor, &buffer, buffer.count, 0)
    let holder = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    return refusal(of: action, holder: holder.isEmpty ? "" : " (process \(holder))")
  }

  /// Locks one byte of the database, far behind everything that SQLite reads or locks. On a network
  /// file system, a lock on the whole file would keep SQLite's own locks out. Returns `nil` if the
  /// file cannot be opened for writing.
  private static func database(
    at path: String, name: String, flags: Int32
  ) throws -> OpenFile? {
    guard let file = OpenFile(path, flags: O_RDWR | flags) else { return nil }
    var byte = farByte
    // This lock belongs to the open file. A lock of the process would end as soon as the process
    // closed any other descriptor of the file.
    guard fcntl(file.descriptor, lockOfOpenFile, &byte) != 0 else { return file }
    switch errno {
    case EAGAIN, EACCES:
      throw refusal(of: "locking \(name)", holder: ", by another name of the file")
    // This kernel has no such locks; the lock file alone must do.
    case EINVAL: return file
    default: throw unsupported("locking \(name)")
    }
  }

  /// The write lock on that byte, in the form that `fcntl` takes.
  private static var farByte: flock {
    var byte = flock()
    byte.l_type = Int16(F_WRLCK)
    byte.l_whence = Int16(SEEK_SET)
    byte.l_start = 1 << 62
    byte.l_len = 1
    return byte
  }

  /// `F_OFD_SETLK` and `F_OFD_GETLK`. The C headers show them only with `_GNU_SOURCE`; their
  /// numbers are the same on every architecture.
  #if canImport(Darwin)
    private static let lockOfOpenFile: Int32 = 90
    private static let lookAtOpenFile: Int32 = 92
  #else
    private static let lockOfOpenFile: Int32 = 37
    private static let lookAtOpenFile: Int32 = 36
  #endif

  private static func refusal(of action: String, holder: String) -> AlmanacError {
    AlmanacError(
      .locked, action, cause: "another run holds it\(holder)",
      hint: "wait until that run is done; its lock ends with its process")
  }

  private static func unsupported(_ action: String) -> AlmanacError {
    AlmanacError(
      .unusableArchive, action, cause: String(cString: strerror(errno)),
      hint: "put the archive on a file system that supports locks")
  }
}

/// A file descriptor that closes when its object goes away.
final class OpenFile: Sendable {
  let descriptor: Int32

  /// Returns `nil` with the cause in `errno` if the file cannot be opened. Only its owner may write
  /// to a file that this makes.
  init?(_ path: String, flags: Int32) {
    let descriptor = open(path, flags | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return nil }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Gives the file to the owner and group of another one, as far as this user may: root may all of
  /// that, its owner may give it to a group of their own. Returns whether it has the group now.
  @discardableResult
  func give(toOwnerIn status: stat) -> Bool {
    var own = stat()
    // A sandbox may forbid to give anything, even what would change nothing.
    if fstat(descriptor, &own) == 0, own.st_uid == status.st_uid, own.st_gid == status.st_gid {
      return true
    }
    return fchown(descriptor, status.st_uid, status.st_gid) == 0
      || fchown(descriptor, .max, status.st_gid) == 0
  }
}
