import AlmanacCore
import Foundation
import GRDB
import Synchronization
import Testing

@testable import AlmanacStore

@Suite(.timeLimit(.minutes(1))) struct `The lock of a run` {
  /// A lock that nobody holds any more. A process that another test starts has its descriptors, too,
  /// until it is another program.
  private static func free(_ database: String) throws -> ArchiveLock {
    while true {
      do {
        return try ArchiveLock(database: database)
      } catch let error as AlmanacError where error.code == .locked {
        sched_yield()
      }
    }
  }

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
      let second = try Self.free(database)
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

  /// The names lead to one file, there or still to be made, by links to it and to its folder.
  @Test(arguments: [false, true])
  func `is one by whatever name`(isThere: Bool) async throws {
    try await inFolder { folder in
      let files = FileManager.default
      for name in ["data", "elsewhere"] {
        try files.createDirectory(
          atPath: "\(folder)/\(name)", withIntermediateDirectories: false)
      }
      let path = folder + "/data/almanac.db"
      for (link, target) in [
        ("folder", "data"), ("link.db", "data/almanac.db"), ("elsewhere/chain.db", "../link.db"),
      ] {
        try files.createSymbolicLink(
          atPath: "\(folder)/\(link)", withDestinationPath: target)
      }
      var names = ["data/almanac.db", "folder/almanac.db", "link.db", "elsewhere/chain.db"]
      if isThere {
        try await ArchiveFixture(Archive.openForWriting(path: path)).archive.queue.close()
        try files.linkItem(atPath: path, toPath: folder + "/elsewhere/hard.db")
        names += ["elsewhere/hard.db"]
      }
      for first in names {
        let lock = try Self.free("\(folder)/\(first)")
        for second in names {
          let error = #expect(throws: AlmanacError.self, "\(first), \(second)") {
            try ArchiveLock(database: "\(folder)/\(second)")
          }
          #expect(error?.code == .locked)
          #expect(error?.cause.contains("another run holds it") == true)
        }
        withExtendedLifetime(lock) {}
      }
    }
  }

  /// A lock on the whole file would be one of SQLite's too, where the file system is a network's.
  @Test func `lets SQLite and its readers in`() async throws {
    try await inFolder { folder in
      let path = folder + "/almanac.db"
      try await ArchiveFixture(Archive.openForWriting(path: path)).archive.queue.close()
      let lock = try ArchiveLock(database: path)
      let fixture = try await ArchiveFixture(Archive.openForWriting(path: path))
      try await fixture.write(
        fixture.belief(first: "2026-03-02", [bucket("2026-03-02", everything())]))
      #expect(try await Archive.openForReading(path: path).newestDays(5).rows.count == 1)
      try fixture.archive.queue.close()
      withExtendedLifetime(lock) {}
    }
  }

  /// The file that it makes has a lock of its own from the beginning.
  @Test func `makes the file where it is asked to, behind a link too`() async throws {
    try await inFolder { folder in
      let files = FileManager.default
      try files.createSymbolicLink(
        atPath: folder + "/link.db", withDestinationPath: "almanac.db")
      let idle = try ArchiveLock(database: folder + "/none.db")
      withExtendedLifetime(idle) {}
      #expect(!files.fileExists(atPath: folder + "/none.db"))
      let lock = try ArchiveLock(database: folder + "/link.db", makesFile: true)
      #expect(files.contents(atPath: folder + "/almanac.db") == Data())
      try files.linkItem(atPath: folder + "/almanac.db", toPath: folder + "/hard.db")
      let error = #expect(throws: AlmanacError.self) {
        try ArchiveLock(database: folder + "/hard.db")
      }
      #expect(error?.cause == "another run holds it, by another name of the file")
      withExtendedLifetime(lock) {}
    }
  }

  @Test(arguments: ["/dev/null", "folder", "pipe"])
  func `is on files alone`(kind: String) async throws {
    try await inFolder { folder in
      let path = kind.hasPrefix("/") ? kind : "\(folder)/\(kind)"
      switch kind {
      case "folder":
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      case "pipe": #expect(mkfifo(path, 0o600) == 0)
      default: break
      }
      let error = #expect(throws: AlmanacError.self) { try ArchiveLock(database: path) }
      #expect(error?.code == .unusableArchive)
      #expect(!FileManager.default.fileExists(atPath: path + ".lock"))
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

  /// The number of descriptors that one thread opens and another one closes, which tries for the
  /// lock meanwhile.
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
