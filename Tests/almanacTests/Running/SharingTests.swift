import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Asks as users who may read the archive, and no more.
@Suite(.serialized) struct `Questions to a shared archive` {
  private static let questions = [
    ["trend", "messages", "--by", "source"], ["summary"], ["rank", "points"], ["retention"],
    ["anomalies"], ["status"], ["history", "--app", "Support bot", "--date", "2026-06-05"],
    ["trend", "users", "--app", "Support bot"],
  ]

  /// The answers, each with code 0 and nothing said beside it.
  private static func answers(_ program: Program, as user: Other? = nil) async throws -> [String] {
    var answers: [String] = []
    for question in questions {
      let process = try program.prepare(question)
      user?.run(process)
      let outcome = try await program.finish(process, launch: true)
      #expect(outcome.code == 0, "\(question): \(outcome.errors)")
      #expect(outcome.errors.isEmpty || question == ["anomalies"], "\(outcome.errors)")
      answers.append(outcome.output)
    }
    return answers
  }

  private func collected(
    _ body: (Program, SimulatedServer) async throws -> Void
  ) async throws {
    try await Program.inFolder { program in
      var program = program
      program.environment = [
        "ALMANAC_NOW": "2026-06-10T02:30:00Z", "ALMANAC_DATABASE": program.path("almanac.db"),
      ]
      let asking = program
      try await asking.serving { server, _ in
        #expect(try await asking.run("collect").code == 0)
        try await body(asking, server)
      }
    }
  }

