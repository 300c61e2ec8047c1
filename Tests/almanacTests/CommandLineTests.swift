import AlmanacStore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

@Suite struct `The command line` {
  private static let endings: [(words: String, code: Int32)] = [
    ("collct", 64), ("collect --form 2026-01-01", 64),
    ("collect --from yesterday", 64), ("collect --to 2026-01-01", 64),
    ("collect --from 2026-02-01 --to 2026-01-01", 64),
    ("collect --config none.yaml", 78), ("collect", 78), ("status", 78),
    ("status --database none.db", 65), ("migrate --database none.db", 65),
    ("status --database none.db --config none.yaml", 78),
    ("demo --apps 0", 64), ("demo --database taken", 65),
    ("--version", 0), ("--help", 0), ("help collect", 0),
  ]

  @Test(arguments: endings)
  func `ends with the exit code of the contract`(
    _ ending: (words: String, code: Int32)
  ) async throws {
    try await Program.inFolder { program in
      // The tests do not read the configuration of the machine that they run on.
      var program = program
      if !ending.words.contains("--database") {
        program.environment = ["ALMANAC_CONFIG": program.path("absent.yaml")]
      }
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

  /// A database is named too, with which these commands could do without a configuration.
  @Test(arguments: [
    ["status"], ["trend", "messages"], ["history", "--app", "x", "--date", "2026-01-01"],
    ["migrate"], ["collect"], ["collect", "--dry-run"],
  ])
  func `does not pass over a configuration that is named and missing`(
    words: [String]
  ) async throws {
    try await Program.inFolder { program in
      _ = try Archive.openForWriting(path: program.path("almanac.db"))
      var program = program
      for (flag, variables) in [
        (["--config", "none.yaml"], ["ALMANAC_DATABASE": "almanac.db"]),
        ([], ["ALMANAC_CONFIG": "none.yaml", "ALMANAC_DATABASE": "almanac.db"]),
        (["--database", "almanac.db"], ["ALMANAC_CONFIG": "none.yaml"]),
        (["--config", "none.yaml/a", "--database", "almanac.db"], [:]),
      ] {
        program.environment = variables
        let outcome = try await program.finish(program.prepare(words + flag), launch: true)
        #expect(outcome.code == 78, "\(flag), \(variables): \(outcome.errors)")
        #expect(outcome.errors.contains("reading the configuration none.yaml"))
        #expect(outcome.errors.contains("there is no such file\nhint: "))
        #expect(outcome.output.isEmpty)
      }
    }
  }

  /// The path comes by flag, by variable and by the configuration, wherever an archive is taken.
  @Test(arguments: ["", ":memory:", "file:almanac.db", "file:a?mode=memory&cache=shared", "sub/"])
  func `takes files alone for an archive`(path: String) async throws {
    try await Program.inFolder { program in
      var program = program
      let server = "server: {url: http://127.0.0.1:1}\napps: [{id: \(Fixtures.appID)}]\n"
      try program.write(server, to: "almanac.yaml")
      try program.write("\(server)database: \"\(path)\"\n", to: "other.yaml")
      program.environment = ["FASTGPT_API_KEY": "a-key"]
      let commands = [
        ["collect"], ["collect", "--dry-run"], ["status"], ["trend", "messages"], ["migrate"],
        ["history", "--app", "x", "--date", "2026-01-01"],
      ]
      for words in path == ":memory:" ? commands : [["collect"]] {
        let flag = try await program.finish(
          program.prepare(words + ["--database", path]), launch: true)
        #expect(flag.code == 64, "\(words): \(flag.errors)")
        #expect(flag.errors.contains("reading --database: it "), "\(words): \(flag.errors)")
        let configured = try await program.finish(
          program.prepare(words + ["--config", "other.yaml"]), launch: true)
        #expect(configured.code == 78, "\(words): \(configured.errors)")
        #expect(configured.errors.contains("other.yaml:3: database: it "), "\(configured.errors)")
        // An empty variable counts as one that is not set.
        guard !path.isEmpty else { continue }
        var named = program
        named.environment["ALMANAC_DATABASE"] = path
        let variable = try await named.finish(named.prepare(words), launch: true)
        #expect(variable.code == 64, "\(words): \(variable.errors)")
        #expect(variable.errors.contains("reading $ALMANAC_DATABASE: it "), "\(variable.errors)")
      }
      let demo = try await program.run("demo", "--database", path)
      #expect(demo.code == 64, "\(demo.errors)")
      let left = try FileManager.default.contentsOfDirectory(atPath: program.path("")).sorted()
      #expect(left == ["almanac.yaml", "other.yaml", "stderr", "stdout"])
    }
  }

  @Test func `takes an empty variable for one that is not set`() async throws {
    try await Program.inFolder { program in
      var program = program
      program.environment = ["ALMANAC_CONFIG": "", "ALMANAC_DATABASE": ""]
      let asking = program
      try await asking.serving { _, _ in
        let collect = try await asking.run("collect", "--app", "Support bot")
        let status = try await asking.run("status")
        #expect(collect.code == 0 && status.output.contains("Support bot"), "\(status.errors)")
      }
    }
  }

  @Test func `makes a demo in a new file alone`() async throws {
    try await Program.inFolder { program in
      let files = FileManager.default
      try program.write("mine", to: "file")
      try program.write("", to: "empty")
      try files.createDirectory(
        atPath: program.path("folder"), withIntermediateDirectories: false)
      try files.createSymbolicLink(
        atPath: program.path("link"), withDestinationPath: "elsewhere.db")
      try program.write("", to: "gone.db.lock")
      _ = try Archive.openForWriting(path: program.path("almanac.db"))
      let before = try files.contentsOfDirectory(atPath: program.path("")).sorted()
      for path in [
        "file", "empty", "folder", "link", "gone.db", "almanac.db", "almanac.db-journal",
        "no/demo.db",
      ] {
        let outcome = try await program.run("demo", "--database", path)
        #expect(outcome.code == 65, "\(path): \(outcome.errors)")
        #expect(outcome.errors.contains("making the archive \(path): "), "\(outcome.errors)")
      }
      let after = try files.contentsOfDirectory(atPath: program.path("")).sorted()
      #expect(after.filter { !$0.hasPrefix("std") } == before)
      #expect(try String(contentsOfFile: program.path("file"), encoding: .utf8) == "mine")
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
      let rows = try SimulatedCollection.rows(
        "SELECT count(*) FROM daily", path: program.path("demo.db"))
      #expect(rows != [["0"]])
    }
  }

  @Test func `refuses to collect into a demo, and says whose figures it has`() async throws {
    try await Program.inFolder { program in
      let demo = try await program.run(
        "demo", "--apps", "2", "--months", "1", "--database", "demo.db")
      #expect(demo.code == 0, "\(demo.errors)")
      try await program.serving { server, _ in
        let text = try String(contentsOfFile: program.path("almanac.yaml"), encoding: .utf8)
        try program.write(
          text.replacing("almanac.db", with: "demo.db"), to: "leads-to-demo.yaml")
        try FileManager.default.createSymbolicLink(
          atPath: program.path("link.db"), withDestinationPath: "demo.db")
        let before = try SimulatedCollection.everything(path: program.path("demo.db"))
        for words in [
          ["--database", "demo.db"], ["--database", "link.db"], ["--config", "leads-to-demo.yaml"],
          ["--database", "demo.db", "--dry-run"],
          ["--database", "demo.db", "--deep", "--app", "Support bot"],
        ] {
          let ended = try await program.finish(
            program.prepare(["collect"] + words), launch: true)
          #expect(ended.code == 65, "\(words): \(ended.errors)")
          #expect(ended.errors.contains("it is the archive of a demo"), "\(ended.errors)")
          #expect(ended.errors.contains("hint: name another file"))
        }
        #expect(server.requests.isEmpty)
        #expect(try SimulatedCollection.everything(path: program.path("demo.db")) == before)
        // A run of an earlier almanac, which did not refuse a demo, changes nothing.
        try SimulatedCollection.execute(
          "INSERT INTO run (started_at, version, arguments) VALUES ('2026-06-10', '1', 'collect')",
          path: program.path("demo.db"), patience: 1)
        #expect(try await program.run("collect", "--database", "demo.db").code == 65)
        for words in [
          ["status"], ["summary"], ["trend", "messages", "--format", "json"],
          ["history", "--app", "Ticket triage", "--date", "2020-01-01"],
        ] {
          let answer = try await program.finish(
            program.prepare(words + ["--database", "demo.db"]), launch: true)
          let told = answer.errors.components(separatedBy: "its apps and figures are invented")
          #expect(told.count == 2, "\(words): \(answer.errors)")
        }
        #expect(try await program.run("migrate", "--database", "demo.db").code == 0)
        #expect(try await program.run("collect").code == 0)
        let status = try await program.run("status")
        #expect(!status.errors.contains("invented"))
      }
    }
  }
}
