import AlmanacStore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Synchronization
import Testing

@Suite struct `An archive that is not where it was` {
  private func serving(_ body: (Program, SimulatedServer) async throws -> Void) async throws {
    try await Program.inFolder { program in
      var program = program
      program.environment = ["ALMANAC_NOW": "2026-06-10T02:30:00Z"]
      let ready = program
      try await ready.serving { server, _ in try await body(ready, server) }
    }
  }

  /// A mishap of the file while a run waits for the server.
  enum Mishap: String, CaseIterable {
    case deleted, movedAway, replaced, deletedAndReplaced, folderMoved, linkTurned, interrupted

    var causes: [String] {
      switch self {
      case .deleted, .interrupted: ["it was deleted while the run was writing to it\n"]
      case .deletedAndReplaced: ["it was deleted while", "and another file is in its place\n"]
      case .replaced, .linkTurned: ["it was moved to /", "and another file is in its place\n"]
      case .movedAway: ["it was moved to /", "data/away.db while the run was writing to it\n"]
      case .folderMoved: ["it was moved to /", "elsewhere/almanac.db while the run was"]
      }
    }

    func strike(_ program: Program) throws {
      let files = FileManager.default
      let path = program.path("data/almanac.db")
      switch self {
      case .deleted, .interrupted: try files.removeItem(atPath: path)
      case .movedAway: try files.moveItem(atPath: path, toPath: program.path("data/away.db"))
      case .replaced:
        try files.moveItem(atPath: path, toPath: program.path("away.db"))
        try files.copyItem(atPath: program.path("away.db"), toPath: path)
      case .deletedAndReplaced:
        try files.copyItem(atPath: path, toPath: program.path("copy.db"))
        #expect(rename(program.path("copy.db"), path) == 0)
      case .folderMoved:
        try files.moveItem(atPath: program.path("data"), toPath: program.path("elsewhere"))
      case .linkTurned:
        try files.copyItem(atPath: path, toPath: program.path("data/copy.db"))
        try files.removeItem(atPath: program.path("almanac.db"))
        try files.createSymbolicLink(
          atPath: program.path("almanac.db"), withDestinationPath: "data/copy.db")
      }
    }
  }

  @Test(arguments: Mishap.allCases)
  func `during a run ends it with 65, and says what happened`(mishap: Mishap) async throws {
    try await serving { program, server in
      try FileManager.default.createDirectory(
        atPath: program.path("data"), withIntermediateDirectories: false)
      try FileManager.default.createSymbolicLink(
        atPath: program.path("almanac.db"), withDestinationPath: "data/almanac.db")
      // It happens in the first run, which makes the file, or in a later one.
      if mishap != .deleted, mishap != .folderMoved {
        #expect(try await program.run("collect", "--app", "客服助手").code == 0)
      }
      let count = Mutex(0)
      server.reconfigure {
        $0.interceptor = Interceptor { _, _ in
          let number = count.withLock { count in
            count += 1
            return count
          }
          // The run waits for this answer.
          if number == 4 {
            #expect(throws: Never.self) { try mishap.strike(program) }
            if mishap == .interrupted {
              Self.terminateRun(on: program.path("data/almanac.db.lock"))
            }
          }
          return nil
        }
      }
      let ended = try await program.run("collect", "--app", "客服助手")
      #expect(ended.code == 65, "\(ended.errors)")
      for cause in mishap.causes { #expect(ended.errors.contains(cause), "\(ended.errors)") }
      #expect(ended.errors.contains("keeping the archive \(program.path("almanac.db")): "))
      #expect(ended.errors.contains("\nhint: "))
      #expect(ended.output.isEmpty)
    }
  }

  /// Ends the run whose process number stands in the lock.
  private static func terminateRun(on lock: String) {
    let text = try? String(contentsOfFile: lock, encoding: .utf8)
    if let number = text.flatMap({ Int32($0.trimmingCharacters(in: .newlines)) }), number > 1 {
      kill(number, SIGTERM)
    }
  }

  @Test(arguments: ["lock", "lock and logs", "full log", "empty file and full log"])
  func `is made anew, and what is left of the old one is told`(left: String) async throws {
    try await serving { program, _ in
      let path = program.path("almanac.db")
      #expect(try await program.run("collect", "--app", "客服助手").code == 0)
      try FileManager.default.removeItem(atPath: path)
      if left == "lock" {
        for side in ["-wal", "-shm"] { try FileManager.default.removeItem(atPath: path + side) }
      }
      let log = Data([0x37, 0x7F, 0x06, 0x82] + Array(repeating: UInt8(7), count: 400))
      if left.contains("full log") { try log.write(to: URL(filePath: path + "-wal")) }
      if left.contains("empty file") { try Data().write(to: URL(filePath: path)) }
      let ended = try await program.run("collect", "--app", "客服助手")
      #expect(ended.code == 0, "\(ended.errors)")
      #expect(
        ended.errors.contains("\nmade a new archive at \(path)\nwarning: a database was here"))
      #expect(ended.errors.contains("hint: to go on with the old one, put it or a backup in"))
      let aside = try FileManager.default.contentsOfDirectory(atPath: program.path(""))
        .filter { $0.hasPrefix("almanac.db.left-") }
      if left.contains("full log") {
        let kept = try #require(aside.first)
        #expect(ended.errors.contains("is kept in ") && ended.errors.contains(kept))
        #expect(FileManager.default.contents(atPath: program.path(kept)) == log)
      } else {
        #expect(aside.isEmpty && !ended.errors.contains("is kept in"))
        #expect(ended.errors.contains("\(path).lock"))
      }
      // It is told once.
      let next = try await program.run("collect", "--app", "客服助手")
      #expect(!next.errors.contains("a new archive"), "\(next.errors)")
    }
  }

  @Test func `is not made by migrate, and is not told where a run has left nothing else`()
    async throws
  {
    try await serving { program, _ in
      let path = program.path("almanac.db")
      try program.write("", to: "almanac.db.lock")
      for name in ["almanac.db", "link.db"] {
        try? FileManager.default.createSymbolicLink(
          atPath: program.path("link.db"), withDestinationPath: "almanac.db")
        #expect(try await program.run("migrate", "--database", name).code == 65)
        #expect(!FileManager.default.fileExists(atPath: path))
      }
      // A run that could not make the schema leaves such a file.
      try program.write("", to: "almanac.db")
      #expect(try await program.run("migrate").code == 65)
      let ended = try await program.run("collect", "--app", "客服助手")
      #expect(ended.errors.contains("made a new archive at \(path)\n"), "\(ended.errors)")
      #expect(!ended.errors.contains("a database was here"), "\(ended.errors)")
    }
  }
}
