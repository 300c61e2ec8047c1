import Foundation
import GRDB
import Testing

@testable import AlmanacStore

@Suite struct `A part of a database` {
  private func refuses(_ path: String, _ cause: String) -> Bool {
    DatabaseFile.cause(ofRefusing: path)?.contains(cause) == true
  }

  /// Another program's database with a rollback journal in `other.db`, ours in `almanac.db`.
  private func databases(_ body: (String) throws -> Void) async throws {
    try await inFolder { folder in
      let queue = try DatabaseQueue(path: folder + "/other.db")
      try await queue.write { db in try db.execute(sql: "CREATE TABLE page (id INTEGER)") }
      try queue.close()
      try await ArchiveFixture(Archive.openForWriting(path: folder + "/almanac.db")).archive.queue
        .close()
      try body(folder)
    }
  }

  @Test func `is known by whatever name`() async throws {
    try await databases { folder in
      let files = FileManager.default
      try files.createDirectory(atPath: folder + "/sub", withIntermediateDirectories: false)
      for name in ["almanac.db", "other.db"] {
        try files.createSymbolicLink(
          atPath: "\(folder)/sub/symbolic-\(name)", withDestinationPath: "../\(name)")
        try files.createSymbolicLink(
          atPath: "\(folder)/sub/chain-\(name)", withDestinationPath: "symbolic-\(name)")
        try files.linkItem(
          atPath: "\(folder)/\(name)", toPath: "\(folder)/sub/hard-\(name)")
        for path in [
          name, "./\(name)", "sub/../\(name)", "sub//hard-\(name)", "sub/symbolic-\(name)",
          "sub/chain-\(name)",
        ] {
          #expect(refuses("\(folder)/\(path)", "it is a database"), "\(path)")
        }
      }
    }
  }

  @Test(arguments: ["-wal", "-shm", "-journal", ".lock"])
  func `is what lies beside one, whether it is there yet or not`(suffix: String) async throws {
    try await databases { folder in
      for name in ["almanac.db", "other.db"] {
        #expect(refuses("\(folder)/\(name)\(suffix)", "keeps a file of its own there"), "\(name)")
      }
      // A link to it is refused, too, even if it leads nowhere.
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/link", withDestinationPath: "other.db\(suffix)")
      #expect(refuses(folder + "/link", "keeps a file of its own there"))
      #expect(DatabaseFile.cause(ofRefusing: "\(folder)/answer.csv\(suffix)") == nil)
    }
  }

  @Test func `is a log that has lost its database, and the empty file that it belongs to`()
    async throws
  {
    try await inFolder { folder in
      let heads: [(String, [UInt8])] = [
        ("-wal", [0x37, 0x7F, 0x06, 0x82]), ("-wal", [0x37, 0x7F, 0x06, 0x83]),
        ("-journal", [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7]),
      ]
      for (index, (suffix, head)) in heads.enumerated() {
        let path = "\(folder)/\(index).db"
        try Data(head + [0, 0, 0, 1]).write(to: URL(filePath: path + suffix))
        #expect(refuses(path + suffix, "keeps a file of its own there"))
        #expect(refuses(path, "it is a database"), "absent")
        try Data().write(to: URL(filePath: path))
        #expect(refuses(path, "it is a database"), "empty")
        try FileManager.default.moveItem(atPath: path + suffix, toPath: path + ".old")
        #expect(refuses(path + ".old", "it is the log of a database"))
        #expect(DatabaseFile.cause(ofRefusing: path) == nil)
      }
    }
  }

  @Test(arguments: [
    "", "app,date,users\n", "SQLite format 3", "SQLite format 2\0 and more of it",
    "{\"format\": \"SQLite format 3\0\"}",
  ])
  func `is no other file`(text: String) async throws {
    try await inFolder { folder in
      try Data(text.utf8).write(to: URL(filePath: folder + "/answer.csv"))
      for path in ["answer.csv", "answer.csv-wal", "none.csv", "", "no/none.csv"] {
        #expect(DatabaseFile.cause(ofRefusing: "\(folder)/\(path)") == nil, "\(path)")
      }
    }
  }
}

@Suite struct `The path behind links` {
  @Test func `is one, also of a file that is still to be made`() async throws {
    try await inFolder { folder in
      let files = FileManager.default
      let real = CanonicalPath.of(folder)
      try files.createDirectory(atPath: folder + "/data", withIntermediateDirectories: false)
      for (link, target) in [
        ("to-folder", "data"), ("to-file", "data/a.db"), ("again", "to-file"),
        ("up", "data/../to-folder/a.db"), ("absolute", folder + "/to-folder/a.db"),
      ] {
        try files.createSymbolicLink(atPath: "\(folder)/\(link)", withDestinationPath: target)
      }
      let names = ["data/a.db", "to-folder/a.db", "to-file", "again", "up", "absolute"]
      for isThere in [false, true] {
        if isThere { try Data().write(to: URL(filePath: folder + "/data/a.db")) }
        for name in names {
          #expect(CanonicalPath.of("\(folder)/\(name)") == real + "/data/a.db", "\(name)")
        }
      }
    }
  }

  @Test func `is the path itself where it leads nowhere`() async throws {
    try await inFolder { folder in
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/round", withDestinationPath: "round")
      for path in ["", "/", folder + "/no/a.db", folder + "/none/"] {
        #expect(CanonicalPath.of(path) == path)
      }
      #expect(CanonicalPath.of(folder + "/round").hasSuffix("/round"))
    }
  }
}

@Suite struct `The path of an archive` {
  @Test(arguments: [
    ("", "empty"), (" \t", "empty"), (":memory:", "colon"), (":almanac.db", "colon"),
    ("file:almanac.db", "address"), ("file:/tmp/a.db?mode=memory", "address"),
    ("FILE::memory:", "address"), ("sqlite:///tmp/a.db", "address"),
    ("postgresql://host/almanac", "address"), ("/srv/almanac/", "folder"),
    ("/tmp/a.db\0.csv", "zero byte"),
  ])
  func `is no text that names no file`(path: String, cause: String) throws {
    let fault = try #require(ArchivePath.fault(in: path))
    #expect(fault.cause.contains(cause))
    // It may come from where a key stands.
    #expect(path.count < 9 || !fault.cause.contains(path) && !fault.hint.contains(path))
  }

  @Test(arguments: ["almanac.db", "./:memory:", "/tmp/file:a.db", "a b.db", "数据.db", "a:b//c"])
  func `is any other`(path: String) {
    #expect(ArchivePath.fault(in: path) == nil)
  }
}
