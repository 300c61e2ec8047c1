import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

@Suite(.serialized) struct `A collect that is ended from outside` {
  private func program(
    _ body: (Program, SimulatedServer) async throws -> Void
  ) async throws {
    try await Program.inFolder { program in
      var program = program
      program.environment = ["ALMANAC_NOW": "2026-06-10T02:30:00Z"]
      try await program.serving { server, _ in try await body(program, server) }
    }
  }

  private static func statements(_ program: Program) throws -> [[String?]] {
    try ["daily", "weekly", "monthly", "quarterly", "daily_by_source"].flatMap { view in
      try SimulatedCollection.rows(
        """
        SELECT '\(view)', app_id, date, state, users, new_users, retained_users, points, messages,
          chats, errors, good_feedback, bad_feedback, response_seconds
        FROM \(view) ORDER BY app_id, date
        """, path: program.path("almanac.db"))
    } + SimulatedCollection.rows("SELECT * FROM gaps", path: program.path("almanac.db"))
  }

  private static func removeArchive(_ program: Program) {
    for side in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: program.path("almanac.db" + side))
    }
  }

  /// Kills each run after a random number of requests, a few of them on one archive before a run
  /// may finish. Some of them are over sooner.
  @Test func `by SIGKILL at whatever moment leaves a file that the next one makes whole`()
    async throws
  {
    try await program { program, server in
      #expect(try await program.run("collect").code == 0)
      let most = server.requests.count
      let whole = try Self.statements(program)
      var random = SystemRandomNumberGenerator()
      let enough = 8 * Repetition.seeds.count
      var killed = 0
      for _ in 0..<6 * Repetition.seeds.count where killed < enough {
        Self.removeArchive(program)
        for _ in 0..<8 {
          let requests = Int.random(in: 0..<most, using: &random)
          server.forgetRequests()
          let process = try program.prepare(["collect"])
          try process.run()
          while server.requests.count < requests, process.isRunning { await Task.yield() }
          kill(process.processIdentifier, SIGKILL)
          if try await program.finish(process).code == SIGKILL { killed += 1 }
          guard FileManager.default.fileExists(atPath: program.path("almanac.db")) else { continue }
          #expect(
            try SimulatedCollection.rows("PRAGMA quick_check", path: program.path("almanac.db"))
              == [["ok"]])
        }
        #expect(try await program.run("collect").code == 0)
        #expect(try Self.statements(program) == whole)
      }
      #expect(killed >= enough)
    }
  }

  @Test(arguments: [(SIGTERM, 143), (SIGINT, 130)] as [(Int32, Int32)])
  func `by a signal ends with its code and is closed`(signal: Int32, code: Int32) async throws {
    try await Program.inFolder { program in
      var program = program
      program.environment = ["ALMANAC_NOW": "2026-06-10T02:30:00Z"]
      let body = program
      try await program.serving { server, _ in
        let profile = server.profile
        for request in [1, 4, 20, 40] {
          let hang = try #require(Fault.named("hang-after-head", Fault.Setting(for: profile)))
          server.forgetRequests()
          Self.removeArchive(body)
          server.reconfigure {
            $0.interceptor = .faults(FaultRule(hang, requests: request...Int.max))
          }
          let process = try body.prepare(["collect"])
          try process.run()
          while server.requests.count < request { await Task.yield() }
          kill(process.processIdentifier, signal)
          let ended = try await body.finish(process)
          #expect(ended.code == code)
          #expect(ended.errors.contains("interrupted; what was committed is kept"))
          #expect(
            try SimulatedCollection.rows("SELECT outcome FROM run", path: body.path("almanac.db"))
              == [["interrupted"]])
        }
      }
    }
  }

  /// The run cannot be closed while somebody else writes to the archive.
  @Test func `by two signals does not wait until its run is closed`() async throws {
    try await program { program, server in
      let hang = try #require(Fault.named("hang-after-head", Fault.Setting(for: server.profile)))
      server.reconfigure { $0.interceptor = .faults(FaultRule(hang, requests: 4...Int.max)) }
      let process = try program.prepare(["collect"])
      try process.run()
      while server.requests.count < 4 { await Task.yield() }
      try await SimulatedCollection.withoutWriters(to: program.path("almanac.db")) {
        kill(process.processIdentifier, SIGINT)
        kill(process.processIdentifier, SIGTERM)
        let ended = try await program.finish(process)
        #expect([130, 143].contains(ended.code))
        #expect(!ended.errors.contains("kept"))
      }
      let outcomes = try SimulatedCollection.rows(
        "SELECT outcome FROM run", path: program.path("almanac.db"))
      #expect(outcomes == [[nil]])
    }
  }

  /// The limit grows by blocks, as `ulimit -f` counts them, from too little to enough.
  @Test(.limitsFiles) func `by a limit on the size of its files says so, and heals with room`()
    async throws
  {
    try await program { program, _ in
      #expect(try await program.run("collect").code == 0)
      let whole = try Self.statements(program)
      let tight = Repetition.share(of: stride(from: 8, through: 2728, by: 272), parts: 2)
      var refused = 0
      for blocks in tight.map(\.element) + [20_000] {
        Self.removeArchive(program)
        let process = try program.prepare([])
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = [
          "-c",
          "ulimit -f \(blocks) && exec '\(Program.binary.path(percentEncoded: false))' collect",
        ]
        let ended = try await program.finish(process, launch: true)
        if ended.code != 0 {
          refused += 1
          #expect(ended.code == 65, "\(blocks): \(ended.errors)")
          #expect(ended.errors.contains("hint: "), "\(blocks): \(ended.errors)")
          #expect(ended.errors.contains("room"), "\(blocks): \(ended.errors)")
        }
        #expect(try await program.run("collect").code == 0, "\(blocks)")
        #expect(try Self.statements(program) == whole, "\(blocks)")
      }
      #expect((4...tight.count).contains(refused))
    }
  }

  @Test func `or read meanwhile disturbs nobody`() async throws {
    try await Program.inFolder { program in
      var program = program
      program.environment = ["ALMANAC_NOW": "2026-06-10T02:30:00Z"]
      let body = program
      try await program.serving { server, _ in
        #expect(try await body.run("collect").code == 0)
        server.reconfigure {
          $0.interceptor = Interceptor { _, genuine in
            var slow = genuine
            slow.delay = .milliseconds(10)
            return slow
          }
        }
        let process = try body.prepare(["collect", "--deep"])
        try process.run()
        let path = body.path("almanac.db")
        let reads = try await withThrowingTaskGroup(of: Int.self) { group in
          for _ in 0..<20 {
            group.addTask {
              var reads = 0
              while process.isRunning {
                let rows = try SimulatedCollection.rows(
                  "SELECT count(*), sum(users) FROM daily", path: path)
                #expect(rows.first?.first != "0")
                reads += 1
                await Task.yield()
              }
              return reads
            }
          }
          // The copy is made as the sqlite3 shell's .backup makes it.
          group.addTask {
            let copy = body.path("copy.db")
            try SimulatedCollection.backUp(path, to: copy)
            #expect(try SimulatedCollection.rows("PRAGMA quick_check", path: copy) == [["ok"]])
            return 0
          }
          return try await group.reduce(0, +)
        }
        #expect(reads > 20)
        #expect(try await body.finish(process).code == 0)
      }
    }
  }

  /// Somebody else's transaction gets in while the server keeps almanac waiting.
  @Test func `holds no lock on the file while it waits for a server`() async throws {
    try await Program.inFolder { program in
      var program = program
      program.environment = ["ALMANAC_NOW": "2026-06-10T02:30:00Z"]
      let body = program
      try await program.serving { server, _ in
        let hang = try #require(
          Fault.named("hang-before-head", Fault.Setting(for: server.profile)))
        for request in [1, 9, 30] {
          Self.removeArchive(body)
          server.forgetRequests()
          server.reconfigure {
            $0.interceptor = .faults(FaultRule(hang, requests: request...Int.max))
          }
          let process = try body.prepare(["collect"])
          try process.run()
          while server.requests.count < request { await Task.yield() }
          // The program soon ends its writing; the server never answers.
          try SimulatedCollection.execute(
            "BEGIN IMMEDIATE; ROLLBACK", path: body.path("almanac.db"), patience: 5)
          process.terminate()
          #expect(try await body.finish(process).code == 143)
        }
      }
    }
  }
}