  /// The run has read a part anew, and waits for the server's next answer.
  @Test func `are answered during a run as before it, and a snapshot's alike`() async throws {
    try await collected { program, server in
      let before = try await Self.answers(program)
      let hang = try #require(
        Fault.named("hang-after-head", Fault.Setting(for: server.profile)))
      server.forgetRequests()
      server.reconfigure { $0.interceptor = .faults(FaultRule(hang, requests: 12...Int.max)) }
      let run = try program.prepare(["collect", "--deep"])
      try run.run()
      while server.requests.count < 12, run.isRunning { await Task.yield() }
      // The questions have a folder of their own, since the run writes its output into this one.
      try await Program.inFolder { asking in
        var asking = asking
        asking.environment = program.environment
        let during = try await Self.answers(asking)
        #expect(run.isRunning)
        // Status and history show the newest run too.
        #expect(Array(during.prefix(5)) == Array(before.prefix(5)))
        #expect(during.last == before.last)
        let snapshot = program.path("snapshot.db")
        try SimulatedCollection.backUp(program.path("almanac.db"), to: snapshot)
        asking.environment["ALMANAC_DATABASE"] = snapshot
        // Nobody is at work on the snapshot.
        let later = try await Self.answers(asking).map { answer in
          answer.replacing(/killed: it has no end.+/, with: "running")
        }
        #expect(later == during)
      }
      kill(run.processIdentifier, SIGTERM)
      #expect(try await program.finish(run).code == 143)
    }
  }

  /// A user who may read by way of the group alone.
  struct Other {
    /// The number of a group without a name. The user is `nobody`.
    static let group = 54_321

    func run(_ process: Process) {
      let words = [process.executableURL?.path(percentEncoded: false) ?? ""]
      process.executableURL = URL(filePath: "/usr/bin/setpriv")
      process.arguments =
        ["--reuid=65534", "--regid=\(Self.group)", "--clear-groups", "--"] + words
        + (process.arguments ?? [])
    }
  }

  static let canBeOther =
    geteuid() == 0 && FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv")
    && (try? reaches(Program.binary)) == true

  /// Whether others may run the program where it was built.
  private static func reaches(_ binary: URL) throws -> Bool {
    let process = Process()
    process.executableURL = binary
    process.arguments = ["--version"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    Other().run(process)
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus == 0
  }

  @Test(.enabled(if: canBeOther, "only the superuser can become somebody else"))
  func `are answered to another user of the group, and to nobody else`() async throws {
    try await collected { program, server in
      let folder = program.path("")
      let mine = try await Self.answers(program)
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o2750, .groupOwnerAccountID: Other.group], ofItemAtPath: folder)
      for side in ["", "-wal", "-shm"] {
        try FileManager.default.setAttributes(
          [.posixPermissions: 0o640, .groupOwnerAccountID: Other.group],
          ofItemAtPath: program.path("almanac.db") + side)
      }
      #expect(try await Self.answers(program, as: Other()) == mine)
      // This copy has no side files, and none can be made.
      let copy = program.path("copy.db")
      try SimulatedCollection.backUp(program.path("almanac.db"), to: copy)
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o440, .groupOwnerAccountID: Other.group], ofItemAtPath: copy)
      var copied = program
      copied.environment["ALMANAC_DATABASE"] = copy
      #expect(try await Self.answers(copied, as: Other()) == mine)
      #expect(!FileManager.default.fileExists(atPath: copy + "-wal"))
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o400], ofItemAtPath: program.path("almanac.db"))
      let process = try program.prepare(["summary"])
      Other().run(process)
      let refused = try await program.finish(process, launch: true)
      #expect(refused.code == 65 && refused.output.isEmpty)
      #expect(refused.errors.contains("the user nobody may not read it\nhint: run this as root"))
    }
  }

  /// Archive, configuration and key lie in a folder that only another group may look into, or
  /// nobody.
  @Test(
    .enabled(if: canBeOther, "only the superuser can become somebody else"),
    arguments: [
      (0o750, "join the group 54322, which may: `sudo usermod -aG 54322 nobody`"),
      (0o700, "run this as root, who owns "),
    ])
  func `are not told that a file is absent which may not be seen`(
    mode: Int, hint: String
  ) async throws {
    try await collected { program, _ in
      let files = FileManager.default
      for folder in ["", "closed"] {
        if !folder.isEmpty {
          try files.createDirectory(
            atPath: program.path(folder), withIntermediateDirectories: false)
        }
        try files.setAttributes(
          [.posixPermissions: 0o755], ofItemAtPath: program.path(folder))
      }
      for name in ["almanac.db", "almanac.yaml", "key"] {
        try files.copyItem(atPath: program.path(name), toPath: program.path("closed/\(name)"))
      }
      let text = try String(contentsOfFile: program.path("almanac.yaml"), encoding: .utf8)
      try program.write(
        text.replacing("/key\n", with: "/closed/key\n"), to: "open.yaml", mode: 0o644)
      try files.createSymbolicLink(
        atPath: program.path("link.db"), withDestinationPath: "closed/almanac.db")
      try files.setAttributes(
        [.posixPermissions: mode, .groupOwnerAccountID: 54_322],
        ofItemAtPath: program.path("closed"))
      var asking = program
      asking.environment["ALMANAC_DATABASE"] = nil
      for (words, code) in [
        (["status", "--database", "closed/almanac.db"], 65),
        (["trend", "messages", "--database", program.path("closed/none.db")], 65),
        (["status", "--database", "link.db"], 65), (["migrate", "--database", "link.db"], 65),
        (["collect", "--dry-run", "--config", "open.yaml", "--database", "link.db"], 78),
        (["status", "--config", "closed/almanac.yaml", "--database", "almanac.db"], 78),
        (["collect", "--config", program.path("closed/none.yaml")], 78),
        (["collect", "--config", "open.yaml", "--database", "new.db"], 78),
      ] {
        let process = try asking.prepare(words)
        Other().run(process)
        let refused = try await asking.finish(process, launch: true)
        #expect(refused.code == Int32(code), "\(words): \(refused.errors)")
        #expect(refused.errors.contains("the user nobody may not look into the folder "))
        #expect(refused.errors.contains("closed\nhint: \(hint)"), "\(words)")
      }
    }
  }
}
