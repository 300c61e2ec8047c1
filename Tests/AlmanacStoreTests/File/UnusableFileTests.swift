import AlmanacCore
import Foundation
import GRDB
import Testing

@testable import AlmanacStore

/// A way of opening a file.
enum Opening: CaseIterable {
  case writing, reading

  func open(_ path: String) throws -> Archive {
    switch self {
    case .writing: try Archive.openForWriting(path: path)
    case .reading: try Archive.openForReading(path: path)
    }
  }
}

@Suite struct `A file that is no archive of this almanac` {
  /// Expects that a file is refused and left as it is. Returns what was said.
  private func refusal(
    _ path: String, _ opening: Opening, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> AlmanacError {
    let folder = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
    let before = FileManager.default.contents(atPath: path)
    let beside = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    let error = try #require(
      throws: AlmanacError.self, "it was opened", sourceLocation: sourceLocation
    ) { try opening.open(path) }
    #expect(error.code == .unusableArchive, sourceLocation: sourceLocation)
    #expect(error.action == "opening the archive \(path)", sourceLocation: sourceLocation)
    #expect(!error.cause.isEmpty && !error.hint.isEmpty, sourceLocation: sourceLocation)
    #expect(
      FileManager.default.contents(atPath: path) == before, "it was changed",
      sourceLocation: sourceLocation)
    let left = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    #expect(
      left.filter { !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") }
        == beside.filter { !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") },
      sourceLocation: sourceLocation)
    return error
  }

  @Test(arguments: Opening.allCases)
  func `is refused if a newer almanac made it`(opening: Opening) async throws {
    try await inFolder { folder in
      let path = folder + "/almanac.db"
      let fixture = try await ArchiveFixture(Archive.openForWriting(path: path))
      try await fixture.archive.queue.write { db in try db.execute(sql: "PRAGMA user_version = 99")
      }
      try fixture.archive.queue.close()
      let error = try refusal(path, opening)
      #expect(error.cause.contains("newer"))
    }
  }

  @Test(arguments: Opening.allCases)
  func `is refused if it is another program's database`(opening: Opening) async throws {
    try await inFolder { folder in
      let path = folder + "/other.db"
      let queue = try DatabaseQueue(path: path)
      try await queue.write { db in try db.execute(sql: "CREATE TABLE app (id INTEGER)") }
      try queue.close()
      #expect(try refusal(path, opening).cause.contains("another program"))
    }
  }

  @Test(arguments: Opening.allCases)
  func `is refused if another program marked it, empty as it is`(
    opening: Opening
  ) async throws {
    try await inFolder { folder in
      let path = folder + "/other.db"
      let queue = try DatabaseQueue(path: path)
      try await queue.write { db in try db.execute(sql: "PRAGMA application_id = 77") }
      try queue.close()
      _ = try refusal(path, opening)
    }
  }

  @Test(
    arguments: [
      "", "app,date,users\nbot,2026-01-01,3\n", "SQLite format 4\0 no, not this one",
      String(repeating: "a line of a log\n", count: 1000),
    ], Opening.allCases)
  func `is refused if it is a text`(text: String, opening: Opening) async throws {
    // An empty file is a new archive to a writer.
    guard !text.isEmpty || opening == .reading else { return }
    try await inFolder { folder in
      let path = folder + "/notes.txt"
      #expect(FileManager.default.createFile(atPath: path, contents: Data(text.utf8)))
      _ = try refusal(path, opening)
    }
  }

  @Test(arguments: Opening.allCases)
  func `is refused if it is a directory`(opening: Opening) async throws {
    try await inFolder { folder in
      try FileManager.default.createDirectory(
        atPath: folder + "/almanac.db", withIntermediateDirectories: false)
      #expect(try refusal(folder + "/almanac.db", opening).cause.contains("directory"))
    }
  }

  @Test(arguments: Opening.allCases)
  func `is refused if one of its migrations is not ours`(opening: Opening) async throws {
    try await inFolder { folder in
      let path = folder + "/almanac.db"
      let fixture = try await ArchiveFixture(Archive.openForWriting(path: path))
      try await fixture.archive.queue.write { db in
        try db.execute(
          sql: "UPDATE schema_migration SET checksum = checksum + 1 WHERE number = 2")
      }
      try fixture.archive.queue.close()
      #expect(try refusal(path, opening).cause.contains("0002_create_views.sql"))
    }
  }

  @Test(arguments: Opening.allCases)
  func `is refused if its end is cut off`(opening: Opening) async throws {
    try await inFolder { folder in
      let path = folder + "/almanac.db"
      let fixture = try await ArchiveFixture(Archive.openForWriting(path: path))
      try await fixture.archive.queue.vacuum()
      try fixture.archive.queue.close()
      let whole = try #require(FileManager.default.contents(atPath: path))
      for side in ["-wal", "-shm"] { try FileManager.default.removeItem(atPath: path + side) }
      try whole.prefix(5000).write(to: URL(filePath: path))
      _ = try refusal(path, opening)
    }
  }

