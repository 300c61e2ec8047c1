import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

@Suite(.serialized) struct `An archive that came to harm` {
  private func collected(_ body: (Program, Data) async throws -> Void) async throws {
    try await Program.inFolder { program in
      var program = program
      program.environment = ["ALMANAC_NOW": "2026-06-10T02:30:00Z"]
      let ready = program
      try await ready.serving { _, _ in
        #expect(try await ready.run("collect").code == 0)
        try await body(ready, Data(contentsOf: URL(filePath: ready.path("almanac.db"))))
      }
    }
  }

  private static let commands = [
    ["status"], ["status", "--format", "json"],
    ["history", "--app", Fixtures.appID, "--date", "2026-06-01"], ["collect", "--dry-run"],
    ["summary"], ["retention", "--grain", "week"], ["collect"],
  ]

  /// Runs every command, of which none may end by a signal. Returns how many refused.
  private func refusals(in program: Program, after told: String) async throws -> Int {
    var refused = 0
    for words in Self.commands {
      let ended = try await program.finish(program.prepare(words), launch: true)
      guard ended.code != 0 else { continue }
      refused += 1
      #expect(ended.code == 65, "\(told), \(words): \(ended.code) \(ended.errors)")
      #expect(
        ended.errors.components(separatedBy: "hint: ").count == 2,
        "\(told), \(words): \(ended.errors)")
    }
    return refused
  }

  @Test(arguments: Damage.allCases)
  func `is refused with 65 and a hint, or read`(damage: Damage) async throws {
    try await collected { program, whole in
      try damage.strike(whole, seed: 7).write(to: URL(filePath: program.path("almanac.db")))
      _ = try await refusals(in: program, after: "\(damage)")
    }
  }

  @Test func `by hand is refused with 65 and a hint, or read`() async throws {
    try await collected { program, whole in
      let path = program.path("almanac.db")
      var refused = 0
      for (column, value) in [
        ("bucket.state", "'shut'"), ("app.first_date", "'soon'"),
        ("total_reading.total_points", "9e999"),
        ("user_fact.user_count", "9223372036854775807"), ("chat_fact.points", "-9e999"),
        ("chat_fact.chat_count", "9223372036854775807"),
        ("run.apps", "-9223372036854775807 - 1"),
        ("total_reading.total_chats", "9223372036854775807"),
        ("gap.first_date", "NULL"), ("retention_fact.offset", "9223372036854775807"),
        ("retention_fact.offset", "-9223372036854775807 - 1"),
        ("bucket.day", "9223372036854775807"), ("user_fact.day", "-9223372036854775807 - 1"),
      ] {
        try whole.write(to: URL(filePath: path))
        _ = try SimulatedCollection.force(value, into: column, path: path)
        refused += try await refusals(in: program, after: "\(column) = \(value)")
      }
      #expect(refused > 3)
    }
  }

  @Test func `by a kill and the loss of its log is told, and read again`() async throws {
    try await Program.inFolder { program in
      var program = program
      program.environment = ["ALMANAC_NOW": "2026-06-10T02:30:00Z"]
      let body = program
      try await program.serving { server, _ in
        let process = try body.prepare(["collect"])
        try process.run()
        while server.requests.count < 20 { await Task.yield() }
        kill(process.processIdentifier, SIGKILL)
        _ = try await body.finish(process)
        try FileManager.default.removeItem(atPath: body.path("almanac.db-wal"))
        let next = try await body.run("collect")
        #expect(next.code == 0)
        #expect(next.errors.contains("almanac.db-wal is gone"))
        #expect(try await body.run("collect").errors.contains("is gone") == false)
      }
    }
  }
}
