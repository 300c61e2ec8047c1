import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

@Suite(.serialized) struct `almanac status` {
  private static let now = "2026-06-10T02:30:00Z"

  private func serving(
    _ body: (Program, SimulatedServer) async throws -> Void
  ) async throws {
    try await Program.inFolder { program in
      var program = program
      program.environment = ["ALMANAC_NOW": Self.now]
      try await program.serving { server, _ in try await body(program, server) }
    }
  }

  /// The states of the apps by name, and the newest run.
  private func told(
    _ program: Program, _ flags: String...
  ) async throws -> (apps: [String: String], run: [String: Any], well: Bool, code: Int32) {
    let process = try program.prepare(["status", "--format", "json"] + flags)
    let outcome = try await program.finish(process, launch: true)
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    let apps = try #require(json["apps"] as? [[String: Any]])
    return (
      apps.reduce(into: [:]) { states, app in
        states[app["app"] as? String ?? ""] = app["state"] as? String
      },
      json["run"] as? [String: Any] ?? [:], try #require(json["well"] as? Bool), outcome.code
    )
  }

  @Test func `tells apart what was never read, what is old and what is well`() async throws {
    try await serving { program, _ in
      var program = program
      #expect(try await program.run("collect", "--app", "Support bot").code == 0)
      var status = try await told(program, "--fail")
      #expect(status.apps == ["Support bot": "ok", "客服助手": "never read"])
      #expect(!status.well && status.code == 4)

      #expect(try await program.run("collect").code == 0)
      status = try await told(program, "--fail")
      #expect(status.apps == ["Support bot": "ok", "客服助手": "ok"])
      #expect(status.well && status.code == 0)
      #expect(status.run["state"] as? String == "done")

      program.environment["ALMANAC_NOW"] = "2026-06-18T02:30:00Z"
      status = try await told(program, "--fail")
      #expect(status.apps == ["Support bot": "stale", "客服助手": "stale"])
      #expect(!status.well && status.code == 4)
      #expect(try await told(program, "--fail", "--max-age", "9d").code == 0)
      let text = try await program.run("status", "--fail")
      #expect(text.errors.contains("not well: 2 apps are in the state `stale`\n"))
      #expect(try await program.run("status", "--max-age", "soon").code == 64)
    }
  }

  @Test func `says why the newest run failed, though it began in the second of a success`()
    async throws
  {
    try await serving { program, _ in
      #expect(try await program.run("collect").code == 0)
      try program.write("fastgpt-wrong\n", to: "key")
      #expect(try await program.run("collect").code == 77)
      let status = try await told(program)
      #expect(status.apps == ["Support bot": "failing", "客服助手": "failing"])
      #expect(status.run["state"] as? String == "failed")
      let cause = try #require((status.run["causes"] as? [[String: Any]])?.first)
      #expect(cause["apps"] as? Int == 2)
      let text = try await program.run("status")
      #expect(text.output.contains("  2 apps: "), "\(text.output)")

      try program.write(Program.key + "\n", to: "key")
      #expect(try await program.run("collect").code == 0)
      #expect(try await told(program).well)
    }
  }

  /// A run over one app hides nothing of another.
  @Test func `tells what was refused of an app in the newest run about it`() async throws {
    try await serving { program, server in
      #expect(try await program.run("collect").code == 0)
      server.reconfigure {
        $0.interceptor = Interceptor { request, genuine in
          guard request.userTimespan == "day", request.source == nil else { return nil }
          let body = String(decoding: genuine.body, as: UTF8.self)
          return RawResponse(
            status: 200, headers: genuine.headers,
            body: Array(
              body.replacing(#""errorCount":"#, with: #""errorCount":-1"#, maxReplacements: 1).utf8)
          )
        }
      }
      _ = try await program.run("collect", "--deep")
      server.reconfigure { $0.interceptor = nil }
      #expect(try await program.run("collect", "--app", "Support bot", "--deep").code == 0)
      let status = try await told(program, "--fail")
      #expect(status.apps == ["Support bot": "ok", "客服助手": "refused"])
      #expect(status.code == 4)
      let text = try await program.run("status")
      #expect(text.output.contains("客服助手: day "), "\(text.output)")
    }
  }

  @Test func `tells a run that is running from one that was killed`() async throws {
    try await serving { program, server in
      let profile = server.profile
      let hang = try #require(Fault.named("hang-after-head", Fault.Setting(for: profile)))
      server.reconfigure { $0.interceptor = .faults(FaultRule(hang, requests: 6...Int.max)) }
      let process = try program.prepare(["collect"])
      try process.run()
      while server.requests.count < 6 { await Task.yield() }
      var other = program
      other.environment["ALMANAC_DATABASE"] = program.path("almanac.db")
      try FileManager.default.createDirectory(
        atPath: program.path("elsewhere"), withIntermediateDirectories: true)
      let asking = Program(
        folder: program.folder.appending(path: "elsewhere"), environment: other.environment)
      #expect(try await told(asking).run["state"] as? String == "running")
      kill(process.processIdentifier, SIGKILL)
      _ = try await program.finish(process)
      let status = try await told(asking, "--fail")
      #expect(status.run["state"] as? String == "killed")
      #expect(status.run["outcome"] is NSNull)
      #expect(status.code == 4)
      let text = try await asking.run("status")
      #expect(text.output.contains("killed: it has no end, and nobody holds the lock"))
    }
  }
}
