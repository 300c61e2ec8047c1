import Foundation
import GRDB
import Synchronization

@testable import AlmanacStore

extension SimulatedCollection {
  /// The bytes that a killed program leaves: those of the archive and of its log.
  ///
  /// The third side file is only memory that connections share; whoever opens the archive next makes
  /// it anew.
  package struct Remains: Sendable, Equatable {
    package let file: Data
    package let log: Data

    package init(file: Data, log: Data) {
      self.file = file
      self.log = log
    }
  }

  /// The remains that a kill would leave before any of the statements that `body` runs. Equal ones
  /// in a row are kept once, which loses nothing: nobody writes between two statements.
  ///
  /// - Parameter cachedPages: the size of SQLite's cache; with few pages, a transaction reaches the
  ///   log before it is over
  package func remains(
    cachedPages: Int, during body: () async throws -> Void
  ) async throws -> [Remains] {
    let all = Mutex<[Remains]>([])
    let look: @Sendable () -> Void = { [path] in
      let remains = Remains(
        file: (try? Data(contentsOf: URL(filePath: path))) ?? Data(),
        log: (try? Data(contentsOf: URL(filePath: path + "-wal"))) ?? Data())
      all.withLock { if $0.last != remains { $0.append(remains) } }
    }
    try await archive.queue.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA cache_size = \(cachedPages)")
      db.trace(options: .statement) { _ in look() }
    }
    try await body()
    try await archive.queue.writeWithoutTransaction { db in db.trace(options: .statement) }
    look()
    return all.withLock { $0 }
  }

  /// The remains that a kill would leave now.
  package func remains() async throws -> Remains {
    try await archive.queue.writeWithoutTransaction { [path] _ in
      Remains(
        file: try Data(contentsOf: URL(filePath: path)),
        log: try Data(contentsOf: URL(filePath: path + "-wal")))
    }
  }

  /// The same server and apps with an archive in which nothing is.
  package func withNewArchive(named name: String) throws -> SimulatedCollection {
    try with(archiveAt: newPath(name))
  }

  /// The same server and apps with an archive of which only this is left.
  package func with(_ remains: Remains, as name: String) throws -> SimulatedCollection {
    let copy = newPath(name)
    try remains.file.write(to: URL(filePath: copy))
    try remains.log.write(to: URL(filePath: copy + "-wal"))
    return try with(archiveAt: copy)
  }

  /// Makes a free path beside the archive, and deletes what was there.
  private func newPath(_ name: String) -> String {
    let path = URL(filePath: path).deletingLastPathComponent().appending(path: name)
      .path(percentEncoded: false)
    for side in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + side) }
    return path
  }
}
