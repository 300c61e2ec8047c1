import AlmanacCore
import AlmanacStore
import Foundation
import Testing

@Suite struct `The lock of a run` {
  @Test func `is held by one at a time, and free once that one is gone`() async throws {
    try await inFolder { folder in
      let database = folder + "/almanac.db"
      var first: ArchiveLock? = try ArchiveLock(database: database)
      let error = try #require(throws: AlmanacError.self) {
        try ArchiveLock(database: database)
      }
      #expect(error.code == .locked)
      #expect(error.cause.contains("\(ProcessInfo.processInfo.processIdentifier)"))
      // A lock that is not got takes nothing away from the one that has it.
      #expect(throws: AlmanacError.self) { try ArchiveLock(database: database) }
      withExtendedLifetime(first) {
        #expect(FileManager.default.fileExists(atPath: database + ".lock"))
      }
      first = nil
      let second = try ArchiveLock(database: database)
      withExtendedLifetime(second) {}
      #expect(FileManager.default.fileExists(atPath: database + ".lock"))
    }
  }

  @Test func `of another archive is another one`() async throws {
    try await inFolder { folder in
      let first = try ArchiveLock(database: folder + "/a.db")
      let second = try ArchiveLock(database: folder + "/b.db")
      withExtendedLifetime((first, second)) {}
    }
  }

  @Test func `is neither made nor broken by what an older run left in its file`() async throws {
    try await inFolder { folder in
      let path = folder + "/almanac.db.lock"
      let left = Data("99999999999999999999\nsomething else\n".utf8)
      #expect(FileManager.default.createFile(atPath: path, contents: left))
      let lock = try ArchiveLock(database: folder + "/almanac.db")
      withExtendedLifetime(lock) {
        let own = "\(ProcessInfo.processInfo.processIdentifier)\n"
        #expect(FileManager.default.contents(atPath: path) == Data(own.utf8))
      }
    }
  }

  @Test func `needs a folder to be in`() async throws {
    try await inFolder { folder in
      let error = try #require(throws: AlmanacError.self) {
        try ArchiveLock(database: folder + "/none/almanac.db")
      }
      #expect(error.code == .unusableArchive)
    }
  }

  /// Descriptors are numbers that are given out again at once: whoever closes one twice closes
  /// somebody else's.
  @Test func `that is not got closes no descriptor but its own`() async throws {
    try await inFolder { folder in
      let database = folder + "/almanac.db"
      let held = try ArchiveLock(database: database)
      let attempts = Task.detached {
        for _ in 0..<3000 {
          do { _ = try ArchiveLock(database: database) } catch {}
        }
      }
      var lost = 0
      for _ in 0..<30_000 {
        let descriptor = open("/dev/null", O_RDONLY)
        guard descriptor >= 0 else { continue }
        if close(descriptor) != 0 { lost += 1 }
      }
      await attempts.value
      #expect(lost == 0)
      withExtendedLifetime(held) {}
    }
  }
}
