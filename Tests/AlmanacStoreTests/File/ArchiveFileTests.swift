import AlmanacCore
import Foundation
import GRDB
import Synchronization
import Testing

@testable import AlmanacStore

@Suite struct `The archive file` {
  private static func hasSideFiles(_ path: String) -> Bool {
    ["-wal", "-shm"].allSatisfy { FileManager.default.fileExists(atPath: path + $0) }
  }

  @Test(arguments: ["plain", "my data", "数据 🗄", "50%25", "a#b?c"])
  func `is made in a folder of any name`(name: String) async throws {
    try await inFolder { folder in
      try FileManager.default.createDirectory(
        atPath: "\(folder)/\(name)", withIntermediateDirectories: false)
      let path = "\(folder)/\(name)/almanac.db"
      _ = try await ArchiveFixture(Archive.openForWriting(path: path))
      #expect(FileManager.default.fileExists(atPath: path))
      _ = try Archive.openForReading(path: path)
    }
  }

  @Test func `is in WAL mode, and keeps its side files when it is closed`() async throws {
    try await inFolder { folder in
      let path = folder + "/almanac.db"
      let fixture = try await ArchiveFixture(Archive.openForWriting(path: path))
      #expect(try fixture.rows("PRAGMA journal_mode") == [["wal"]])
      try fixture.archive.queue.close()
      #expect(Self.hasSideFiles(path))
    }
  }

  /// SQLite brings the WAL file to the disk with a commit that is FULL, with all commits before.
  @Test func `is on disk when an app or a run is reported, and in one piece before`() async throws {
    try await inFolder { folder in
      let fixture = try await ArchiveFixture(Archive.openForWriting(path: folder + "/almanac.db"))
      let statements = Mutex<[String]>([])
      try await fixture.archive.queue.writeWithoutTransaction { db in
        db.trace { event in statements.withLock { $0.append("\(event)") } }
      }
      let run = try await fixture.run()
      try await fixture.archive.close(
        Changes(of: AppKnowledge(key: fixture.app)), run: run, at: ArchiveFixture.noon, failure: nil
      )
      try await fixture.archive.finishRun(
        run, at: ArchiveFixture.noon, outcome: .done, apps: 1, appsFailed: 0, seconds: 1,
        keepCaptures: 14)
      let seen = statements.withLock { $0 }.filter {
        ["PRAGMA sync", "BEGIN", "COMMIT"].contains(where: $0.hasPrefix)
      }
      let plain = ["BEGIN IMMEDIATE TRANSACTION", "COMMIT TRANSACTION"]
      let durable = ["PRAGMA synchronous = FULL"] + plain + ["PRAGMA synchronous = NORMAL"]
      // The run begins, the app is closed, captures are dropped, the run is over.
      #expect(seen == plain + durable + plain + durable)
    }
  }

  /// A member of the file's group reads it, without permission to write to file or folder.
  /// (Permissions do not stop the superuser; the rest of the test holds for it too.)
  @Test func `at rest is read by who may not write`() async throws {
    try await inFolder { folder in
      let path = folder + "/almanac.db"
      let fixture = try await ArchiveFixture(Archive.openForWriting(path: path))
      try await fixture.write(
        fixture.belief(first: "2026-03-02", [bucket("2026-03-02", everything())]))
      try fixture.archive.queue.close()
      let copy = folder + "/copy"
      try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: false)
      for side in ["", "-wal", "-shm"] {
        try FileManager.default.copyItem(atPath: path + side, toPath: copy + "/a.db" + side)
        try FileManager.default.setAttributes(
          [.posixPermissions: 0o444], ofItemAtPath: copy + "/a.db" + side)
      }
      try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: copy)
      defer {
        try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: copy)
      }
      let before = FileManager.default.contents(atPath: copy + "/a.db")
      let reader = try Archive.openForReading(path: copy + "/a.db")
      let table = try await reader.newestDays(5)
      #expect(table.rows.count == 1)
      #expect(FileManager.default.contents(atPath: copy + "/a.db") == before)
    }
  }

  @Test func `is read while a run writes, as it was before the write is over`() async throws {
    try await inFolder { folder in
      let path = folder + "/almanac.db"
      let fixture = try await ArchiveFixture(Archive.openForWriting(path: path))
      let reader = try Archive.openForReading(path: path)
      try await fixture.write(
        fixture.belief(first: "2026-03-02", [bucket("2026-03-02", everything())]))
      #expect(try await reader.newestDays(5).rows.count == 1)
      try await fixture.archive.queue.write { db in
        try db.execute(sql: "DELETE FROM bucket")
        let other = try Archive.openForReading(path: path)
        let seen = try other.queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM daily") }
        #expect(seen == 1)
      }
      #expect(try await reader.newestDays(5).rows.isEmpty)
    }
  }

  @Test func `opened for reading cannot be written to`() async throws {
    try await inFolder { folder in
      let path = folder + "/almanac.db"
      _ = try await ArchiveFixture(Archive.openForWriting(path: path))
      let reader = try Archive.openForReading(path: path)
      let error = await #expect(throws: AlmanacError.self) { try await reader.enroll([], run: 0) }
      #expect(error?.code == nil || error?.code == .unusableArchive)
      let writes = await #expect(throws: AlmanacError.self) {
        _ = try await reader.beginRun(at: ArchiveFixture.noon, version: "test", arguments: "")
      }
      #expect(writes?.code == .unusableArchive)
    }
  }
}
