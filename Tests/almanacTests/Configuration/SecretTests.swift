import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

@Suite(.serialized) struct `The key` {
  private static let key = Program.key

  private func serving(
    _ body: (Program, SimulatedServer) async throws -> Void
  ) async throws {
    try await Program.inFolder { program in
      var program = program
      program.environment = ["ALMANAC_NOW": "2026-06-10T02:30:00Z"]
      let ready = program
      try await ready.serving { server, _ in try await body(ready, server) }
    }
  }

  /// The key in each way of writing it, alone or with the words before it in a header.
  private static var spellings: [String] {
    let plain = [
      key, key.addingPercentEncoding(withAllowedCharacters: .alphanumerics)!,
      key.utf8.map { "%" + String($0, radix: 16) }.joined(),
      key.utf8.map { "\\u00" + String($0, radix: 16) }.joined(),
    ]
    return plain
      + ["", "Bearer ", "team:"].map { Data(($0 + key).utf8).base64EncodedString() }
  }

  /// The texts that show the key: most of it, its spellings, or most of its Base64.
  private static var traces: [String] {
    [String(key.dropFirst(8)), String(key.dropLast(8))] + spellings.dropFirst()
      + spellings.dropFirst(4).map { String($0.dropFirst(12).dropLast(4)) }
  }

