import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Synchronization
import Testing

@testable import almanac

/// The program itself, under the host's clock.
@Suite(.serialized) struct `The daemon's process` {
  private func serving(
    _ body: (Program, SimulatedServer) async throws -> Void
  ) async throws {
    try await Program.inFolder { program in
      let start = Date().addingTimeInterval(-20 * 86_400)
      let server = SimulatedServer(
        profile: ServerProfile(key: Program.key, clock: { Date() }),
        apps: [
          Fixtures.steady(from: start, days: 30),
          Fixtures.steady(Fixtures.otherID, name: "客服助手", from: start, days: 30),
        ])
      try await HTTPFront.serving(server) { base in
        try program.write(Program.key + "\n", to: "key")
        try program.write(program.configuration(url: base.absoluteString), to: "almanac.yaml")
        try await body(program, server)
      }
    }
  }

  private func text(_ program: Program) -> String {
    (try? String(contentsOfFile: program.path("stderr"), encoding: .utf8)) ?? ""
  }

  /// Waits until something holds. A daemon that never gets there is killed, and the test ends.
  private func wait(_ what: String, of daemon: Process, _ holds: () -> Bool) async throws {
    for _ in 0..<600 {
      if holds() { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    kill(daemon.processIdentifier, SIGKILL)
    throw Vain(what: what)
  }

  private struct Vain: Error { let what: String }

  private func runs(_ program: Program) throws -> [[String?]] {
    try SimulatedCollection.rows(
      "SELECT arguments, outcome FROM run ORDER BY id", path: program.path("almanac.db"))
  }

  @Test func `collects, waits, reads its configuration again, and ends`() async throws {
    try await serving { program, _ in
      var program = program
      let socket = try NotifySocket(program.path("notify"))
      program.environment = [
        "NOTIFY_SOCKET": program.path("notify"), "WATCHDOG_USEC": "600000000", "TZ": "Asia/Tokyo",
      ]
      let process = try program.prepare(["daemon"])
      try process.run()
      try await wait("the next run", of: process) {
        text(program).contains("the next run is due at ")
      }
      #expect(text(program).contains("no run over everything is known: collecting\n"))
      #expect(text(program).contains("T02:30:00+09:00"))
      #expect(try runs(program) == [["daemon", "done"]])

      let good = try String(contentsOfFile: program.path("almanac.yaml"), encoding: .utf8)
      try program.write("database: [\n", to: "almanac.yaml")
      kill(process.processIdentifier, SIGHUP)
      try await wait("the fault", of: process) { text(program).contains("the one of before stays") }
      try program.write(
        good.replacing("collect:\n", with: "collect:\n  at: \"23:59 UTC\"\n"), to: "almanac.yaml")
      kill(process.processIdentifier, SIGHUP)
      try await wait("the configuration", of: process) { text(program).contains("is read again") }
      try await wait("the new time", of: process) { text(program).contains("T23:59:00Z") }

      let start = ContinuousClock.now
      kill(process.processIdentifier, SIGTERM)
      let outcome = try await program.finish(process)
      #expect(outcome.code == 0)
      #expect(start.duration(to: .now) < .seconds(5))
      let told = socket.messages
      socket.end()
      #expect(told.first == "READY=1\nSTATUS=waiting")
      #expect(told.contains("STATUS=collecting"))
      #expect(told.contains("WATCHDOG=1"))
      #expect(told.contains { $0.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") })
      #expect(told.last == "STOPPING=1")
    }
  }

  @Test func `does not collect again at a restart`() async throws {
    try await serving { program, server in
      for start in 0..<2 {
        let process = try program.prepare(["daemon"])
        try process.run()
        try await wait("the next run", of: process) {
          text(program).contains("the next run is due at ")
        }
        kill(process.processIdentifier, SIGTERM)
        #expect(try await program.finish(process).code == 0)
        #expect(server.requests.isEmpty == (start == 1))
        server.forgetRequests()
      }
      #expect(try runs(program).count == 1)
    }
  }

  @Test(arguments: [(SIGTERM, 143), (SIGINT, 130)] as [(Int32, Int32)])
  func `breaks a run off by a signal, and makes up for it`(signal: Int32, code: Int32) async throws
  {
    try await serving { program, server in
      let genuine = server.profile.interceptor
      let hang = try #require(
        Fault.named("hang-after-head", Fault.Setting(for: server.profile)))
      server.reconfigure { $0.interceptor = .faults(FaultRule(hang, requests: 1...Int.max)) }
      let process = try program.prepare(["daemon"])
      try process.run()
      try await wait("a request", of: process) { !server.requests.isEmpty }
      kill(process.processIdentifier, signal)
      let outcome = try await program.finish(process)
      #expect(outcome.code == code)
      #expect(try runs(program) == [["daemon", "interrupted"]])

      server.reconfigure { $0.interceptor = genuine }
      let next = try program.prepare(["daemon"])
      try next.run()
      try await wait("the next run", of: next) { text(program).contains("the next run is due at ") }
      kill(next.processIdentifier, SIGTERM)
      #expect(try await program.finish(next).code == 0)
      #expect(try runs(program) == [["daemon", "interrupted"], ["daemon", "done"]])
    }
  }

  @Test func `refuses a clock that stands still, and a configuration that is wrong`() async throws {
    try await serving { program, _ in
      var program = program
      program.environment = ["ALMANAC_NOW": "2026-06-10T02:30:00Z"]
      let still = try await program.run("daemon")
      #expect(still.code == 64)
      #expect(still.errors.hasPrefix("starting the daemon: ALMANAC_NOW is set"))
      program.environment = [:]
      try program.write("database: [\n", to: "almanac.yaml")
      #expect(try await program.run("daemon").code == 78)
    }
  }
}

@Suite struct `A service manager` {
  /// The process that the variables were meant for may have started this one.
  @Test(
    arguments: [
      (["WATCHDOG_USEC": "30000000"], Duration.seconds(30)),
      (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "\(getpid())"], .seconds(30)),
      (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"], nil), (["WATCHDOG_USEC": "0"], nil),
      ([:], nil),
    ] as [([String: String], Duration?)])
  func `watches those that it means`(variables: [String: String], time: Duration?) {
    #expect(ServiceManager(variables).watchdog == time)
  }

  @Test func `listens at an abstract name, too`() async throws {
    let name = "@almanac-\(UUID().uuidString)"
    let socket = try NotifySocket(name)
    ServiceManager(["NOTIFY_SOCKET": name]).status("at work")
    while socket.messages.isEmpty { await Task.yield() }
    socket.end()
    #expect(socket.messages == ["STATUS=at work"])
  }
}

/// The socket of a service manager, which reads what comes.
private final class NotifySocket: Sendable {
  private let descriptor: Int32
  private let received = Mutex<[String]>([])

  init(_ path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var name = Array(path.utf8)
    if name[0] == UInt8(ascii: "@") { name[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let size = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: address.sun_path)
    let isBound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(size + name.count))
      }
    }
    try #require(isBound == 0)
    Thread { [self] in
      var room = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = recv(descriptor, &room, room.count, 0)
        guard count > 0 else { return }
        received.withLock { $0.append(String(decoding: room[..<count], as: UTF8.self)) }
      }
    }.start()
  }

  /// The messages that have come.
  var messages: [String] { received.withLock { $0 } }

  func end() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}
