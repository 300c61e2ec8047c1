import AlmanacTestSupport
import Foundation
import Testing

@Suite struct `The command line` {
  private static let endings: [(words: String, code: Int32)] = [
    ("collct", 64), ("collect --form 2026-01-01", 64),
    ("collect --from yesterday", 64), ("collect --to 2026-01-01", 64),
    ("collect --from 2026-02-01 --to 2026-01-01", 64),
    ("collect --config none.yaml", 78), ("collect", 78), ("status", 78),
    ("status --database none.db", 65), ("migrate --database none.db", 65),
    ("demo --apps 0", 64), ("demo --database taken", 65),
    ("--version", 0), ("--help", 0), ("help collect", 0),
  ]

  @Test(arguments: endings)
  func `ends with the exit code of the contract`(
    _ ending: (words: String, code: Int32)
  ) async throws {
    try await Program.inFolder { program in
      // Not the configuration of the machine that the tests run on.
      var program = program
      program.environment = ["ALMANAC_CONFIG": program.path("absent.yaml")]
      try program.write("", to: "taken")
      let outcome = try await program.finish(
        program.prepare(ending.words.split(separator: " ").map(String.init)), launch: true)
      #expect(outcome.code == ending.code, "\(outcome.errors)")
      #expect(ending.code == 0 ? outcome.errors.isEmpty : !outcome.errors.isEmpty)
      #expect(!outcome.errors.contains("Fatal error"))
    }
  }

  @Test(arguments: [
    "9999-12-31T23:59:59Z", "9000-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "1970-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z", "0000-01-01",
  ])
  func `refuses a clock at which there is no FastGPT`(_ now: String) async throws {
    try await Program.inFolder { program in
      var program = program
      program.environment = ["ALMANAC_NOW": now]
      for words in [["demo", "--database", "demo.db"], ["summary", "--database", "demo.db"]] {
        let outcome = try await program.finish(program.prepare(words), launch: true)
        #expect(outcome.code == 64)
        #expect(outcome.errors.hasPrefix("reading ALMANAC_NOW: \(now) is not between"))
        #expect(outcome.errors.contains("\nhint: "))
      }
      #expect(!FileManager.default.fileExists(atPath: program.path("demo.db")))
    }
  }

  @Test(arguments: ["2000-01-01T00:00:00Z", "8999-12-31T23:59:59Z"])
  func `has a demo at every clock that it takes`(_ now: String) async throws {
    try await Program.inFolder { program in
      var program = program
      program.environment = ["ALMANAC_NOW": now]
      let seed = "18446744073709551615"
      let demo = ["demo", "--apps", "1", "--months", "1", "--seed", seed, "--database", "demo.db"]
      for words in [demo, ["trend", "messages", "--last", "100000d", "--database", "demo.db"]] {
        let outcome = try await program.finish(program.prepare(words), launch: true)
        #expect(outcome.code == 0, "\(outcome.errors)")
      }
    }
  }

  @Test func `shows the exit codes in its help`() async throws {
    try await Program.inFolder { program in
      let help = try await program.run("--help")
      for code in [0, 1, 3, 64, 65, 69, 75, 77, 78, 130, 143] {
        #expect(help.output.contains("\n  \(code) "), "\(code)")
      }
    }
  }

  @Test func `leaves a file alone that is no archive`() async throws {
    try await Program.inFolder { program in
      try program.write("not a database, and of some length too", to: "notes.db")
      let outcome = try await program.run("status", "--database", "notes.db")
      #expect(outcome.code == 65)
      #expect(outcome.errors.contains("hint: "))
      #expect(
        try String(contentsOfFile: program.path("notes.db"), encoding: .utf8)
          == "not a database, and of some length too")
    }
  }

  @Test func `migrates an archive that is up to date without a word too many`() async throws {
    try await Program.inFolder { program in
      try await program.serving { _, _ in
        _ = try await program.run("collect")
        let outcome = try await program.run("migrate")
        #expect(outcome.code == 0)
        #expect(outcome.output.contains("is up to date"))
      }
    }
  }

  @Test func `has a demo that needs nothing`() async throws {
    try await Program.inFolder { program in
      let outcome = try await program.run(
        "demo", "--apps", "3", "--months", "2", "--database", "demo.db")
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("server default: days begin at midnight UTC\n"))
      #expect(!outcome.errors.contains("warning"))
      #expect(outcome.output.contains("3 apps, "))
      #expect(outcome.output.contains("SELECT app, date, users, messages FROM daily"))
      let rows = try Rehearsal.rows(
        "SELECT count(*) FROM daily", path: program.path("demo.db"))
      #expect(rows != [["0"]])
    }
  }
}
