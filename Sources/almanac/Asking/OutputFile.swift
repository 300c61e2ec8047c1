import AlmanacCore
import AlmanacStore
import Foundation
import SystemPackage

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
  private let content: String
  /// The mode of the file; `nil` keeps it.
  private let mode: mode_t?

  /// Throws an ``AlmanacError`` for a part of a database, and for the place of the archive that the
  /// environment names, whether there is one or not.
  ///
  /// - Parameters:
  ///   - content: the words for what goes into it
  ///   - mode: the mode that it has afterwards; `nil` keeps that of before
  init(_ path: String, content: String = "the answer", mode: mode_t? = nil) throws {
    self.path = path
    self.content = content
    self.mode = mode
    target = CanonicalPath.of(path)
    var cause = DatabaseFile.cause(ofRefusing: target)
    if let archive = Environment["ALMANAC_DATABASE"], CanonicalPath.of(archive) == target {
      cause = cause ?? "it is the archive that $ALMANAC_DATABASE names"
    }
    if let cause {
      throw AlmanacError(
        .unusableArchive, "writing \(content) to \(path)", cause: cause,
        hint: "name another file; nothing replaces a database, and this one was left as it is")
    }
  }

  /// Replaces the file in one step, and keeps its owner and mode. Anything but a regular file, such
  /// as a pipe or a device, is written to; so is standard output, whatever it is.
  func write(_ body: (inout FileStream) throws -> Void) throws {
    var (old, out) = (stat(), stat())
    // The path of a pipe that is standard output cannot be resolved, only followed.
    let exists = stat(path, &old) == 0
    if exists, fstat(STDOUT_FILENO, &out) == 0, (old.st_dev, old.st_ino) == (out.st_dev, out.st_ino)
    {
      return try StandardOutput.write(body)
    }
    if exists, old.st_mode & S_IFMT != S_IFREG {
      return try write(to: try opened(path), body)
    }
    let aside = "\(target).\(UUID().uuidString)"
    let file = try opened(aside, options: [.create, .exclusiveCreate])
    do {
      if exists {
        _ = fchown(file.rawValue, old.st_uid, old.st_gid)
        _ = fchmod(file.rawValue, old.st_mode & 0o7777)
      }
      if let mode { _ = fchmod(file.rawValue, mode) }
      try write(to: file, body)
      guard rename(aside, target) == 0 else { throw failure(Errno(rawValue: errno)) }
    } catch {
      unlink(aside)
      throw error
    }
  }

  private func opened(
    _ path: String, options: FileDescriptor.OpenOptions = []
  ) throws -> FileDescriptor {
    try describingErrors {
      try .open(
        FilePath(path), .writeOnly, options: options.union(.closeOnExec),
        permissions: FilePermissions(rawValue: 0o666))
    }
  }

  /// Writes to an open file, and closes it.
  private func write(
    to file: FileDescriptor, _ body: (inout FileStream) throws -> Void
  ) throws {
    try describingErrors {
      try file.closeAfter {
        var stream = FileStream(file)
        try body(&stream)
        try stream.finish()
      }
    }
  }

  private func describingErrors<T>(_ body: () throws -> T) throws -> T {
    do { return try body() } catch let error as Errno { throw failure(error) }
  }

  private func failure(_ error: Errno) -> AlmanacError {
    AlmanacError(
      .failure, "writing \(content) to \(path.isEmpty ? "\"\"" : path)",
      cause: error.description.lowercased(),
      hint: "check that its directory exists, has room and may be written to")
  }
}
