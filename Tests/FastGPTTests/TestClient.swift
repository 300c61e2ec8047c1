import AlmanacCore
import FastGPT
import Logging
import Testing

/// A client and the server it talks to.
enum TestClient {
  static let secret = "fastgpt-k3y/with+odd~bytes-0123456789"

  /// Limits without a request rate, so that the only sleeps are those between tries.
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

  /// The failure of a chart read on a server that always sends the same response.
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

  /// The failure of a read; records an issue if it succeeds.
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

  /// Returns when `condition` holds. The time limit of the test ends the wait otherwise.
  static func wait(until condition: () async -> Bool) async throws {
    while await !condition() { try await Task.sleep(for: .milliseconds(2)) }
  }
}
