import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

@Suite(.serialized) struct `almanac backup and restore` {
  /// An archive after one run.
  private func collected(
    _ body: (Program, SimulatedServer) async throws -> Void
  ) async throws {
    try await Program.inFolder { program in
      let program = Program(
        folder: program.folder, environment: ["ALMANAC_NOW": "2026-06-10T02:30:00Z"])
      try await program.serving { server, _ in
        #expect(try await program.run("collect").code == 0)
        try await body(program, server)
      }
    }
  }

  private static func views(
    _ program: Program, _ name: String = "almanac.db"
  ) throws -> [[String?]] {
    try ["daily", "weekly", "monthly", "quarterly", "daily_by_source", "gaps"].flatMap { view in
      try SimulatedCollection.rows("SELECT * FROM \(view)", path: program.path(name))
    }
  }

  private static func files(_ program: Program) throws -> Set<String> {
    Set(
      try FileManager.default.contentsOfDirectory(
        atPath: program.folder.path(percentEncoded: false)
      ).filter { !["stdout", "stderr"].contains($0) })
  }

  private static func bytes(_ program: Program, _ name: String) throws -> Data {
    try Data(contentsOf: program.folder.appending(path: name))
  }

  private static func hang(_ server: SimulatedServer, from request: Int) throws {
    let fault = try #require(
      Fault.named("hang-after-head", Fault.Setting(for: server.profile)))
    server.forgetRequests()
    server.reconfigure { $0.interceptor = .faults(FaultRule(fault, requests: request...Int.max)) }
  }

  @Test func `copies what is there, in one file that answers as the archive does`() async throws {
    try await collected { program, _ in
      chmod(program.path("almanac.db"), 0o640)
      let made = try await program.run("backup", "copy.db")
      #expect(made.code == 0 && made.errors.isEmpty)
      #expect(
        made.output.hasPrefix("\(program.path("almanac.db")) is backed up to copy.db: "),
        "\(made.output)")
      #expect(made.output.hasSuffix(", newest run 2026-06-10T02:30:00Z\n"))
      #expect(try Self.views(program, "copy.db") == Self.views(program))
      #expect(
        try Self.files(program).subtracting(["almanac.db-wal", "almanac.db-shm"])
          == ["almanac.db", "almanac.db.lock", "almanac.yaml", "copy.db", "key"])
      let mode = try FileManager.default.attributesOfItem(atPath: program.path("copy.db"))
      #expect(mode[.posixPermissions] as? Int == 0o640)
      let (own, copied) = (
        try await program.run("status"), try await program.run("status", "--database", "copy.db")
      )
      #expect(own.output == copied.output)
      #expect(own.output.contains("Newest backup: 2026-06-10T02:30:00Z\n"))
    }
  }

  @Test func `copies during a run, and what was copied is carried on to the same end`()
    async throws
  {
    try await collected { program, server in
      let whole = try Self.views(program)
      try FileManager.default.removeItem(atPath: program.path("almanac.db"))
      try Self.hang(server, from: 12)
      let run = try program.prepare(["collect"])
      try run.run()
      while server.requests.count < 12, run.isRunning { await Task.yield() }
      var other = Program(
        folder: program.folder.appending(path: "other"), environment: program.environment)
      other.environment["ALMANAC_CONFIG"] = program.path("almanac.yaml")
      try FileManager.default.createDirectory(
        at: other.folder, withIntermediateDirectories: true)
      let copy = program.path("copy.db")
      let made = try await other.run("backup", copy)
      #expect(made.code == 0, "\(made.errors)")
      #expect(
        try SimulatedCollection.rows("PRAGMA integrity_check", path: copy) == [["ok"]])
      let taken = try await other.run("restore", copy)
      #expect(taken.code == 75, "\(taken.errors)")
      kill(run.processIdentifier, SIGKILL)
      _ = try await program.finish(run)
      server.reconfigure { $0.interceptor = nil }

      let restored = try await program.run("restore", "copy.db")
      #expect(restored.code == 0, "\(restored.errors)")
      #expect(restored.output.contains("is kept in \(program.path("almanac.db")).replaced-2026"))
      // The backup was whole, so that the past need not be read again.
      let next = try await program.run("collect")
      #expect(next.code == 0 && !next.errors.contains("log"), "\(next.errors)")
      #expect(try Self.views(program) == whole)
    }
  }

  @Test func `replaces an older backup, and no other file`() async throws {
    try await collected { program, _ in
      #expect(try await program.run("backup", "copy.db").code == 0)
      #expect(try await program.run("backup", "copy.db").code == 0)
      // A run makes an archive of the backup that it writes to.
      try FileManager.default.copyItem(
        atPath: program.path("copy.db"), toPath: program.path("used.db"))
      #expect(try await program.run("collect", "--database", "used.db").code == 0)
      try program.write("my notes", to: "notes.txt")
      try FileManager.default.copyItem(
        atPath: program.path("almanac.db"), toPath: program.path("archive.db"))
      let before = try Self.files(program)
      for (name, words) in [
        ("notes.txt", "no backup of almanac"), ("archive.db", "no backup of almanac"),
        ("almanac.db", "the archive itself"), ("used.db", "no backup of almanac"),
        ("almanac.db-wal", "no backup of almanac"), ("almanac.db.lock", "no backup of almanac"),
        ("archive.db-wal", "keeps a file of its own there"), ("none/copy.db", "mkdir -p"),
        (".", "it is a directory"), ("none/", "it names no file"), ("", "it names no file"),
      ] {
        let bytes = try? Self.bytes(program, name)
        let refused = try await program.run("backup", name)
        #expect([64, 65].contains(refused.code), "\(name): \(refused.errors)")
        #expect(
          refused.errors.contains(words) && refused.errors.contains("\nhint: "),
          "\(name): \(refused.errors)")
        #expect(try (try? Self.bytes(program, name)) == bytes && Self.files(program) == before)
      }
    }
  }

  /// The limit grows by blocks, as `ulimit -f` counts them, from too little to enough.
  @Test(.limitsFiles) func `leaves the older backup and the archive where there is no room`()
    async throws
  {
    try await collected { program, _ in
      #expect(try await program.run("backup", "copy.db").code == 0)
      let views = try Self.views(program)
      for command in ["backup copy.db", "restore copy.db"] {
        let (backup, before) = (try Self.bytes(program, "copy.db"), try Self.files(program))
        var refused = 0
        for blocks in stride(from: 8, through: 20_000, by: 400) {
          let process = try program.prepare([])
          process.executableURL = URL(filePath: "/bin/sh")
          let almanac = Program.binary.path(percentEncoded: false)
          process.arguments = ["-c", "ulimit -f \(blocks) && exec '\(almanac)' \(command)"]
          let ended = try await program.finish(process, launch: true)
          guard ended.code != 0 else { break }
          refused += 1
          #expect(ended.code == 65, "\(blocks): \(ended.errors)")
          #expect(ended.errors.contains("room"), "\(blocks): \(ended.errors)")
          #expect(try Self.bytes(program, "copy.db") == backup)
          #expect(try Self.files(program) == before, "\(blocks)")
          #expect(try Self.views(program) == views)
        }
        #expect(refused > 0)
      }
    }
  }

  @Test(arguments: Repetition.seeds)
  func `killed at whatever moment, leaves the older backup or a whole new one`(seed: Int)
    async throws
  {
    try await collected { program, _ in
      #expect(try await program.run("backup", "copy.db").code == 0)
      let views = try Self.views(program)
      var random = SplitMix64(seed: UInt64(seed))
      var killedAtWork = 0
      for number in 0..<16 {
        let process = try program.prepare([number % 2 == 0 ? "backup" : "restore", "copy.db"])
        let before = try Self.files(program)
        try process.run()
        // Half of them are killed once the copy is begun.
        while number % 4 < 2, process.isRunning, try Self.files(program).isSubset(of: before) {
          await Task.yield()
        }
        for _ in 0..<Int.random(in: 0..<20_000, using: &random) where process.isRunning {
          await Task.yield()
        }
        kill(process.processIdentifier, SIGKILL)
        let wasAtWork = try !Self.files(program).isSubset(of: before)
        if try await program.finish(process).code == SIGKILL, wasAtWork { killedAtWork += 1 }
        for name in ["copy.db", "almanac.db"] {
          // Who may write rolls back what the killed one had begun to note.
          try SimulatedCollection.execute(
            "SELECT count(*) FROM run", path: program.path(name), patience: 1)
          #expect(try Self.views(program, name) == views, "\(number): \(name)")
        }
      }
      #expect(killedAtWork > 0)
      #expect(try await program.run("backup", "copy.db").code == 0)
      #expect(try await program.run("restore", "copy.db").code == 0)
      #expect(try !Self.files(program).contains { $0.contains("partial") })
    }
  }

  @Test(arguments: Damage.allCases)
  func `restores no backup that was damaged`(damage: Damage) async throws {
    try await collected { program, _ in
      #expect(try await program.run("backup", "copy.db").code == 0)
      let (backup, views) = (try Self.bytes(program, "copy.db"), try Self.views(program))
      for seed in Repetition.seeds.prefix(2).flatMap({ [$0, $0 + 1000, $0 + 2000] }) {
        try damage.strike(backup, seed: UInt64(seed))
          .write(to: program.folder.appending(path: "copy.db"))
        let restored = try await program.run("restore", "copy.db")
        if restored.code != 0 {
          #expect(restored.code == 65, "\(seed): \(restored.errors)")
          #expect(
            restored.errors.contains("\(program.path("almanac.db")) was left as it is\n"),
            "\(seed): \(restored.errors)")
        }
        // Damage to what nobody reads does no harm.
        #expect(try Self.views(program) == views, "\(seed)")
      }
    }
  }

  @Test func `restores nothing but an archive of this almanac or an older one`() async throws {
    try await collected { program, _ in
      try program.write("my notes", to: "notes.txt")
      try program.write("", to: "empty.db")
      try FileManager.default.copyItem(
        atPath: program.path("almanac.db"), toPath: program.path("newer.db"))
      try SimulatedCollection.execute(
        "PRAGMA user_version = 99", path: program.path("newer.db"), patience: 1)
      try SimulatedCollection.execute(
        "CREATE TABLE t (a)", path: program.path("foreign.db"), patience: 1)
      #expect(try await program.run("backup", "changed.db").code == 0)
      try SimulatedCollection.execute(
        "UPDATE chat_fact SET chat_item_count = chat_item_count + 1 WHERE day % 7 = 0",
        path: program.path("changed.db"), patience: 1)
      let before = try Self.files(program)
      let archive = try Self.bytes(program, "almanac.db")
      for (name, words) in [
        ("notes.txt", "not a database"), ("empty.db", "it is empty"), ("newer.db", "newer almanac"),
        ("foreign.db", "another program"), ("none.db", "no such file"), (".", "directory"),
        ("almanac.db", "one file"), ("changed.db", "its checksum is not the one"),
      ] {
        let refused = try await program.run("restore", name)
        #expect([64, 65].contains(refused.code), "\(name): \(refused.errors)")
        #expect(
          refused.errors.contains(words) && refused.errors.contains("\nhint: "),
          "\(name): \(refused.errors)")
        #expect(try Self.bytes(program, "almanac.db") == archive)
      }
      #expect(try Self.files(program).isSuperset(of: before))
    }
  }

  @Test func `takes the place of a file that is no archive any more, and keeps it with its log`()
    async throws
  {
    try await collected { program, _ in
      #expect(try await program.run("backup", "copy.db").code == 0)
      let views = try Self.views(program)
      try program.write("spoilt", to: "almanac.db", mode: 0o640)
      try program.write("log", to: "almanac.db-wal")
      let restored = try await program.run("restore", "copy.db")
      #expect(restored.code == 0, "\(restored.errors)")
      let kept = try #require(
        try Self.files(program).first { $0.hasPrefix("almanac.db.replaced-") && $0.hasSuffix("Z") })
      #expect(try Self.bytes(program, kept) == Data("spoilt".utf8))
      #expect(try Self.bytes(program, kept + "-wal") == Data("log".utf8))
      #expect(try Self.views(program) == views)
      let mode = try FileManager.default.attributesOfItem(atPath: program.path("almanac.db"))
      #expect(mode[.posixPermissions] as? Int == 0o640)
      #expect(try await program.run("collect").code == 0)
    }
  }

  @Test func `restores into a place where nothing is, and one that is read keeps its archive`()
    async throws
  {
    try await collected { program, _ in
      #expect(try await program.run("backup", "copy.db").code == 0)
      let new = try await program.run("restore", "copy.db", "--database", "new.db")
      #expect(new.code == 0 && !new.output.contains("kept"), "\(new.errors)")
      #expect(try Self.views(program, "new.db") == Self.views(program))
      let (archive, before) = (try Self.bytes(program, "almanac.db"), try Self.files(program))
      let refused = try await SimulatedCollection.whileOpen(program.path("almanac.db")) {
        try await program.run("restore", "copy.db")
      }
      #expect(refused.code == 75, "\(refused.errors)")
      #expect(refused.errors.contains("another program has the archive open"))
      #expect(try Self.bytes(program, "almanac.db") == archive)
      #expect(try Self.files(program).isSubset(of: before.union(["almanac.db-shm"])))
    }
  }

  @Test
  func `copies an archive of an older schema, and goes back to the one that a migration kept`()
    async throws
  {
    try await Program.inFolder { program in
      let path = try Fixtures.restoreRelease(into: program.folder.path(percentEncoded: false))
      let rows = { try SimulatedCollection.rows("SELECT * FROM user_fact", path: $0) }
      let facts = try rows(path)
      let made = try await program.run("backup", program.path("copy.db"), "--database", path)
      #expect(made.code == 0 && made.output.contains("schema 2"), "\(made.errors)")
      #expect(try await program.run("migrate", "--database", path).code == 0)
      let back = try await program.run(
        "restore", path + ".schema-2.backup", "--database", path)
      #expect(back.code == 0 && back.output.contains("its schema is older"), "\(back.errors)")
      #expect(try rows(path) == facts)
      let older = try await program.run("status", "--database", path)
      #expect(older.code == 65 && older.errors.contains("schema is older (2,"))
      #expect(
        try await program.run("restore", program.path("copy.db"), "--database", path).code == 0)
      #expect(try rows(path) == facts)
    }
  }

  @Test func `leaves alone what only looks like its own, and the log of a run that was killed`()
    async throws
  {
    try await collected { program, server in
      try program.write("mine", to: "copy.db.partial")
      #expect(try await program.run("backup", "copy.db").code == 0)
      #expect(try Self.bytes(program, "copy.db.partial") == Data("mine".utf8))
      try FileManager.default.copyItem(
        atPath: program.path("copy.db"), toPath: program.path("almanac.db.partial"))
      #expect(try await program.run("restore", "almanac.db.partial").code == 0)
      #expect(try Self.bytes(program, "almanac.db.partial") == Self.bytes(program, "copy.db"))

      // Another program's log beside a backup would be read as the new one's.
      try program.write("log", to: "copy.db-wal")
      let refused = try await program.run("backup", "copy.db")
      #expect(refused.code == 65 && refused.errors.contains("copy.db-wal is not empty"))
      try FileManager.default.removeItem(atPath: program.path("copy.db-wal"))

      try Self.hang(server, from: 12)
      let run = try program.prepare(["collect", "--deep"])
      try run.run()
      while server.requests.count < 12, run.isRunning { await Task.yield() }
      kill(run.processIdentifier, SIGKILL)
      _ = try await program.finish(run)
      server.reconfigure { $0.interceptor = nil }
      #expect(try await program.run("backup", "copy.db").code == 0)
      // A second name, as rotations make them.
      #expect(link(program.path("copy.db"), program.path("copy.1.db")) == 0)
      #expect(try await program.run("status", "--database", "copy.1.db").code == 0)
      let next = try await program.run("collect")
      #expect(next.code == 0 && !next.errors.contains("is gone"), "\(next.errors)")
      #expect(try await program.run("restore", "copy.1.db").code == 0)
    }
  }

  @Test func `replaces no file that was never an archive`() async throws {
    try await collected { program, _ in
      #expect(try await program.run("backup", "copy.db").code == 0)
      try program.write("my notes", to: "notes.txt")
      let refused = try await program.run("restore", "copy.db", "--database", "notes.txt")
      #expect(refused.code == 65 && refused.errors.contains("no archive"), "\(refused.errors)")
      #expect(try Self.bytes(program, "notes.txt") == Data("my notes".utf8))
      #expect(try !Self.files(program).contains("notes.txt.lock"))
      let migrated = try await program.run("migrate", "--database", "copy.db")
      #expect(migrated.code == 0 && migrated.output.contains("is a backup, and up to date"))
      #expect(try await program.run("backup", "copy.db").code == 0)
    }
  }

  /// Root restores and collects for the user whose folder it is.
  @Test(.enabled(if: geteuid() == 0))
  func `by root leaves everything to the owner of the folder`() async throws {
    try await collected { program, _ in
      #expect(try await program.run("backup", "copy.db").code == 0)
      for (name, command) in [("r", "restore"), ("c", "collect")] {
        let folder = program.path(name)
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true)
        chown(folder, 65_534, 65_534)
        let flags = command == "restore" ? ["copy.db"] : []
        let process = try program.prepare([command] + flags + ["--database", "\(name)/a.db"])
        #expect(try await program.finish(process, launch: true).code == 0)
        for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
          let owner = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(file)")
          #expect(owner[.ownerAccountID] as? Int == 65_534, "\(file)")
        }
      }
    }
  }
}
