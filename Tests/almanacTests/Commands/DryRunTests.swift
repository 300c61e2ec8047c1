import AlmanacStore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

@Suite struct `almanac collect --dry-run` {
  private let now = "2026-06-10T02:30:00Z"

  private func program(_ body: (Program) async throws -> Void) async throws {
    try await Program.inFolder { program in
      var program = program
      program.environment = ["ALMANAC_NOW": now]
      try program.write(Program.key, to: "key")
      try program.write(program.configuration(url: "http://127.0.0.1:1"), to: "almanac.yaml")
      try await body(program)
    }
  }

  private struct Mistake: Sendable, CustomTestStringConvertible {
    let code: Int32
    let testDescription: String
    let make: @Sendable (Program) throws -> Void

    init(_ code: Int32, _ name: String, _ make: @escaping @Sendable (Program) throws -> Void) {
      self.code = code
      testDescription = name
      self.make = make
    }

    /// Replaces a part of the configuration.
    init(_ code: Int32, _ old: String, with new: String) {
      self.init(code, new) { program in
        let file = program.path("almanac.yaml")
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try program.write(text.replacing(old, with: new), to: "almanac.yaml")
      }
    }
  }

  private static let mistakes = [
    Mistake(78, "http://127.0.0.1:1", with: "ftp://127.0.0.1"),
    Mistake(78, "http://127.0.0.1:1", with: "fastgpt.example.org"),
    Mistake(78, "http://127.0.0.1:1", with: "http://fastgpt.example.org"),
    Mistake(78, "Support bot", with: "' '"),
    Mistake(78, "客服助手", with: "all"),
    Mistake(78, Fixtures.otherID, with: Fixtures.appID),
    Mistake(78, "a key that is missing") { program in
      try FileManager.default.removeItem(atPath: program.path("key"))
    },
    Mistake(78, "an empty key") { try $0.write(" \n", to: "key") },
    Mistake(78, "a key of two words") { try $0.write("fastgpt-abc def", to: "key") },
    Mistake(78, "a key that everybody may read") { program in
      try program.write(Program.key, to: "key", mode: 0o644)
    },
    Mistake(78, "a configuration that is missing") { program in
      try FileManager.default.removeItem(atPath: program.path("almanac.yaml"))
    },
    Mistake(65, "almanac.db", with: "nowhere/almanac.db"),
    Mistake(65, "an archive that is a folder") { program in
      try FileManager.default.createDirectory(
        atPath: program.path("almanac.db"), withIntermediateDirectories: false)
    },
    Mistake(65, "an archive that is a text") { program in
      try program.write(String(repeating: "no archive ", count: 100), to: "almanac.db")
    },
    Mistake(65, "an archive of a newer almanac") { program in
      _ = try Archive.openForWriting(path: program.path("almanac.db"))
      try SimulatedCollection.execute(
        "PRAGMA user_version = 9999", path: program.path("almanac.db"), patience: 5)
    },
  ]

  @Test(arguments: mistakes)
  private func `refuses what the run refuses, in its words and with its code`(
    _ mistake: Mistake
  ) async throws {
    try await program { program in
      try mistake.make(program)
      // A reader makes the side files of an archive.
      let files = {
        try Set(FileManager.default.contentsOfDirectory(atPath: program.path("")))
          .union(["stdout", "stderr"]).filter { !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") }
      }
      let before = try files()
      let dry = try await program.run("collect", "--dry-run")
      #expect(try files() == before)
      let real = try await program.run("collect")
      #expect(dry.code == mistake.code && real.code == mistake.code)
      #expect(dry.errors == real.errors)
      #expect(dry.errors.contains("hint: ") && dry.output == "")
      #expect(!dry.errors.contains(Program.key))
    }
  }

  @Test(arguments: [true, false])
  func `is refused while a run is at work`(_ isNew: Bool) async throws {
    try await program { program in
      let database = program.path("almanac.db")
      if !isNew { _ = try Archive.openForWriting(path: database) }
      let lock = try ArchiveLock(database: database)
      let dry = try await program.run("collect", "--dry-run")
      let real = try await program.run("collect")
      #expect(dry.code == 75 && real.code == 75)
      #expect(dry.errors == real.errors)
      withExtendedLifetime(lock) {}
    }
  }

  @Test func `lists the probes, and says what is not known and how long it takes`() async throws {
    try await program { program in
      try await program.serving { server, base in
        try program.write(
          program.configuration(url: base.absoluteString)
            .replacing("requests_per_second: 1000", with: "requests_per_second: 2"),
          to: "almanac.yaml")
        let new = try await program.run("collect", "--dry-run")
        #expect(new.code == 0 && server.requests.isEmpty)
        // One asks whose key it is, and one for the totals of each app.
        #expect(new.output.components(separatedBy: "getTotalData").count == 4)
        #expect(new.output.contains("(server default)"))
        #expect(
          new.errors == """
            the clock is set by ALMANAC_NOW: 2026-06-10T02:30:00Z
            5 requests, and up to 169 more: at 2 a second at least 3 seconds, with all of them 87 \
            seconds; retries and a slow server take longer
              up to 79 to find the bucket zone of the server default
              up to 90 for the history of 2 apps; the first answers tell how long it is. A year of \
            each takes 20, and 2 for each source; with two sources 15 seconds in all
              not counted: the days of sources that are new

            """)
        try program.write(program.configuration(url: base.absoluteString), to: "almanac.yaml")
        #expect(try await program.run("collect").code == 0)
        let held = try await program.run("collect", "--dry-run")
        #expect(held.errors.contains("up to 10 to prove the bucket zone of the server default"))
        #expect(!held.errors.contains("history"))
      }
    }
  }

  /// Nothing is refused that the run would take.
  @Test func `takes an empty file for the place of a new archive`() async throws {
    try await program { program in
      try program.write("", to: "almanac.db")
      let dry = try await program.run("collect", "--dry-run")
      #expect(dry.code == 0 && dry.output.contains("getTotalData"))
      #expect(FileManager.default.contents(atPath: program.path("almanac.db")) == Data())
    }
  }

  @Test func `and the run warn of what is hardly meant`() async throws {
    try await program { program in
      let text = program.configuration(url: "http://127.0.0.1:1")
        .replacing("客服助手", with: "support bot\n    since: 2062-01-01")
      try program.write(text, to: "almanac.yaml")
      let dry = try await program.run("collect", "--dry-run")
      #expect(dry.code == 0)
      #expect(dry.errors.contains("warning: 2 apps are called Support bot"))
      #expect(dry.errors.contains("warning: support bot: its since, 2062-01-01, has not come yet"))
    }
  }
}
