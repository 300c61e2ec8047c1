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

  /// Throws an ``AlmanacError`` if another run holds the lock; does not wait.
  package init(database: String) throws {
    let path = database + ".lock"
    let action = "locking \(path)"
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw AlmanacError(
        .unusableArchive, action, cause: String(cString: strerror(errno)),
        hint: "check that its directory is there and may be written to")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let cause = errno
      var buffer = [UInt8](repeating: 0, count: 32)
      let count = pread(descriptor, &buffer, buffer.count, 0)
      let holder = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        .trimmingCharacters(in: .whitespacesAndNewlines)
      // A class that throws after its properties are set is deinitialized, and closed there.
      guard cause == EWOULDBLOCK else {
        throw AlmanacError(
          .unusableArchive, action, cause: String(cString: strerror(cause)),
          hint: "the file system must support flock")
      }
      throw AlmanacError(
        .locked, action,
        cause: "another run holds it" + (holder.isEmpty ? "" : " (process \(holder))"),
        hint: "wait until it is done; the lock goes with its process")
    }
    // The number is for people who look; the lock is the kernel's.
    let own = Array("\(getpid())\n".utf8)
    ftruncate(descriptor, 0)
    pwrite(descriptor, own, own.count, 0)
  }

  deinit { close(descriptor) }
}
