import AlmanacCore
import Foundation
import Logging
import NIOConcurrencyHelpers
import NIOHTTP1
import Testing

@testable import FastGPT

@Suite(.timeLimit(.minutes(5)))
struct TransportTests {
  /// ``Fixture/emptyChart``, compressed with gzip.
  static let gzipped = Array(
    Data(
      base64Encoded: """
        H4sIAAAAAAACA6tWSs5PSVWyMjIw0FEqLkksKS0OSa0oUbJSUtJRyk0tLk5MT4VwUhJLEpWsqpVKi1OLXMDs\
        6FgdpeSMxBIEL7GgAMaprQUATwe/qFsAAAA=
        """)!)

  /// 200,000 spaces, compressed with gzip.
  static let bomb = Array(
    Data(
      base64Encoded: "H4sIAAAAAAACA+3BMQEAAADCoCrrn9IM/kABA"
        + String(repeating: "A", count: 241) + "K8BMWFiEEANAwA=")!)

  static let gzip = ["Content-Encoding": "gzip"]

  @Test
  func `a compressed answer is read`() async throws {
    try await TestClient.run(
      answer: .always(.whole(headers: Self.gzip, body: Self.gzipped))
    ) { client, server in
      let answer = try await client.chart(Fixture.read())
      #expect(String(decoding: answer.delivery.body, as: UTF8.self) == Fixture.emptyChart)
      #expect(server.requests[0].headers.first(name: "Accept-Encoding")?.contains("gzip") == true)
    }
  }

  @Test
  func `an answer that is not compressed as it says is none`() async throws {
    let bytes = Array(Fixture.emptyChart.utf8)
    let failure = try await TestClient.failure(.whole(headers: Self.gzip, body: bytes))
    #expect(failure.kind == .badAnswer)
    #expect(failure.delivery.attempts == 5)
  }

  @Test
  func `half a compressed answer is none`() async throws {
    let half = Array(Self.gzipped.dropLast(30))
    let failure = try await TestClient.failure(.whole(headers: Self.gzip, body: half))
    #expect(failure.kind == .badAnswer)
  }

  @Test
  func `a body beyond the limit is not read`() async throws {
    var limits = TestClient.limits
    limits.maximumBodyBytes = Fixture.chart.utf8.count
    try await TestClient.run(limits: limits, answer: .always(.json(Fixture.chart))) { client, _ in
      let answer = try await client.chart(Fixture.read())
      #expect(answer.observations.count == 1)
    }
    let failure = try await TestClient.failure(limits: limits, .json(Fixture.chart + " "))
    #expect(failure.kind == .badAnswer)
    #expect(failure.delivery.attempts == 1)
    #expect(failure.cause.contains("larger than"))
    let stream = try await TestClient.failure(limits: limits, .endless)
    #expect(stream.cause.contains("larger than"))
    #expect(stream.delivery.attempts == 1)
    // No room is reserved for a length beyond the limit.
    let promise = try await TestClient.failure(
      limits: limits, .cutOff(promised: 1 << 62, body: "{"))
    #expect(promise.cause.contains("larger than"))
  }

  @Test
  func `a small body that grows beyond the limit is not read`() async throws {
    var limits = TestClient.limits
    limits.maximumBodyBytes = 100_000
    let failure = try await TestClient.failure(
      limits: limits, .whole(headers: Self.gzip, body: Self.bomb))
    #expect(failure.kind == .badAnswer)
    #expect(failure.delivery.attempts == 1)
    #expect(failure.cause.contains("larger than"))
  }

  @Test
  func `an answer that breaks off is none, whatever it said before`() async throws {
    let failure = try await TestClient.failure(
      .cutOff(promised: Fixture.chart.utf8.count + 1, body: Fixture.chart))
    #expect(failure.kind == .badAnswer)
    #expect(failure.delivery.attempts == 5)
    #expect(failure.cause.contains("cut off after \(Fixture.chart.utf8.count) bytes"))
    #expect(failure.status == 200)
  }

