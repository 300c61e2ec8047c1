import AlmanacCore
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A locked archive that stays where it is, and one that is not where it was.
extension ArchiveLock {
  /// Puts the logs that are left of another database aside, since SQLite would delete them beside a new
  /// one. Returns their new names. What they hold is lost without them if that database is put back.
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

  /// Throws an ``AlmanacError`` if a name does not lead to the locked file any more: what was written
  /// is then where nobody looks for it.
  package func checkPlace(of name: String) throws {
    guard let database else { return }
    var (own, there) = (stat(), stat())
    guard fstat(database.descriptor, &own) == 0 else { return }
    let isThere = stat(name, &there) == 0
    guard !isThere || (there.st_dev, there.st_ino) != (own.st_dev, own.st_ino) else { return }
    // Without a name it is gone with the descriptor; the kernel knows what it is called now.
    let moved = own.st_nlink == 0 ? nil : CanonicalPath.of("/proc/self/fd/\(database.descriptor)")
    let happened = moved.map { "it was moved to \($0)" } ?? "it was deleted"
    throw AlmanacError(
      .unusableArchive, "keeping the archive \(name)",
      cause: "\(happened) while the run was writing to it"
        + (isThere ? ", and another file is in its place" : ""),
      hint: (moved == nil
        ? "what the run read is lost with it; put a backup in its place, or begin a new archive, "
        : "put it back with its log (-wal), ")
        + "and run `almanac collect` again; nothing may move the file while a run is going on")
  }
}
