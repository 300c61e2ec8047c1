import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

@testable import AlmanacStore

@Suite struct `almanac remove` {
  /// Restores an archive of eight apps, two of which are called Support bot.
  private func program(_ body: (Program, String) async throws -> Void) async throws {
    try await Program.inFolder { program in
      let path = try Fixtures.restoreRelease(into: program.folder.path(percentEncoded: false))
      _ = try Archive.openForWriting(path: path)
      try await body(program, path)
    }
  }

  @Test func `without --yes deletes nothing, and says what it would delete and how`() async throws {
    try await program { program, path in
      let before = try Data(contentsOf: URL(filePath: path))
      let outcome = try await program.run("remove", "--app", "客服", "--database", path)
      #expect(outcome.code == 64)
      #expect(
        outcome.output.hasPrefix(
          "客服助手 (68c46a70d950e8850ae56402) of the server default in \(path): "))
      #expect(outcome.output.contains("buckets,") && outcome.output.contains("0 notes\n"))
      #expect(outcome.errors.contains("nothing is deleted without --yes\nhint: "))
      #expect(
        outcome.errors.contains(
          "`almanac remove --app 68c46a70d950e8850ae56402 --yes --database \(path)`"))
      #expect(try Data(contentsOf: URL(filePath: path)) == before)
    }
  }

  @Test func `with --yes deletes, needs no configuration, and names what keeps the app`()
    async throws
  {
    try await program { program, path in
      let outcome = try await program.run(
        "remove", "--app", "Moved bot", "--yes", "--database", path)
      #expect(outcome.code == 0 && outcome.errors.isEmpty)
      #expect(outcome.output.contains("is deleted from \(path): "))
      #expect(outcome.output.contains("backups and exports keep it until they are made again\n"))
      #expect(outcome.output.contains("\(path).schema-2.backup keeps it, too: delete that copy"))
      #expect(!outcome.output.contains("configuration"))
      let again = try await program.run(
        "remove", "--app", "Moved bot", "--yes", "--database", path)
      #expect(again.code == 64 && again.errors.contains("the archive has no such app"))
      #expect(try SimulatedCollection.rows("SELECT count(*) FROM app", path: path) == [["7"]])
    }
  }

  /// A script that runs twice, or whose variable is empty, deletes nobody else.
  @Test(
    arguments: [
      ["--app", "Moved"], ["--app", "moved bot"], ["--app", ""], ["--app", " "], [],
      ["--app", "Moved bot", "--app", "客服助手"],
    ])
  func `with --yes wants one whole name`(words: [String]) async throws {
    try await program { program, path in
      let process = try program.prepare(["remove", "--yes", "--database", path] + words)
      let outcome = try await program.finish(process, launch: true)
      #expect(outcome.code == 64, "\(outcome.errors)")
      #expect(try SimulatedCollection.rows("SELECT count(*) FROM app", path: path) == [["8"]])
    }
  }

  @Test func `of a name that several have lists their ids`() async throws {
    try await program { program, path in
      let outcome = try await program.run(
        "remove", "--app", "Support bot", "--yes", "--database", path)
      #expect(outcome.code == 64)
      for id in ["68c46a70d950e8850ae56401", "68c46a70d950e8850ae56407"] {
        #expect(outcome.errors.contains(id))
      }
      #expect(try SimulatedCollection.rows("SELECT count(*) FROM app", path: path) == [["8"]])
    }
  }

  @Test func `waits for nobody who holds the lock, and makes no archive where there is none`()
    async throws
  {
    try await program { program, path in
      let lock = try ArchiveLock(database: path)
      let outcome = try await program.run(
        "remove", "--app", "Moved bot", "--yes", "--database", path)
      withExtendedLifetime(lock) {}
      #expect(outcome.code == 75)
      #expect(try SimulatedCollection.rows("SELECT count(*) FROM app", path: path) == [["8"]])
      let none = try await program.run(
        "remove", "--app", "Moved bot", "--yes", "--database", path + "x")
      #expect(none.code == 65)
      #expect(!FileManager.default.fileExists(atPath: path + "x"))
    }
  }

  @Test func `of a configured app says that the next run collects it anew, and it does`()
    async throws
  {
    try await Program.inFolder { program in
      var program = program
      program.environment = ["ALMANAC_NOW": "2026-06-10T02:30:00Z"]
      let asking = program
      try await asking.serving { _, _ in
        #expect(try await asking.run("collect").code == 0)
        let outcome = try await asking.run("remove", "--app", "Support bot", "--yes")
        #expect(outcome.code == 0)
        #expect(outcome.output.contains("the next run collects it anew"))
        #expect(try await asking.run("collect").code == 0)
        let days = try SimulatedCollection.rows(
          "SELECT count(*) FROM daily WHERE app = 'Support bot'", path: asking.path("almanac.db"))
        #expect(days == [["41"]])
        let missing = try await asking.run(
          "remove", "--app", "Support bot", "--config", "none.yaml", "--database",
          asking.path("almanac.db"))
        #expect(missing.code == 78)
      }
    }
  }
}
