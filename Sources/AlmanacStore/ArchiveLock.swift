import AlmanacCore
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The one run at a time: a kernel lock on `<database>.lock`, gone with the process however it
/// ends. The file stays, since deleting it would let two runs lock two files.
package final class ArchiveLock: Sendable {
  private let descriptor: Int32

  /// Throws an ``AlmanacError`` if another run holds the lock, or no archive can be there; does not
  /// wait.
  package init(database: String) throws {
    try Archive.checkFile(database, "opening the archive \(database)")
    let path = database + ".lock"
    let action = "locking \(path)"
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw AlmanacError(
        .unusableArchive, action, cause: String(cString: strerror(errno)),
        hint: "check that its directory is there and may be written to")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      // A class that throws after its properties are set is deinitialized, and closed there.
      throw Self.refusal(descriptor, errno, action)
    }
    // The number is for people who look; the lock is the kernel's.
    let own = Array("\(getpid())\n".utf8)
    ftruncate(descriptor, 0)
    pwrite(descriptor, own, own.count, 0)
  }

  deinit { close(descriptor) }

  /// Throws the ``AlmanacError`` that taking the lock would end with; takes and makes nothing.
  static func checkFree(database: String) throws {
    let path = database + ".lock"
    let action = "locking \(path)"
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else {
      guard errno != ENOENT else { return }
      throw AlmanacError(
        .unusableArchive, action, cause: String(cString: strerror(errno)),
        hint: "check that its directory is there and may be written to")
    }
    // Gone with the descriptor.
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_SH | LOCK_NB) == 0 else {
      throw refusal(descriptor, errno, action)
    }
  }

  private static func refusal(
    _ descriptor: Int32, _ cause: Int32, _ action: String
  ) -> AlmanacError {
    guard cause == EWOULDBLOCK else {
      return AlmanacError(
        .unusableArchive, action, cause: String(cString: strerror(cause)),
        hint: "the file system must support flock")
    }
    var buffer = [UInt8](repeating: 0, count: 32)
    let count = pread(descriptor, &buffer, buffer.count, 0)
    let holder = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    return AlmanacError(
      .locked, action,
      cause: "another run holds it" + (holder.isEmpty ? "" : " (process \(holder))"),
      hint: "wait until it is done; the lock goes with its process")
  }
}
