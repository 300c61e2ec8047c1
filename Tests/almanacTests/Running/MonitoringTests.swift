import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

@Suite(.serialized) struct `The metrics file and the heartbeat` {
  private static let now = "2026-06-10T02:30:00Z"
  private static let nowSeconds = 1_781_058_600.0

  /// A program with a server, which also answers below `/beat` as a monitor does.
  private func serving(
    _ body: (Program, SimulatedServer, URL) async throws -> Void
  ) async throws {
    try await Program.inFolder { program in
      var program = program
      program.environment = ["ALMANAC_NOW": Self.now]
      let prepared = program
      try await program.serving { server, base in
        server.reconfigure { $0.interceptor = Self.monitor() }
        try await body(prepared, server, base)
      }
    }
  }

  /// Answers as a monitor; everything else is answered by the server, or by `other`.
  private static func monitor(status: Int = 200, other: Interceptor? = nil) -> Interceptor {
    Interceptor { request, genuine in
      if case .unknown(let path) = request.endpoint, path.hasPrefix("/beat") {
        return RawResponse(status: status, headers: [:], body: [])
      }
      return other?.replacement(request, genuine)
    }
  }

  private static func hanging(_ server: SimulatedServer, from request: Int) throws -> Interceptor {
    let fault = try #require(
      Fault.named("hang-after-head", Fault.Setting(for: server.profile)))
    return .faults(FaultRule(fault, requests: request...Int.max))
  }

  private static func beats(_ server: SimulatedServer) -> [String] {
    server.requests.compactMap {
      if case .unknown(let path) = $0.endpoint { path } else { nil }
    }
  }

  /// The samples by name and labels.
  private static func samples(_ program: Program, _ name: String = "a.prom") throws -> [String:
    Double]
  {
    let text = try String(contentsOfFile: program.path(name), encoding: .utf8)
    return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.reduce(into: [:]) {
      let (key, value) = ($1.prefix { $0 != " " }, $1.split(separator: " ").last)
      $0[String($1.contains("{") ? $1.prefix(through: $1.lastIndex(of: "}")!) : key)] =
        value.flatMap { Double($0) }
    }
  }

  private static func success(of app: String, _ name: String) -> String {
    "almanac_app_last_success_timestamp_seconds{app_id=\"\(app)\",app=\"\(name)\"}"
  }

  @Test func `tell of a run that went well, and of one that failed, without moving the success`()
    async throws
  {
    try await serving { program, server, _ in
      var program = program
      #expect(
        try await program.run("collect", "--metrics-file", "a.prom", "--app", "Support bot").code
          == 0)
      var told = try Self.samples(program)
      #expect(told["almanac_collect_last_exit_code"] == 0)
      #expect(told["almanac_collect_last_run_timestamp_seconds"] == Self.nowSeconds)
      // A run over one app says nothing about all of them.
      #expect(told["almanac_collect_last_success_timestamp_seconds"] == 0)
      #expect(told[Self.success(of: Fixtures.appID, "Support bot")] == Self.nowSeconds)
      #expect(told[Self.success(of: Fixtures.otherID, "客服助手")] == 0)
      #expect(told["almanac_backup_last_success_timestamp_seconds"] == 0)

      #expect(try await program.run("collect", "--metrics-file", "a.prom").code == 0)
      told = try Self.samples(program)
      #expect(told["almanac_collect_last_success_timestamp_seconds"] == Self.nowSeconds)
      #expect(told[Self.success(of: Fixtures.otherID, "客服助手")] == Self.nowSeconds)
      #expect(told["almanac_collect_requests{outcome=\"failed\"}"] == 0)
      #expect(try #require(told["almanac_collect_buckets{outcome=\"new\"}"]) > 0)
      let size = try FileManager.default.attributesOfItem(atPath: program.path("almanac.db"))
      #expect(told["almanac_archive_size_bytes"] == (size[.size] as? Double))
      // 9 June in UTC.
      #expect(
        told[
          "almanac_app_newest_complete_day_timestamp_seconds{app_id=\"\(Fixtures.appID)\",app=\"Support bot\"}"
        ] == 1_780_963_200)

      let kept = told["almanac_collect_last_success_timestamp_seconds"]
      let troubles: [(Int32, () throws -> Void)] = [
        (77, { try program.write("fastgpt-wrong\n", to: "key") }),
        (78, { try program.write("", to: "key") }),
        (
          78,
          {
            try program.write(Program.key + "\n", to: "key")
            try program.write("nonsense: 1\n", to: "almanac.yaml")
          }
        ),
      ]
      for (day, (code, spoil)) in troubles.enumerated() {
        try spoil()
        program.environment["ALMANAC_NOW"] = "2026-06-1\(day + 1)T02:30:00Z"
        let failed = try await program.run(
          "collect", "--metrics-file", "a.prom", "--database", program.path("almanac.db"))
        #expect(failed.code == code, "\(failed.errors)")
        told = try Self.samples(program)
        #expect(told["almanac_collect_last_exit_code"] == Double(code))
        #expect(
          told["almanac_collect_last_run_timestamp_seconds"]
            == Self.nowSeconds + 86_400 * Double(day + 1))
        #expect(told["almanac_collect_last_success_timestamp_seconds"] == kept)
        #expect(told[Self.success(of: Fixtures.appID, "Support bot")] == kept)
      }
      // A run that has not begun has counted nothing.
      #expect(told["almanac_collect_requests{outcome=\"failed\"}"] == nil)
      #expect(Self.beats(server).isEmpty)
    }
  }

  @Test func `hold what was known of an archive that cannot be read, but not as new`() async throws
  {
    try await serving { program, _, base in
      var program = program
      try program.write(
        program.configuration(url: base.absoluteString) + "\nmetrics_file: a.prom\n",
        to: "almanac.yaml")
      #expect(try await program.run("collect").code == 0)
      let before = try Self.samples(program)
      // Its head is as it was, and what it says cannot be read.
      var bytes = try Data(contentsOf: program.folder.appending(path: "almanac.db"))
      for place in 8192..<bytes.count { bytes[place] = 0x55 }
      try bytes.write(to: program.folder.appending(path: "almanac.db"))
      program.environment["ALMANAC_NOW"] = "2026-06-11T02:30:00Z"
      #expect(try await program.run("collect").code == 65)
      let told = try Self.samples(program)
      #expect(told["almanac_collect_last_exit_code"] == 65)
      #expect(told["almanac_collect_last_run_timestamp_seconds"] == Self.nowSeconds + 86_400)
      for name in [
        "almanac_collect_last_success_timestamp_seconds",
        Self.success(of: Fixtures.appID, "Support bot"), "almanac_archive_size_bytes",
      ] { #expect(told[name] != nil && told[name] == before[name], "\(name)") }
      #expect(told["almanac_collect_requests{outcome=\"answered\"}"] == nil)
    }
  }

  @Test func `can be read by everybody, and fail no run where they cannot be written`()
    async throws
  {
    try await serving { program, _, _ in
      let process = try program.prepare([])
      process.executableURL = URL(filePath: "/bin/sh")
      let almanac = Program.binary.path(percentEncoded: false)
      process.arguments = ["-c", "umask 077 && exec '\(almanac)' collect --metrics-file a.prom"]
      #expect(try await program.finish(process, launch: true).code == 0)
      let file = try FileManager.default.attributesOfItem(atPath: program.path("a.prom"))
      #expect(file[.posixPermissions] as? Int == 0o644)

      let lost = try await program.run("collect", "--metrics-file", "none/a.prom")
      #expect(lost.code == 0)
      #expect(lost.errors.contains("writing the metrics to none/a.prom: "), "\(lost.errors)")
      let archive = try await program.run("collect", "--metrics-file", "almanac.db")
      #expect(archive.code == 0 && archive.errors.contains("nothing replaces a database"))
      let told = try await program.run("status", "--format", "prometheus")
      #expect(told.output.contains("almanac_collect_last_exit_code 0\n"))
      let dry = try await program.run("collect", "--dry-run", "--metrics-file", "dry.prom")
      #expect(dry.code == 0)
      #expect(!FileManager.default.fileExists(atPath: program.path("dry.prom")))
    }
  }

  @Test(arguments: [(SIGTERM, 143), (SIGINT, 130)] as [(Int32, Int32)])
  func `tell of a run that was broken off, and nothing of one that found the lock taken`(
    signal: Int32, code: Int32
  )
    async throws
  {
    try await serving { program, server, base in
      try program.write(
        program.configuration(url: base.absoluteString)
          + "\nheartbeat: \(base.absoluteString)/beat/1\n", to: "almanac.yaml")
      let hanging = try Self.hanging(server, from: 6)
      server.reconfigure { $0.interceptor = Self.monitor(other: hanging) }
      let process = try program.prepare(["collect", "--metrics-file", "a.prom"])
      try process.run()
      while server.requests.count < 7, process.isRunning { await Task.yield() }
      let locked = try await Program(
        folder: program.folder.appending(path: "."), environment: program.environment
      ).run("collect", "--metrics-file", "b.prom")
      #expect(locked.code == 75)
      #expect(!FileManager.default.fileExists(atPath: program.path("b.prom")))
      kill(process.processIdentifier, signal)
      while process.isRunning { await Task.yield() }
      #expect(process.terminationStatus == code)
      #expect(try Self.samples(program)["almanac_collect_last_exit_code"] == Double(code))
      #expect(Self.beats(server).last == "/beat/1/\(code)")
      #expect(!Self.beats(server).contains("/beat/1/75"))
    }
  }

  @Test func `know of a run that was killed what the archive knows`() async throws {
    try await serving { program, server, _ in
      #expect(try await program.run("collect").code == 0)
      let hanging = try Self.hanging(server, from: server.requests.count + 6)
      server.reconfigure { $0.interceptor = hanging }
      let before = server.requests.count
      let process = try program.prepare(["collect", "--deep"])
      try process.run()
      while server.requests.count < before + 6, process.isRunning { await Task.yield() }
      kill(process.processIdentifier, SIGKILL)
      _ = try await program.finish(process)
      let told = try await program.run(
        "status", "--format", "prometheus", "--output", "a.prom")
      #expect(told.code == 0)
      let samples = try Self.samples(program)
      #expect(samples["almanac_collect_last_exit_code"] == 137)
      #expect(samples["almanac_collect_duration_seconds"] == nil)
      #expect(samples["almanac_collect_last_success_timestamp_seconds"] == Self.nowSeconds)
    }
  }

  /// The monitor takes the call at the end, and never answers.
  @Test func `keep no program waiting that is to end`() async throws {
    try await serving { program, server, base in
      try program.write(
        program.configuration(url: base.absoluteString)
          + "\nheartbeat: \(base.absoluteString)/beat/1\n", to: "almanac.yaml")
      let hang = try #require(
        Fault.named("hang-after-head", Fault.Setting(for: server.profile)))
      let hanging = Interceptor.faults(FaultRule(hang, requests: 1...Int.max))
      server.reconfigure {
        $0.interceptor = Interceptor { request, genuine in
          guard case .unknown(let path) = request.endpoint else { return nil }
          if path == "/beat/1/0" { return hanging.replacement(request, genuine) }
          return RawResponse(status: 200, headers: [:], body: [])
        }
      }
      let process = try program.prepare(["collect"])
      try process.run()
      while !Self.beats(server).contains("/beat/1/0"), process.isRunning { await Task.yield() }
      kill(process.processIdentifier, SIGTERM)
      #expect(try await program.finish(process).code == 0)
      #expect(Self.beats(server).count { $0 == "/beat/1/0" } == 1)
    }
  }

  @Test func `call the monitor at the start and the end, with the exit code`() async throws {
    try await serving { program, server, base in
      let configuration = program.configuration(url: base.absoluteString)
      let beat = "\(base.absoluteString)/beat"
      try program.write(configuration + "\nheartbeat: \(beat)/1/\n", to: "almanac.yaml")
      var done = try await program.run("collect")
      #expect(done.code == 0 && !done.errors.contains("beat"), "\(done.errors)")
      #expect(Self.beats(server) == ["/beat/1/start", "/beat/1/0"])

      server.forgetRequests()
      #expect(try await program.run("collect", "--app", "Support bot").code == 0)
      #expect(try await program.run("collect", "--dry-run").code == 0)
      #expect(Self.beats(server).isEmpty)

      try program.write("fastgpt-wrong\n", to: "key")
      #expect(try await program.run("collect").code == 77)
      #expect(Self.beats(server) == ["/beat/1/start", "/beat/1/77"])
      try program.write(Program.key + "\n", to: "key")

      // Words in braces say what the monitor wants; such a one knows of ends alone.
      server.forgetRequests()
      try program.write("\(beat)/push/{status}/{exit_code}?msg={status}\n", to: "beat")
      try program.write(configuration + "\nheartbeat_file: beat\n", to: "almanac.yaml")
      #expect(try await program.run("collect").code == 0)
      #expect(Self.beats(server) == ["/beat/push/up/0"])

      // A monitor that answers with an error is called again, once, and fails no run.
      server.forgetRequests()
      server.reconfigure { $0.interceptor = Self.monitor(status: 500) }
      done = try await program.run("collect")
      #expect(done.code == 0)
      #expect(Self.beats(server).count == 2)
      #expect(
        done.errors.contains(
          "the heartbeat of this run's end did not arrive: the monitor answers with HTTP 500\n"),
        "\(done.errors)")
      #expect(!done.errors.contains("push"))
    }
  }

  @Test func `show the monitor's address nowhere, and refuse one that cannot be called`()
    async throws
  {
    try await serving { program, _, base in
      let configuration = program.configuration(url: base.absoluteString)
      let secret = "d0c8f7a2-secret"
      for (lines, words) in [
        ("heartbeat: ftp://example.org/\(secret)", "no address of http"),
        ("heartbeat: https://user:\(secret)@example.org/", "user name"),
        ("heartbeat: https://example.org/\(secret)?s={state}", "word in braces"),
        ("heartbeat: [\(secret)]", "no address of http"),
        ("heartbeat: https://example.org/\(secret)\nheartbeat_file: beat", "remove one of the two"),
      ] {
        try program.write(configuration + "\n\(lines)\n", to: "almanac.yaml")
        let refused = try await program.run("collect")
        #expect(refused.code == 78, "\(lines): \(refused.errors)")
        #expect(refused.errors.contains(words), "\(lines): \(refused.errors)")
        #expect(!refused.errors.contains(secret), "\(refused.errors)")
      }
      // Nobody listens there, and the run is made all the same.
      try program.write(
        configuration + "\nheartbeat: http://127.0.0.1:1/\(secret)\n", to: "almanac.yaml")
      let alone = try await program.run("collect", "--verbose")
      #expect(alone.code == 0)
      #expect(alone.errors.contains("start did not arrive: no answer from the monitor"))
      #expect(alone.errors.contains("end did not arrive"))
      #expect(!(alone.errors + alone.output).contains(secret))
      for name in ["almanac.db", "almanac.db-wal"] {
        #expect(
          try !Data(contentsOf: program.folder.appending(path: name))
            .contains(sequence: Data(secret.utf8)))
      }
      // Others may read the file.
      try program.write("http://127.0.0.1:1/\(secret)\n", to: "beat", mode: 0o644)
      try program.write(configuration + "\nheartbeat_file: beat\n", to: "almanac.yaml")
      let open = try await program.run("collect")
      #expect(open.code == 0)
      #expect(open.errors.contains("chmod") && open.errors.contains("this run has no heartbeat"))
      #expect(!open.errors.contains(secret))
    }
  }
}

extension Data {
  fileprivate func contains(sequence: Data) -> Bool { range(of: sequence) != nil }
}
