import AlmanacCore
import AlmanacStore
import Foundation
import Synchronization
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
      let held = try ArchiveLock(database: folder + "/almanac.db")
      withExtendedLifetime(held) { #expect(Self.lostDescriptors(folder + "/almanac.db") == 0) }
    }
  }

  /// How many of the descriptors that one thread opens are closed by another one that tries for
  /// the lock meanwhile.
  private static func lostDescriptors(_ database: String) -> Int {
    let isOver = Mutex(false)
    let lost = Mutex(0)
    DispatchQueue.concurrentPerform(iterations: 2) { thread in
      if thread == 0 {
        for _ in 0..<4000 { _ = try? ArchiveLock(database: database) }
        isOver.withLock { $0 = true }
      } else {
        repeat {
          let descriptor = open("/dev/null", O_RDONLY)
          if descriptor >= 0, close(descriptor) != 0 { lost.withLock { $0 += 1 } }
        } while !isOver.withLock { $0 }
      }
    }
    return lost.withLock { $0 }
  }
}