  @Test(arguments: ["drip", "silence"])
  func `a server that never comes to an end is left`(_ way: String) async throws {
    var limits = TestClient.limits
    limits.timeout = .milliseconds(200)
    limits.retry.tries = 2
    try await TestClient.run(
      limits: limits, answer: .always(way == "drip" ? .drip : .silence)
    ) { client, server in
      let failure = try await TestClient.failure { try await client.chart(Fixture.read()) }
      #expect(failure.kind == .unreachable)
      #expect(failure.delivery.attempts == 2)
      #expect(failure.cause.contains("no whole answer from 127.0.0.1 within 0.2 s"))
      // A try may not have reached the server under load.
      try await TestClient.wait { server.closedConnections >= server.requests.count }
    }
  }

  @Test(arguments: ["drip", "silence"])
  func `a cancelled read ends at once and is no failure`(_ way: String) async throws {
    try await TestClient.run(
      answer: .always(way == "drip" ? .drip : .silence)
    ) { client, server in
      let reading = Task { try await client.chart(Fixture.read()) }
      try await TestClient.wait { server.requests.count == 1 }
      reading.cancel()
      await #expect(throws: CancellationError.self) { try await reading.value }
      try await TestClient.wait { server.closedConnections == 1 }
      #expect(server.requests.count == 1)
    }
  }

  @Test
  func `a read cancelled between two tries is no failure`() async throws {
    let isWaiting = NIOLockedValueBox(false)
    var time = VirtualTime().timing
    time.sleep = { _ in
      isWaiting.withLockedValue { $0 = true }
      try await Task.sleep(for: .seconds(3600))
    }
    let timing = time
    try await TestServer.run(.always(.html(503))) { server in
      let client = FastGPTServer(
        address: try ServerAddress(server.url), key: try APIKey(TestClient.secret),
        limits: TestClient.limits,
        version: "1", timing: timing, logger: .init(label: "test"))
      let reading = Task { try await client.chart(Fixture.read()) }
      try await TestClient.wait { isWaiting.withLockedValue { $0 } }
      reading.cancel()
      await #expect(throws: CancellationError.self) { try await reading.value }
      await client.shutdown()
    }
  }

  @Test(arguments: [301, 302, 303, 307, 308])
  func `a redirect is not followed, and its target learns nothing`(_ status: Int) async throws {
    try await TestServer.run(.always(.json(Fixture.chart))) { other in
      let location = other.url + "/login?next=%2Fapi#top"
      let failure = try await TestClient.failure(
        .json("", status: status, headers: ["Location": location]))
      #expect(failure.kind == .badAnswer)
      #expect(failure.delivery.attempts == 1)
      #expect(failure.cause.contains("redirects to \(other.url) (HTTP \(status))"))
      #expect(!failure.cause.contains("login"))
      #expect(other.requests.isEmpty)
    }
  }

  @Test
  func `a connection serves one read after another`() async throws {
    try await TestClient.run(answer: .always(.json(Fixture.chart))) { client, server in
      var pauses = 0
      var last = ContinuousClock.now
      for _ in 0..<5 {
        _ = try await client.chart(Fixture.read())
        // The client closes a connection that a busy machine leaves idle for so long.
        if last.duration(to: .now) > .seconds(3) { pauses += 1 }
        last = .now
      }
      #expect(server.requests.count == 5)
      #expect(server.closedConnections <= pauses)
    }
  }

  @Test
  func `a client may be shut down twice, and then reads nothing`() async throws {
    try await TestClient.run(answer: .always(.json(Fixture.chart))) { client, _ in
      await client.shutdown()
      await client.shutdown()
      let failure = try await TestClient.failure { try await client.chart(Fixture.read()) }
      #expect(failure.kind == .unreachable)
    }
  }
}
