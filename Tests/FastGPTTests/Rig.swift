import AlmanacCore
import FastGPT
import Logging
import NIOConcurrencyHelpers
import Testing

/// Time that passes only when somebody sleeps, and chance that is always the same.
final class VirtualTime: Sendable {
  private let state = NIOLockedValueBox<(now: Duration, sleeps: [Duration])>((.zero, []))
  private let chance: Double

  init(chance: Double = 1) {
    self.chance = chance
  }

  /// Every sleep so far.
  var sleeps: [Duration] { state.withLockedValue { $0.sleeps } }
  var now: Duration { state.withLockedValue { $0.now } }

  var timing: Timing {
    Timing(
      now: { [state] in state.withLockedValue { $0.now } },
      sleep: { [state] duration in
        try Task.checkCancellation()
        state.withLockedValue { state in
          state.now += duration
          state.sleeps.append(duration)
        }
      },
      random: { [chance] in chance })
  }
}

/// A client and the server it talks to.
enum Rig {
  static let secret = "fastgpt-k3y/with+odd~bytes-0123456789"

  /// Without a pace, so that the only sleeps are those between tries.
  static var limits: ServerLimits {
    var limits = ServerLimits()
    limits.requestsPerSecond = 0
    return limits
  }

  /// Runs `body` with a client of a server that answers as told.
  static func run<Result>(
    secret: String = secret, limits: ServerLimits = limits, time: VirtualTime = VirtualTime(),
    answer: TestAnswers,
    _ body: (FastGPTServer, TestServer) async throws -> Result
  ) async throws -> Result {
    try await TestServer.run(answer) { server in
      try await client(of: server.url, secret: secret, limits: limits, timing: time.timing) {
        try await body($0, server)
      }
    }
  }

  /// Runs `body` with a client, and shuts it down.
  static func client<Result>(
    of url: String, secret: String = secret, limits: ServerLimits = limits,
    timing: Timing = VirtualTime().timing, route: Route = Route(),
    _ body: (FastGPTServer) async throws -> Result
  ) async throws -> Result {
    let client = FastGPTServer(
      address: try ServerAddress(url), key: try APIKey(secret), route: route, limits: limits,
      version: "1.2.3", timing: timing,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    do {
      let result = try await body(client)
      await client.shutdown()
      return result
    } catch {
      await client.shutdown()
      throw error
    }
  }

  /// How a chart read of a server that always answers the same fails.
  static func failure(
    read: ChartRead = Fixture.read(), secret: String = secret, limits: ServerLimits = limits,
    time: VirtualTime = VirtualTime(), _ response: TestResponse
  ) async throws -> ReadFailure {
    try await run(
      secret: secret, limits: limits, time: time, answer: .always(response)
    ) { client, _ in
      try await failure { try await client.chart(read) }
    }
  }

  static func failure(
    _ read: () async throws -> some Sendable
  ) async throws -> ReadFailure {
    do {
      let answer = try await read()
      Issue.record("no failure but \(answer)")
      throw Unexpected()
    } catch let failure as ReadFailure {
      return failure
    }
  }

  struct Unexpected: Error {}

  /// Comes back when `condition` holds; the test's own time limit ends it otherwise.
  static func wait(until condition: () async -> Bool) async throws {
    while await !condition() { try await Task.sleep(for: .milliseconds(2)) }
  }
}
