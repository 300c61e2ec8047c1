import AlmanacCore
import Foundation

/// An archive without a log beside it, where the reader may not make one: a copy on a read-only
/// disk, a backup in somebody else's folder.
///
/// SQLite reads it as a file that does not change, without a lock. Whoever writes to it all the
/// same changes the file or makes a log, and what was read meanwhile is thrown away.
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
      hasLog = attributes(path + "-wal")?[.size] as? UInt64 ?? 0 > 0
    }
  }

  private let path: String
  private let state: State

  /// `nil` where a log holds some of what is in the archive; it lies where links lead to.
  init?(_ path: String) {
    let path = CanonicalPath.of(path)
    self.path = path
    state = State(path)
    guard !state.hasLog else { return nil }
  }

  /// For SQLite; one that takes no addresses finds no file of that name.
  var address: String { URL(filePath: path).absoluteString + "?immutable=1" }

  func checkUnchanged() throws {
    guard State(path) != state else { return }
    throw AlmanacError(
      .unusableArchive, "reading \(path)", cause: "somebody wrote to it meanwhile",
      hint: "ask again; `almanac migrate --database \(path)`, by its owner, lets others read while "
        + "it is written to")
  }
}
