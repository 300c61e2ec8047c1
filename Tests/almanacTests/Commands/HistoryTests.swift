import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

@Suite struct `almanac history` {
  private func program(_ body: (Program, SimulatedServer) async throws -> Void) async throws {
    try await Program.inFolder { program in
      var program = program
      program.environment = ["ALMANAC_NOW": "2026-06-10T02:30:00Z"]
      try await program.serving { server, _ in
        _ = try await program.run("collect")
        server.changeRecords(of: Fixtures.appID) { records in
          for index in records.indices where records[index].time == Date("2026-06-05T12:00:00Z") {
            records[index].goodFeedback = 1
          }
        }
        program.environment["ALMANAC_NOW"] = "2026-06-11T02:30:00Z"
        server.reconfigure { $0.clock = { Date("2026-06-11T02:30:00Z") } }
        _ = try await program.run("collect")
        try await body(program, server)
      }
    }
  }

  @Test func `tells each value, when it was seen, in which run and why`() async throws {
    try await program { program, _ in
      let outcome = try await program.run(
        "history", "good_feedback", "--app", Fixtures.appID, "--date", "2026-06-05", "--format",
        "json")
      #expect(outcome.code == 0)
      let json = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
      let values = try #require((json as? [String: Any])?["values"] as? [[String: Any]])
      #expect(values.map { $0["value"] as? Int } == [0, 1])
      #expect(values.map { $0["reason"] as? String } == ["first", "grew"])
      #expect(values.map { $0["run_id"] as? Int } == [1, 2])
      #expect(
        values.map { $0["seen_at"] as? String } == ["2026-06-10T02:30:00Z", "2026-06-11T02:30:00Z"])
      let week = try await program.run(
        "history", "good_feedback", "--app", Fixtures.appID, "--date", "2026-06-05", "--grain",
        "week")
      #expect(week.output.contains("week 2026-06-01, all: settling"))
      #expect(week.output.contains("grew"))
    }
  }

  @Test func `tells each change of the state of the bucket`() async throws {
    try await program { program, _ in
      let run = { (format: String) in
        try await program.run(
          "history", "users", "--app", Fixtures.appID, "--date", "2026-06-10", "--format", format)
      }
      let text = try await run("table")
      #expect(
        text.output.contains(
          """
          Changes of its state

          Old state  New state  Changed at            Run
          ---------  ---------  --------------------  ---
          open       settling   2026-06-11T02:30:00Z    2
          """), "\(text.output)")
      let outcome = try await run("json")
      let json = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
      let changes = try #require((json as? [String: Any])?["state_changes"] as? [[String: Any]])
      #expect(changes.map { $0["new_state"] as? String } == ["settling"])
      #expect((json as? [String: Any])?["states_recorded_since_run"] as? Int == 1)
    }
  }

  @Test func `of nothing exits 0 and says so, and of a misspelt word names the nearest`()
    async throws
  {
    try await program { program, _ in
      let none = try await program.run(
        "history", "--app", Fixtures.appID, "--date", "1999-01-01")
      #expect(none.code == 0 && none.output.isEmpty)
      #expect(none.errors.contains("no data for day 1999-01-01"))
      let figure = try await program.run(
        "history", "mesages", "--app", Fixtures.appID, "--date", "2026-06-05")
      #expect(figure.code == 64 && figure.errors.contains("did you mean messages?"))
      let source = try await program.run(
        "history", "--app", Fixtures.appID, "--date", "2026-06-05", "--source", "appi")
      #expect(source.code == 64 && source.errors.contains(#"did you mean "api"?"#))
      let grain = try await program.run(
        "history", "--app", Fixtures.appID, "--date", "2026-06-05", "--grain", "hour")
      #expect(grain.code == 64)
    }
  }

  @Test func `and a deep read do not go with a range`() async throws {
    try await program { program, _ in
      let outcome = try await program.run("collect", "--deep", "--from", "2026-06-01")
      #expect(outcome.code == 64)
      let deep = try await program.run("collect", "--deep", "--dry-run")
      #expect(deep.code == 0 && deep.output.contains("quarter"))
    }
  }
}
