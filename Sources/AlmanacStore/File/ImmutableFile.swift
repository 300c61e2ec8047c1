import AlmanacCore
import Foundation

/// An archive that has no log, in a place where the reader may not make one: a copy on a read-only
/// disk, a backup in somebody else's folder.
///
/// SQLite reads it without a lock, as a file that never changes. If somebody writes to it all the
/// same, the file changes or gets a log; ``checkUnchanged()`` then throws, and what was read is
/// thrown away.
struct ImmutableFile: Sendable {
  private struct State: Equatable {
    let size: UInt64?
    let changedAt: Date?
    let hasLog: Bool

    init(_ path: String) {
      let attributes = { try? FileManager.default.attributesOfItem(atPath: $0) }
      let file = attributes(path)
      size = file?[.size] as? UInt64
      changedAt = file?[.modificationDate] as? Date
      hasLog = ["-wal", "-journal"].contains { attributes(path + $0)?[.size] as? UInt64 ?? 0 > 0 }
    }
  }

  private let path: String
  private let state: State

  /// Returns `nil` if a log holds a part of the archive. The log lies beside the file that links
  /// lead to.
  init?(_ path: String) {
    let path = CanonicalPath.of(path)
    self.path = path
    state = State(path)
    guard !state.hasLog else { return nil }
  }

  /// The file's address for SQLite. An SQLite that takes no addresses finds no file of that name.
  var address: String { URL(filePath: path).absoluteString + "?immutable=1" }

  func checkUnchanged() throws {
    guard State(path) != state else { return }
    throw AlmanacError(
      .unusableArchive, "reading \(path)", cause: "somebody wrote to it meanwhile",
      hint: "ask again; after its owner has run `almanac migrate --database \(path)`, others can "
        + "read it while it is written to")
  }
}