  /// Looks for the key in all that a command has printed and left.
  private func expectNoTrace(
    _ program: Program, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let folder = FileManager.default
    for name in try folder.contentsOfDirectory(atPath: program.folder.path(percentEncoded: false))
    where name != "key" {
      let bytes = folder.contents(atPath: program.path(name)) ?? Data()
      for trace in Self.traces {
        #expect(
          bytes.range(of: Data(trace.utf8)) == nil, "\(trace) in \(name)",
          sourceLocation: sourceLocation)
      }
    }
    guard folder.fileExists(atPath: program.path("almanac.db")) else { return }
    let text = try SimulatedCollection.everything(path: program.path("almanac.db"))
    for trace in Self.traces {
      #expect(!text.contains(trace), "\(trace)", sourceLocation: sourceLocation)
    }
    #expect(!text.contains("not compressed"), sourceLocation: sourceLocation)
  }

  private static let files: [(what: String, bytes: [UInt8], mode: Int, cause: String?)] = [
    ("a newline", Array((key + "\n").utf8), 0o600, nil),
    ("Windows' newline", Array((key + "\r\n").utf8), 0o600, nil),
    ("white space around", Array(("\n \t" + key + " \t\r\n\n").utf8), 0o600, nil),
    ("a byte-order mark", [0xEF, 0xBB, 0xBF] + Array((key + "\r\n").utf8), 0o600, nil),
    ("no newline, readable by the group", Array(key.utf8), 0o640, nil),
    ("readable by others", Array(key.utf8), 0o644, "everybody on this host may read"),
    ("writable by others", Array(key.utf8), 0o602, "everybody on this host may read"),
    ("nothing", [], 0o600, "is empty"),
    ("white space", Array(" \n\t\r\n".utf8), 0o600, "is empty"),
    (
      "two lines", Array("\(key)\n\(key)\n".utf8), 0o600,
      "byte \(key.utf8.count + 1) is not a visible"
    ),
    (
      "a control character", Array("\(key.prefix(9))\u{7}\(key)".utf8), 0o600,
      "byte 10 is not a visible"
    ),
    ("a zero byte", Array("\(key)\0".utf8), 0o600, "is not a visible ASCII character"),
    ("a header", Array("Bearer \(key)".utf8), 0o600, "begins with “Bearer”"),
    ("UTF-16", [0xFF, 0xFE] + key.utf8.flatMap { [$0, 0] }, 0o600, "holds no text"),
    ("Latin 1", Array(key.utf8) + [0xE9], 0o600, "holds no text"),
    ("far too much", Array(repeating: 0x41, count: 70_000), 0o600, "far more than belongs there"),
  ]

  @Test(arguments: files)
  func `in a file is taken as it is, or refused unseen`(
    _ file: (what: String, bytes: [UInt8], mode: Int, cause: String?)
  ) async throws {
    try await serving { program, server in
      try Data(file.bytes).write(to: program.folder.appending(path: "key"))
      try FileManager.default.setAttributes(
        [.posixPermissions: file.mode], ofItemAtPath: program.path("key"))
      let ended = try await program.run("collect", "--app", "Support bot")
      #expect(ended.code == (file.cause == nil ? 0 : 78), "\(ended.errors)")
      if let cause = file.cause {
        #expect(ended.errors.contains(cause), "\(ended.errors)")
        #expect(ended.errors.components(separatedBy: "hint: ").count == 2, "\(ended.errors)")
        #expect(server.requests.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: program.path("almanac.db")))
      }
      if file.mode & 0o007 != 0 {
        #expect(ended.errors.contains("chmod o= \(program.path("key"))"))
      }
      try expectNoTrace(program)
    }
  }

  @Test(.timeLimit(.minutes(1)), arguments: ["missing", "directory", "pipe", "/dev/zero", "link"])
  func `in what is no file is refused, and nobody waits for it`(kind: String) async throws {
    try await serving { program, server in
      let path = program.path("key")
      try FileManager.default.moveItem(atPath: path, toPath: program.path("real"))
      var cause = "is no plain file"
      switch kind {
      case "missing": cause = "almanac.yaml:4: server.api_key_file"
      case "directory":
        cause = "is a directory"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      case "pipe": #expect(mkfifo(path, 0o600) == 0)
      case "link":
        // The mode of the file counts, not that of the link.
        try FileManager.default.createSymbolicLink(
          atPath: path, withDestinationPath: program.path("real"))
      default:
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: kind)
      }
      let ended = try await program.run("collect", "--app", "Support bot")
      #expect(ended.code == (kind == "link" ? 0 : 78), "\(ended.errors)")
      if kind != "link" {
        #expect(ended.errors.contains(cause), "\(ended.errors)")
        #expect(server.requests.isEmpty)
      }
      let dry = try await program.run("collect", "--dry-run")
      #expect(dry.code == ended.code && (kind == "link" || dry.errors == ended.errors))
      try FileManager.default.removeItem(atPath: program.path("real"))
      try expectNoTrace(program)
    }
  }

  @Test func `of systemd comes before that of the environment, and neither falls through`()
    async throws
  {
    try await serving { program, server in
      try FileManager.default.removeItem(atPath: program.path("key"))
      var program = program
      program.environment["FASTGPT_API_KEY"] = Self.key
      #expect(try await program.run("collect", "--app", "Support bot").code == 0)
      try expectNoTrace(program)
      program.environment["CREDENTIALS_DIRECTORY"] = program.folder.path(percentEncoded: false)
      #expect(mkfifo(program.path("fastgpt-api-key"), 0o600) == 0)
      let ended = try await program.run("collect")
      #expect(ended.code == 78 && ended.errors.contains("is no plain file"), "\(ended.errors)")
      try FileManager.default.removeItem(atPath: program.path("fastgpt-api-key"))
      program.environment["FASTGPT_API_KEY"] = "two \(Self.key)"
      let two = try await program.run("collect")
      #expect(two.code == 78 && two.errors.contains("byte 4 is not a visible"), "\(two.errors)")
      #expect(two.errors.contains("using the key from $FASTGPT_API_KEY: "), "\(two.errors)")
      try expectNoTrace(program)
    }
  }

  @Test(arguments: ["systemd", "variable", "file"])
  func `that is refused is told with where it was taken from`(place: String) async throws {
    try await serving { program, server in
      server.reconfigure { $0.key = "another" }
      var program = program
      switch place {
      case "systemd":
        program.environment["CREDENTIALS_DIRECTORY"] = program.path("")
        try program.write(Self.key, to: "fastgpt-api-key")
      case "variable": program.environment["FASTGPT_API_KEY"] = Self.key
      default: break
      }
      let sources = [
        "systemd": "$CREDENTIALS_DIRECTORY/fastgpt-api-key\n", "variable": "$FASTGPT_API_KEY\n",
        "file": "\(program.path("key")) (\(program.path("almanac.yaml")):4: server.api_key_file)\n",
      ]
      let ended = try await program.run("collect", "--config", program.path("almanac.yaml"))
      #expect(ended.code == 77)
      #expect(ended.errors.contains("is read from, which is \(sources[place] ?? "")"), "\(ended)")
      if place == "systemd" {
        try FileManager.default.removeItem(atPath: program.path("fastgpt-api-key"))
      }
      try expectNoTrace(program)
    }
  }

  /// The value is a key, a path with a key in it, or a name far too long for a file.
  @Test func `where a path is wanted is not quoted`() async throws {
    try await serving { program, _ in
      let text = try String(contentsOfFile: program.path("almanac.yaml"), encoding: .utf8)
      for value in [Self.key, "/etc/\(Self.key)", Self.key + String(repeating: "x", count: 300)] {
        try program.write(text.replacing(program.path("key"), with: value), to: "slip.yaml")
        let ended = try await program.run("collect", "--config", "slip.yaml")
        try FileManager.default.removeItem(atPath: program.path("slip.yaml"))
        #expect(ended.code == 78, "\(ended.errors)")
        #expect(ended.errors.contains("slip.yaml:4: server.api_key_file"), "\(ended.errors)")
        try expectNoTrace(program)
      }
    }
  }

  /// Each answer says the key in the next spelling, in its head and wherever its body has room for
  /// words. Some answers are compressed. One comes byte by byte, so that its key is never in one
  /// piece.
  @Test func `that a server repeats stands in nothing that is printed or kept`() async throws {
    try await serving { program, server in
      let gzip = try #require(Fault.named("gzip", Fault.Setting(for: server.profile)))
      server.reconfigure {
        $0.interceptor = Interceptor { request, genuine in
          let spelling = Self.spellings[request.number % Self.spellings.count]
          var answer = genuine
          let text = String(decoding: genuine.body, as: UTF8.self)
          answer.body = Array(
            text.replacing(#""message":"""#, with: "\"message\":\"it is \(spelling)\"")
              .replacing(#""statusText":""#, with: "\"statusText\":\"\(spelling)")
              .replacing(#""api":"#, with: "\"\(spelling)\":")
              .replacing(#""userCount":"#, with: "\"of-\(spelling)\":1,\"userCount\":").utf8)
          if request.number % 3 == 0 { answer = gzip.response(insteadOf: answer) }
          if request.number == 1 { answer.delivery = .drip(interval: .microseconds(10)) }
          answer.headers["X-Authorization"] = spelling
          return answer
        }
      }
      #expect(try await program.run("collect", "--dry-run").code == 0)
      try expectNoTrace(program)
      #expect(server.requests.isEmpty)
      #expect(try await program.run("collect").code == 0)
      let text = try SimulatedCollection.everything(path: program.path("almanac.db"))
      #expect(text.contains("it is [key]") && text.contains("of-[key]"))
      try expectNoTrace(program)
      server.remove(Fixtures.appID)
      let failing = try await program.run("collect")
      #expect(failing.code == 3 && failing.errors.contains("[key]"), "\(failing.errors)")
      try expectNoTrace(program)
      for words in [["status"], ["status", "--format", "json"]] {
        _ = try await program.finish(program.prepare(words), launch: true)
        try expectNoTrace(program)
      }
    }
  }

  @Test(arguments: ["key-in-message", "key-in-header"])
  func `that a failure repeats stands in nothing either`(name: String) async throws {
    try await serving { program, server in
      let fault = try #require(Fault.named(name, Fault.Setting(for: server.profile)))
      server.reconfigure {
        $0.interceptor = Interceptor { request, genuine in
          var answer = fault.response(insteadOf: genuine)
          answer.body += Array(Self.spellings.joined(separator: " ").utf8)
          answer.headers["Via"] = Self.key
          return answer
        }
      }
      #expect(try await program.run("collect", "--app", "Support bot").code != 0)
      try expectNoTrace(program)
    }
  }

  @Test(arguments: [301, 302, 303, 307, 308])
  func `never goes where a server redirects to`(status: Int) async throws {
    let other = SimulatedServer(
      profile: ServerProfile(key: Self.key, clock: { Date("2026-06-10T02:30:00Z") }),
      apps: [Fixtures.steady(from: Date("2026-05-01T00:00:00Z"), days: 60)])
    try await HTTPFront.serving(other) { base in
      try await serving { program, server in
        server.reconfigure {
          $0.interceptor = Interceptor { _, _ in
            RawResponse(
              status: status,
              headers: [
                "Location":
                  "\(base.absoluteString)/api/proApi/core/app/logs/getTotalData?key=\(Self.key)"
              ])
          }
        }
        let ended = try await program.run("collect", "--app", "Support bot")
        #expect(ended.code == 1 && ended.errors.contains("redirects are not followed"))
        #expect(other.requests.isEmpty)
        #expect(server.requests.allSatisfy { $0.hasValidKey })
        try expectNoTrace(program)
      }
    }
  }

  #if os(Linux)
    @Test func `is no argument of the process`() async throws {
      try await serving { program, server in
        let hang = try #require(
          Fault.named("hang-before-head", Fault.Setting(for: server.profile)))
        server.reconfigure { $0.interceptor = .faults(.always(hang)) }
        let process = try program.prepare(["collect"])
        try process.run()
        while server.requests.isEmpty { await Task.yield() }
        let words = try Data(
          contentsOf: URL(filePath: "/proc/\(process.processIdentifier)/cmdline"))
        #expect(String(decoding: words, as: UTF8.self).contains("collect"))
        for trace in Self.traces { #expect(words.range(of: Data(trace.utf8)) == nil) }
        process.terminate()
        _ = try await program.finish(process)
        try expectNoTrace(program)
      }
    }
  #endif
}
