import AlmanacTestSupport
import FastGPTSimulator
import Foundation

/// The built program, run as a person runs it.
struct Program {
  /// The directory of this test, which is the working directory.
  let folder: URL
  var environment: [String: String] = [:]

  struct Outcome {
    let code: Int32
    let output: String
    let errors: String
  }

  /// Runs the body in a new directory that goes afterwards.
  static func inFolder<T>(_ body: (Program) async throws -> T) async throws -> T {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "almanac-program-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(Program(folder: folder))
  }

  static var binary: URL {
    // The test bundle lies beside the products.
    URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "almanac")
  }

  func path(_ name: String) -> String { folder.appending(path: name).path(percentEncoded: false) }

  func write(_ text: String, to name: String, mode: Int = 0o600) throws {
    try Data(text.utf8).write(to: folder.appending(path: name))
    try FileManager.default.setAttributes(
      [.posixPermissions: mode], ofItemAtPath: path(name))
  }

  /// A process that is ready to run, and whose output goes to files in the folder.
  func prepare(_ arguments: [String]) throws -> Process {
    let process = Process()
    process.executableURL = Self.binary
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.environment = environment
    for name in ["stdout", "stderr"] {
      try Data().write(to: folder.appending(path: name))
    }
    process.standardOutput = try FileHandle(forWritingTo: folder.appending(path: "stdout"))
    process.standardError = try FileHandle(forWritingTo: folder.appending(path: "stderr"))
    process.standardInput = FileHandle.nullDevice
    return process
  }

  func run(_ arguments: String...) async throws -> Outcome {
    try await finish(prepare(arguments), launch: true)
  }

  /// Waits for the end without holding a thread that the simulated server needs.
  func finish(_ process: Process, launch: Bool = false) async throws -> Outcome {
    let code: Int32 = try await withCheckedThrowingContinuation { continuation in
      let thread = Thread {
        do {
          if launch { try process.run() }
          process.waitUntilExit()
          continuation.resume(returning: process.terminationStatus)
        } catch {
          continuation.resume(throwing: error)
        }
      }
      thread.start()
    }
    return Outcome(
      code: code, output: try String(contentsOfFile: path("stdout"), encoding: .utf8),
      errors: try String(contentsOfFile: path("stderr"), encoding: .utf8))
  }

  static let key = "fastgpt-Zq8vKx3LmN5pR7tW9yB2"

  /// Serves two small apps and leaves a configuration and a key that reach them.
  func serving<T>(
    _ body: (SimulatedServer, URL) async throws -> T
  ) async throws -> T {
    let now = Date("2026-06-10T02:30:00Z")
    let start = Date("2026-05-01T00:00:00Z")
    let server = SimulatedServer(
      profile: ServerProfile(key: Self.key, clock: { now }),
      apps: [
        Fixtures.steady(from: start, days: 60),
        Fixtures.steady(Fixtures.otherID, name: "客服助手", from: start, days: 60),
      ])
    return try await HTTPFront.serving(server) { base in
      try write(Self.key + "\n", to: "key")
      try write(configuration(url: base.absoluteString), to: "almanac.yaml")
      return try await body(server, base)
    }
  }

  func configuration(url: String) -> String {
    """
    database: \(path("almanac.db"))
    server:
      url: \(url)
      api_key_file: \(path("key"))
    collect:
      requests_per_second: 1000
    apps:
      - id: \(Fixtures.appID)
        name: Support bot
      - id: \(Fixtures.otherID)
        name: 客服助手
    """
  }
}
