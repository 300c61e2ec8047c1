import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

@Suite struct `almanac collect` {
  private let now = "2026-06-10T02:30:00Z"

  private func program(_ body: (Program) async throws -> Void) async throws {
    try await Program.inFolder { program in
      var program = program
      program.environment = ["ALMANAC_NOW": now]
      try await body(program)
    }
  }

  @Test func `fills the archive, says what it did and exits 0`() async throws {
    try await program { program in
      try await program.serving { server, _ in
        let first = try await program.run("collect")
        #expect(first.code == 0)
        #expect(first.output.hasPrefix("2 apps, "))
        let path = program.path("almanac.db")
        #expect(
          first.output.hasSuffix(
            "\narchive: \(path); newest day held: 2026-06-09, and 2026-06-10 so far\n"))
        #expect(
          first.errors.hasPrefix(
            "the clock is set by ALMANAC_NOW: \(now)\nmade a new archive at \(path)\n"))
        #expect(!first.errors.contains("a database was here"))
        #expect(first.errors.contains("客服助手: "))
        let rows = try SimulatedCollection.rows(
          "SELECT app, date, users, messages FROM daily ORDER BY date DESC, app LIMIT 3",
          path: program.path("almanac.db"))
        #expect(
          rows == [
            ["Support bot", "2026-06-10", "0", "0"], ["客服助手", "2026-06-10", "0", "0"],
            ["Support bot", "2026-06-09", "1", "2"],
          ])
        let status = try await program.run("status", "--format", "json")
        let json = try JSONSerialization.jsonObject(with: Data(status.output.utf8))
        let apps = try #require((json as? [String: Any])?["apps"] as? [[String: Any]])
        #expect(apps.map { $0["newest_complete_day"] as? String } == ["2026-06-09", "2026-06-09"])
        let table = try await program.run("status", "--database", program.path("almanac.db"))
        #expect(table.code == 0 && table.output.contains("Support bot"))
        _ = server
      }
    }
  }

  @Test func `tells as much as it is asked to`() async throws {
    try await program { program in
      try await program.serving { server, _ in
        let quiet = try await program.run("collect", "-q")
        #expect(quiet.code == 0 && quiet.output == "" && quiet.errors == "")
        let usual = try await program.run("collect")
        #expect(!usual.errors.contains("Support bot") && usual.output.contains("2 apps, "))
        let verbose = try await program.run("collect", "--verbose")
        #expect(
          verbose.errors.contains("asking app=\(Fixtures.appID) attempt=1 request=getTotalData"))
        #expect(verbose.errors.contains("answered app="))
        #expect(verbose.errors.contains("Support bot: day "))
        #expect(!verbose.errors.contains(Program.key))
        #expect(try await program.run("collect", "-q", "-v").code == 64)
        server.reconfigure { $0.interceptor = Interceptor { _, _ in RawResponse(status: 404) } }
        let failed = try await program.run("collect", "--quiet")
        #expect(failed.code != 0 && failed.output == "")
        #expect(failed.errors.hasPrefix("collecting Support bot, 客服助手: "), "\(failed.errors)")
      }
    }
  }

  @Test func `tells where its CPU time went if it is asked to`() async throws {
    try await program { started in
      var program = started
      program.environment["ALMANAC_STAGES"] = "1"
      try await program.serving { _, _ in
        let first = try await program.run("collect")
        let stages = first.errors.split(separator: "\n").filter { $0.contains("\t") }
          .map { $0.split(separator: "\t") }
        #expect(
          stages.map { $0[0] } == [
            "decoding", "capturing", "looking up", "judging", "writing", "committing",
          ])
        #expect(stages.allSatisfy { Double($0[1]).map { $0 > 0 } ?? false })
      }
    }
  }

  @Test func `with a wrong key exits 77 with one error and its hint`() async throws {
    try await program { program in
      try await program.serving { server, _ in
        try program.write("fastgpt-a-key-that-is-wrong", to: "key")
        let outcome = try await program.run("collect")
        #expect(outcome.code == 77)
        #expect(outcome.errors.components(separatedBy: "hint:").count == 2)
        #expect(!outcome.errors.contains("fastgpt-a-key-that-is-wrong"))
        #expect(server.requests.count <= 2)
      }
    }
  }

  @Test func `with a key of one app exits 77 and names the kind that is needed`() async throws {
    try await program { program in
      try await program.serving { server, _ in
        let appKey = "fastgpt-a-key-of-one-app-alone"
        server.reconfigure { $0.appKeys = [appKey: Fixtures.otherID] }
        try program.write(appKey, to: "key")
        let outcome = try await program.run("collect")
        #expect(outcome.code == 77)
        #expect(outcome.errors.contains("collecting Support bot, 客服助手: the key is an App key"))
        #expect(outcome.errors.contains("hint: use a personal or team key"))
        let rows = try SimulatedCollection.rows(
          "SELECT (SELECT count(*) FROM bucket) + (SELECT count(*) FROM total_reading)",
          path: program.path("almanac.db"))
        #expect(rows == [["0"]])
      }
    }
  }

  @Test func `with a zone that its answers disprove exits 78`() async throws {
    try await program { program in
      try await program.serving { _, base in
        let text = program.configuration(url: base.absoluteString)
          .replacing("  api_key_file", with: "  bucket_time_zone: Pacific/Auckland\n  api_key_file")
        try program.write(text, to: "almanac.yaml")
        let outcome = try await program.run("collect")
        #expect(outcome.code == 78)
        #expect(outcome.errors.contains("its bucket_time_zone is Pacific/Auckland"))
        #expect(outcome.errors.contains("hint: set bucket_time_zone of the server default to"))
      }
    }
  }

  @Test func `under a clock that is behind exits 1 and names both times`() async throws {
    try await program { program in
      try await program.serving { server, _ in
        #expect(try await program.run("collect").code == 0)
        server.forgetRequests()
        var behind = program
        behind.environment["ALMANAC_NOW"] = "2026-06-01T02:30:00Z"
        for arguments in [["collect"], ["collect", "--dry-run"]] {
          let outcome = try await behind.finish(behind.prepare(arguments), launch: true)
          #expect(outcome.code == 1)
          #expect(outcome.errors.contains("the clock says 2026-06-01T02:30:00Z"))
          #expect(outcome.errors.contains("begins at 2026-06-09T00:00:00Z"))
        }
        #expect(server.requests.isEmpty)
      }
    }
  }

  @Test func `with an unknown app exits 3 and keeps the others`() async throws {
    try await program { program in
      try await program.serving { server, _ in
        server.remove(Fixtures.appID)
        let outcome = try await program.run("collect")
        #expect(outcome.code == 3)
        #expect(outcome.errors.contains("collecting Support bot: "))
        #expect(outcome.errors.contains("hint: "))
        #expect(
          try SimulatedCollection.rows(
            "SELECT DISTINCT app FROM daily", path: program.path("almanac.db"))
            == [["客服助手"]])
      }
    }
  }

  @Test(arguments: [
    (429, ["Retry-After": "9223372036854775807"], Int32(69), "lower requests_per_second"),
    (401, [:], 77, "the key was not looked at"), (403, [:], 77, "the key was not looked at"),
  ])
  func `names the remedy that fits what stands in front of the server`(
    _ status: Int, _ headers: [String: String], _ code: Int32, _ hint: String
  ) async throws {
    try await program { program in
      try await program.serving { server, _ in
        server.reconfigure {
          $0.interceptor = Interceptor { _, _ in
            RawResponse(status: status, headers: headers, html: "<html>nginx</html>")
          }
        }
        let outcome = try await program.run("collect")
        #expect(outcome.code == code)
        #expect(outcome.errors.contains("\nhint: \(hint)"), "\(outcome.errors)")
      }
    }
  }

  @Test func `on a server without the app-log API exits 69`() async throws {
    try await program { program in
      try await program.serving { server, _ in
        server.reconfigure { $0.hasAppLogs = false }
        let outcome = try await program.run("collect")
        #expect(outcome.code == 69)
        #expect(outcome.errors.contains("commercial"))
      }
    }
  }

  @Test func `keeps what it has when the server is gone, and exits 69`() async throws {
    try await program { program in
      try await program.serving { _, _ in
        let outcome = try await program.run("collect")
        #expect(outcome.code == 0)
      }
      let text = program.configuration(url: "http://127.0.0.1:1")
      try program.write(
        text.replacing("requests_per_second", with: "timeout: 1s\n  requests_per_second"),
        to: "almanac.yaml")
      let outcome = try await program.run("collect")
      #expect(outcome.code == 69)
      let rows = try SimulatedCollection.rows(
        "SELECT count(*) FROM daily", path: program.path("almanac.db"))
      #expect(rows != [["0"]])
    }
  }

  @Test func `lets one run at a time in`() async throws {
    try await program { program in
      try await program.serving { server, _ in
        server.reconfigure {
          $0.interceptor = Interceptor { _, genuine in
            var slow = genuine
            slow.delay = .seconds(20)
            return slow
          }
        }
        let first = try program.prepare(["collect"])
        try first.run()
        while server.requests.isEmpty { await Task.yield() }
        var other = program
        other = Program(
          folder: program.folder.appending(path: "other"), environment: program.environment)
        try FileManager.default.createDirectory(
          at: other.folder, withIntermediateDirectories: true)
        let second = try await other.run("collect", "--config", program.path("almanac.yaml"))
        #expect(second.code == 75)
        #expect(second.errors.contains("process \(first.processIdentifier)"))
        first.terminate()
        let ended = try await program.finish(first)
        #expect(ended.code == 143)
        #expect(
          try SimulatedCollection.rows("SELECT outcome FROM run", path: program.path("almanac.db"))
            == [["interrupted"]])
      }
    }
  }

  /// The first run has yet to make the file, or made it long ago.
  @Test(arguments: [false, true])
  func `lets one run at a time in, by whatever name`(isThere: Bool) async throws {
    try await program { program in
      try await program.serving { server, _ in
        let files = FileManager.default
        if isThere { #expect(try await program.run("collect").code == 0) }
        let hang = try #require(
          Fault.named("hang-before-head", Fault.Setting(for: server.profile)))
        server.forgetRequests()
        server.reconfigure { $0.interceptor = .faults(.always(hang)) }
        let first = try program.prepare(["collect"])
        try first.run()
        while server.requests.isEmpty { await Task.yield() }
        let other = Program(
          folder: program.folder.appending(path: "other"), environment: program.environment)
        try files.createDirectory(at: other.folder, withIntermediateDirectories: true)
        try files.createSymbolicLink(
          atPath: other.path("symbolic.db"), withDestinationPath: "../almanac.db")
        try files.linkItem(atPath: program.path("almanac.db"), toPath: other.path("hard.db"))
        try files.createSymbolicLink(
          atPath: other.path("folder"), withDestinationPath: "..")
        for name in ["symbolic.db", "hard.db", "folder/almanac.db"] {
          let second = try await other.run(
            "collect", "--config", program.path("almanac.yaml"), "--database", name)
          #expect(second.code == 75, "\(name): \(second.errors)")
          #expect(second.errors.contains("another run holds it"), "\(second.errors)")
        }
        let asked = try await other.run("status", "--database", "hard.db")
        #expect(asked.code == 65 && asked.errors.contains("2 names"), "\(asked.errors)")
        first.terminate()
        #expect(try await program.finish(first).code == 143)
        server.reconfigure { $0.interceptor = nil }
        let next = try await other.run(
          "collect", "--config", program.path("almanac.yaml"), "--database", "hard.db")
        #expect(next.code == 0, "\(next.errors)")
      }
    }
  }

  @Test func `shows the key nowhere`() async throws {
    try await program { program in
      try await program.serving { server, _ in
        // The server says the key in everything that it answers.
        server.reconfigure {
          $0.interceptor = Interceptor { request, genuine in
            var answer = genuine
            answer.headers["X-Key"] = Program.key
            let text = String(decoding: genuine.body, as: UTF8.self)
            answer.body = Array(
              text.replacing(#""message":"""#, with: "\"message\":\"\(Program.key)\"").utf8)
            return answer
          }
        }
        let dry = try await program.run("collect", "--dry-run")
        #expect(dry.code == 0)
        #expect(server.requests.isEmpty)
        #expect(!dry.output.contains(Program.key) && !dry.errors.contains(Program.key))
        let real = try await program.run("collect")
        #expect(real.code == 0)
        server.remove(Fixtures.appID)
        let failing = try await program.run("collect")
        #expect(failing.code == 3)
        for name in try FileManager.default.contentsOfDirectory(
          atPath: program.folder.path(percentEncoded: false))
        where name != "key" {
          let bytes = FileManager.default.contents(atPath: program.path(name)) ?? Data()
          #expect(bytes.range(of: Data(Program.key.utf8)) == nil, "\(name)")
        }
      }
    }
  }

  @Test func `of a name that is misspelt offers the nearest`() async throws {
    try await program { program in
      try await program.serving { _, _ in
        let outcome = try await program.run("collect", "--app", "Suport bot")
        #expect(outcome.code == 64)
        #expect(outcome.errors.contains("did you mean \"Support bot\"?"))
      }
    }
  }

  @Test func `of one app leaves the others alone`() async throws {
    try await program { program in
      try await program.serving { server, _ in
        let outcome = try await program.run("collect", "--app", "客服助手")
        #expect(outcome.code == 0)
        // An app that cannot exist is asked for too, to learn whose key it is.
        let nobody = String(repeating: "0", count: 24)
        #expect(Set(server.requests.map(\.appID)) == [Fixtures.otherID, nobody])
      }
    }
  }
}
