import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The files of an SQLite database, ours or another program's: the database itself, and the files
/// that SQLite and a run keep beside it. An output may replace none of them.
package enum DatabaseFile {
  /// The endings of the files beside a database: its log, the log's index, its rollback journal,
  /// the lock of a run.
  static let sideSuffixes = ["-wal", "-shm", "-journal", ".lock"]

  /// The reason why a file must not be replaced: it is a part of a database. `nil` if it is not.
  ///
  /// A file that does not exist counts too if a database would look for it there. A process that
  /// still has the database open must not call this: it opens and closes the file, which ends
  /// SQLite's locks on it.
  package static func cause(ofRefusing path: String) -> String? {
    let path = CanonicalPath.of(path)
    for suffix in sideSuffixes where path.hasSuffix(suffix) {
      let database = String(path.dropLast(suffix.count))
      if isDatabase(database) { return "the database \(database) keeps a file of its own there" }
    }
    if isDatabase(path) { return "it is a database" }
    let head = head(of: path)
    if isLog(head) { return "it is the log of a database" }
    if case .unreadable = head { return "it may not be read, so it may be a database" }
    return nil
  }

  /// The files that lie beside a database, or beside the place of one that is gone.
  package static func sideFiles(of path: String) -> [String] {
    let path = CanonicalPath.of(path)
    return sideSuffixes.map { path + $0 }.filter {
      var status = stat()
      return lstat($0, &status) == 0
    }
  }

  /// Whether a file begins like a database, or is missing or empty beside the log of one.
  static func isDatabase(_ path: String) -> Bool {
    switch head(of: path) {
    case .bytes(let head) where !head.isEmpty: head.starts(with: magic)
    case .bytes, .absent:
      ["-wal", "-journal"].contains { isLog(head(of: path + $0)) }
    case .unreadable, .special: false
    }
  }

  private static func isLog(_ head: Head) -> Bool {
    if case .bytes(let bytes) = head { logs.contains(where: bytes.starts) } else { false }
  }

  static let magic = Array("SQLite format 3\0".utf8)
  /// The first bytes of a write-ahead log, in either byte order, and of a rollback journal.
  private static let logs: [[UInt8]] = [
    [0x37, 0x7F, 0x06, 0x82], [0x37, 0x7F, 0x06, 0x83],
    [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7],
  ]

  private enum Head {
    case absent, unreadable
    /// A pipe, a device or a folder.
    case special
    case bytes([UInt8])
  }

  private static func head(of path: String) -> Head {
    var status = stat()
    guard stat(path, &status) == 0 else { return .absent }
    guard status.st_mode & S_IFMT == S_IFREG else { return .special }
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return .unreadable }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: magic.count)
    let count = read(descriptor, &bytes, bytes.count)
    return count < 0 ? .unreadable : .bytes(Array(bytes.prefix(count)))
  }
}