  @Test(arguments: Opening.allCases)
  func `is refused if it has the mark and no schema`(opening: Opening) async throws {
    try await inFolder { folder in
      let path = folder + "/almanac.db"
      let queue = try DatabaseQueue(path: path)
      try await queue.write { db in
        try db.execute(sql: "PRAGMA application_id = \(0x416C_6D61)")
        try db.execute(sql: "CREATE TABLE something (id INTEGER)")
      }
      try queue.close()
      _ = try refusal(path, opening)
    }
  }

  @Test func `of an older schema is refused to a reader, who is told to migrate`() async throws {
    try await inFolder { folder in
      let path = folder + "/almanac.db"
      try `The schema`.makeOld(path)
      let error = try refusal(path, .reading)
      #expect(error.cause.contains("older"))
      #expect(error.hint.contains("almanac migrate --database \(path)"))
    }
  }

  @Test func `is not made by a reader`() async throws {
    try await inFolder { folder in
      let error = try refusal(folder + "/almanac.db", .reading)
      #expect(error.cause.contains("no such file"))
    }
  }

  @Test func `has no schema's version either`() async throws {
    try await inFolder { folder in
      let path = folder + "/other.db"
      let queue = try DatabaseQueue(path: path)
      try await queue.write { db in
        try db.execute(sql: "CREATE TABLE app (id INTEGER)")
        try db.execute(sql: "PRAGMA user_version = 1")
      }
      try queue.close()
      try Data("text\n".utf8).write(to: URL(filePath: folder + "/a.txt"))
      try Data().write(to: URL(filePath: folder + "/empty.db"))
      for unusable in [path, folder + "/a.txt", folder, folder + "/none.db", folder + "/empty.db"] {
        let error = #expect(throws: AlmanacError.self, "\(unusable)") {
          try Archive.schemaVersion(path: unusable)
        }
        #expect(error?.code == .unusableArchive)
      }
    }
  }

  @Test func `is not made in a folder that is not there`() async throws {
    try await inFolder { folder in
      let error = try #require(throws: AlmanacError.self) {
        try Archive.openForWriting(path: folder + "/none/almanac.db")
      }
      #expect(error.code == .unusableArchive)
      #expect(error.hint.contains("mkdir -p"))
    }
  }

  /// The log of a run that was broken off lies beside the name that the run went by. (One process
  /// takes all names of a file for one, so this is a copy of what another process would have left.)
  @Test(arguments: Opening.allCases)
  func `is refused by its other names while a run is not over`(opening: Opening) async throws {
    try await inFolder { folder in
      let files = FileManager.default
      let fixture = try await ArchiveFixture(Archive.openForWriting(path: folder + "/almanac.db"))
      _ = try await fixture.run()
      try await fixture.write(
        fixture.belief(first: "2026-03-02", [bucket("2026-03-02", everything())]))
      let path = folder + "/copy.db"
      for side in ["", "-wal"] {
        try files.copyItem(atPath: "\(folder)/almanac.db\(side)", toPath: path + side)
      }
      try files.createDirectory(atPath: folder + "/sub", withIntermediateDirectories: false)
      let other = folder + "/sub/other.db"
      try files.linkItem(atPath: path, toPath: other)
      try files.createSymbolicLink(atPath: folder + "/link.db", withDestinationPath: "copy.db")
      let error = try refusal(other, opening)
      #expect(error.cause.contains("2 names (hard links)"))
      #expect(error.hint.contains("-samefile \(other)"))
      for name in [folder + "/link.db", path] {
        let days = try await Archive.openForReading(path: name).newestDays(5)
        #expect(days.rows.count == 1, "\(name)")
      }
      // Nothing is in a log once a run is over.
      let later = try await ArchiveFixture(Archive.openForWriting(path: path))
      try await later.archive.finishRun(
        later.run(), at: ArchiveFixture.noon, outcome: .done, apps: 1, appsFailed: 0, seconds: 1,
        keepCaptures: 14)
      try later.archive.queue.close()
      let days = try await opening.open(other).newestDays(5)
      #expect(days.rows.count == 1)
    }
  }

  /// The superuser is not held by permissions, and has them made anew.
  @Test(.enabled(if: getuid() != 0), arguments: ["-wal", "-shm"])
  func `without a side file is refused to who may not make it, who is told who can`(
    side: String
  ) async throws {
    try await inFolder { folder in
      let path = folder + "/almanac.db"
      try await ArchiveFixture(Archive.openForWriting(path: path)).archive.queue.close()
      try FileManager.default.removeItem(atPath: path + side)
      try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder)
      defer {
        try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder)
      }
      #expect(try refusal(path, .reading).hint.contains("`almanac migrate --database \(path)`"))
    }
  }
}
