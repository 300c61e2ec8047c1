import AlmanacCore
import AlmanacStore
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that an answer goes into.
struct OutputFile {
  private let path: String
  /// The path with its symbolic links resolved.
  private let target: String

  /// Throws an ``AlmanacError`` for a part of a database, and for the place of the archive that the
  /// environment names, whether there is one or not.
  init(_ path: String) throws {
    self.path = path
    target = CanonicalPath.of(path)
    var cause = DatabaseFile.cause(ofRefusing: target)
    if let archive = Environment["ALMANAC_DATABASE"], CanonicalPath.of(archive) == target {
      cause = cause ?? "it is the archive that $ALMANAC_DATABASE names"
    }
    if let cause {
      throw AlmanacError(
        .unusableArchive, "writing the answer to \(path)", cause: cause,
        hint: "name another file; no answer replaces a database, and this one was left as it is")
    }
  }

  /// Replaces the file in one step, and keeps its owner and mode. Anything but a regular file, such
  /// as a pipe or a device, is written to; so is standard output, whatever it is.
  func write(_ body: (inout FileStream) throws -> Void) throws {
    var (old, out) = (stat(), stat())
    let exists = stat(target, &old) == 0
    if exists, fstat(STDOUT_FILENO, &out) == 0, (old.st_dev, old.st_ino) == (out.st_dev, out.st_ino)
    {
      return try StandardOutput.write(body)
    }
    if exists, old.st_mode & S_IFMT != S_IFREG {
      return try write(to: try opened(target, O_WRONLY), body)
    }
    let aside = "\(target).\(UUID().uuidString)"
    let descriptor = try opened(aside, O_WRONLY | O_CREAT | O_EXCL)
    do {
      if exists {
        _ = fchown(descriptor, old.st_uid, old.st_gid)
        _ = fchmod(descriptor, old.st_mode & 0o7777)
      }
      try write(to: descriptor, body)
      guard rename(aside, target) == 0 else { throw failure() }
    } catch {
      unlink(aside)
      throw error
    }
  }

  private func opened(_ path: String, _ flags: Int32) throws -> Int32 {
    let descriptor = open(path, flags | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure() }
    return descriptor
  }

  /// Writes to a descriptor, and closes it.
  private func write(
    to descriptor: Int32, _ body: (inout FileStream) throws -> Void
  ) throws {
    var stream = FileStream(descriptor)
    var cause: Int32?
    do {
      defer { if close(descriptor) != 0 { cause = cause ?? errno } }
      try body(&stream)
      cause = stream.finish()
    }
    if let cause { throw failure(cause) }
  }

  private func failure(_ number: Int32 = errno) -> AlmanacError {
    AlmanacError(
      .failure, "writing the answer to \(path.isEmpty ? "\"\"" : path)",
      cause: String(cString: strerror(number)).lowercased(),
      hint: "check that its directory exists, has room and may be written to")
  }
}
