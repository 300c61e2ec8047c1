import AlmanacCore
import Foundation
import GRDB

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The rewriting of an archive from an older schema to the newest: it looks for room, keeps a copy,
/// and rewrites the archive in one transaction.
package struct SchemaUpgrade: Sendable {
  /// What there is to be told.
  package enum Stage: Sendable {
    case begins, ended
  }

  /// The archive, behind links.
  package let path: String
  package let oldVersion: Int
  /// The most bytes that it takes beside the archive, the copy included.
  package let room: Int
  /// The bytes that are free there.
  package let free: Int
  /// The path of the copy of the archive as it was; `nil` for a demo's, which can be made anew.
  package let backup: String?

  package var newVersion: Int { Schema.migrations.count }

  /// `nil` where nothing has to be rewritten: the archive is new, or has the newest schema.
  init?(
    _ queue: DatabaseQueue, _ path: String, free: (String) throws -> Int = DiskRoom.free(beside:)
  ) throws {
    let path = CanonicalPath.of(path)
    let found = try queue.read { db in
      (
        version: try Schema.version(db), isDemo: try Archive.holdsDemo(db),
        size: try Archive.size(db)
      )
    }
    guard found.version > 0, found.version < Schema.migrations.count else { return nil }
    self.path = path
    oldVersion = found.version
    room = Self.room(toRewrite: found.size) + (found.isDemo ? 0 : found.size)
    self.free = try free(path)
    // A file that is there is left alone: it may be the copy of an attempt that was killed.
    backup = found.isDemo ? nil : ArchiveCopy.unusedName("\(path).schema-\(found.version).backup")
  }

  /// The copies of an archive that are kept beside it.
  package static func backups(of path: String) -> [String] {
    let path = CanonicalPath.of(path)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path.folder)) ?? []
    return names.sorted().map { path.folder + $0 }.filter {
      $0.hasPrefix(path) && isBackup(named: String($0.dropFirst(path.count)))
    }
  }

  /// Whether a file has the name of a copy that an upgrade keeps.
  package static func isBackup(named name: String) -> Bool {
    name.contains(/\.schema-[0-9]+\.backup(-[0-9]+)?$/)
  }

  /// The most bytes by which the log and the file grow. The log holds each page that is written, and
  /// the file grows by its largest table, in whose place the others are written then.
  ///
  /// Measured: 1.5 times the size where there are facts alone (200 apps over two years), 1.7 where
  /// four fifths are further figures.
  private static func room(toRewrite size: Int) -> Int { size / 4 * 9 + 1_000_000 }

  private var action: String { "migrating the archive \(path)" }

  /// Throws an ``AlmanacError`` where there is too little room.
  func checkRoom() throws {
    guard free < room else { return }
    throw AlmanacError(
      .unusableArchive, action,
      cause: "it takes up to \(sizes.room) beside the archive, and \(sizes.free) are free",
      hint: "make room on its file system (`df \(path.folder)`), or move the archive to "
        + "another; it was left as it is, and the almanac that wrote it goes on with it")
  }

  /// Throws an ``AlmanacError`` where something goes wrong; the archive is left as it was then, and
  /// no copy of it.
  func run(_ queue: DatabaseQueue) throws {
    do {
      try Archive.translatingErrors(action, path) {
        if let backup { try ArchiveCopy(to: backup, like: path).make(of: queue) }
        try Schema.migrate(queue)
      }
    } catch {
      if let backup { unlink(backup) }
      queue.inDatabase(Archive.emptyLog)
      guard let error = error as? AlmanacError else { throw error }
      let isTaken = error.cause.contains("already exists")
      throw AlmanacError(
        error.code, error.action, cause: "\(error.cause); the archive is as it was",
        hint: isTaken
          ? "rename the table or view of your own that has this name, and run again" : error.hint)
    }
  }

  /// The room that it takes and the room that is free, as people read them.
  package var sizes: (room: String, free: String) {
    (DiskRoom.words(on: room + 999_999), DiskRoom.words(on: free))
  }
}
