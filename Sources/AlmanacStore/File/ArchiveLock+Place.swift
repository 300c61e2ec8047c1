import AlmanacCore
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The place of a locked archive: the logs that another database left there, and whether the file
/// is still there.
extension ArchiveLock {
  /// Renames the logs that another database has left here, since SQLite deletes a log that it finds
  /// beside a new file. Returns their new names. If that database is ever put back, it needs them.
  package func keepLogs() throws -> [String] {
    try ["-wal", "-journal"].compactMap { suffix in
      var status = stat()
      guard isNew, stat(path + suffix, &status) == 0, status.st_size > 0 else { return nil }
      let kept = "\(path).left-\(UUID().uuidString.prefix(8))\(suffix)"
      guard rename(path + suffix, kept) == 0 else {
        throw AlmanacError(
          .unusableArchive, "putting \(path)\(suffix) aside",
          cause: String(cString: strerror(errno)).lowercased(),
          hint: "it is the log of a database that is gone; move it, or put the database back")
      }
      return kept
    }
  }

  /// Throws an ``AlmanacError`` if a name no longer leads to the locked file: nobody would look for
  /// it where it is now.
  package func checkPlace(of name: String) throws {
    guard let database else { return }
    var (own, there) = (stat(), stat())
    guard fstat(database.descriptor, &own) == 0 else { return }
    let isThere = stat(name, &there) == 0
    guard !isThere || (there.st_dev, there.st_ino) != (own.st_dev, own.st_ino) else { return }
    // A file without a name is gone when its descriptor closes. The kernel knows any other file's
    // new name.
    let moved = own.st_nlink == 0 ? nil : CanonicalPath.of("/proc/self/fd/\(database.descriptor)")
    let happened = moved.map { "it was moved to \($0)" } ?? "it was deleted"
    throw AlmanacError(
      .unusableArchive, "keeping the archive \(name)",
      cause: "\(happened) while the run was writing to it"
        + (isThere ? ", and another file is in its place" : ""),
      hint: (moved == nil
        ? "what the run read is lost with it; put a backup in its place (`almanac restore`), or begin a new archive, "
        : "put it back with its log (-wal), ")
        + "and run `almanac collect` again; the file must stay in its place during a run")
  }
}
