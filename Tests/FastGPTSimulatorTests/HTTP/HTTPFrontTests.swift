import AsyncHTTPClient
import FastGPTSimulator
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOPosix
import Testing

struct HTTPFrontTests {
  private static let client = HTTPClient.shared

  private static func totals(
    _ base: URL, key: String = "secret", timeout: TimeAmount = .seconds(20)
  ) async throws -> (response: HTTPClientResponse, body: Data) {
    var request = HTTPClientRequest(
      url: base.absoluteString + "/api/proApi/core/app/logs/getTotalData?appId=\(Fixture.appID)")
    request.headers.add(name: "Authorization", value: "Bearer \(key)")
    let response = try await client.execute(request, timeout: timeout)
    return (response, Data(buffer: try await response.body.collect(upTo: 1 << 20)))
  }

  private static func isListening(at base: URL) async -> Bool {
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
    do {
      let channel = try await bootstrap.connect(host: "127.0.0.1", port: base.port ?? 0).get()
      try await channel.close()
      return true
    } catch { return false }
  }

  @Test func `a chart comes over a real socket with the simulator's date`() async throws {
    let fixture = Fixture(
      [record("ann", "2025-09-01T10:00:00Z", points: 0.5)], now: "2025-09-03T04:05:06.789Z")
    let chart = try await HTTPFront.serving(fixture.server) { base in
      var request = HTTPClientRequest(
        url: base.absoluteString + "/api/proApi/core/app/logs/getChartData")
      request.method = .POST
      request.headers.add(name: "Authorization", value: "Bearer secret")
      request.headers.add(name: "Content-Type", value: "application/json")
      let body = Fixture.body(
        from: "2025-09-01T00:00:00.000Z", through: "2025-09-01T23:59:59.999Z")
      request.body = .bytes(ByteBuffer(data: try JSONSerialization.data(withJSONObject: body)))
      let response = try await Self.client.execute(request, timeout: .seconds(20))
      #expect(response.status.code == 200)
      #expect(response.headers["Date"] == ["Wed, 03 Sep 2025 04:05:06 GMT"])
      #expect(response.headers["Content-Type"] == ["application/json; charset=utf-8"])
      let data = Data(buffer: try await response.body.collect(upTo: 1 << 20))
      return try Chart(RawResponse(status: 200, body: Array(data)))
    }
    #expect(try chart.days() == ["2025-09-01"])
    #expect(chart.chatData[0].summary.points == 0.5)
    #expect(fixture.server.requests.map(\.hasValidKey) == [true])
  }

  @Test func `the clock, the key and the records may change while it serves`() async throws {
    let fixture = Fixture(
      [record("ann", "2025-09-01T10:00:00Z")], now: "2025-09-01T00:00:00Z")
    try await HTTPFront.serving(fixture.server) { base in
      let before = try await Self.totals(base)
      #expect(before.response.status.code == 200)
      #expect(String(decoding: before.body, as: UTF8.self).contains(#""totalUsers":0"#))
      fixture.server.reconfigure {
        $0.clock = { at("2025-09-02T00:00:00Z") }
        $0.key = "other"
      }
      let after = try await Self.totals(base, key: "other")
      #expect(String(decoding: after.body, as: UTF8.self).contains(#""totalUsers":1"#))
      #expect(after.response.headers["Date"] == ["Tue, 02 Sep 2025 00:00:00 GMT"])
      #expect(try await Self.totals(base).response.status.code == 500)
    }
  }

  @Test func `an interceptor replaces, alters and delays responses`() async throws {
    let fixture = Fixture([record("ann", "2025-09-01T10:00:00Z")])
    fixture.server.reconfigure {
      $0.interceptor = Interceptor { request, genuine in
        switch request.number {
        case 1: return RawResponse(status: 429, headers: ["Retry-After": "7"], html: "slow")
        case 2: return RawResponse(status: 502, html: "<h1>502 Bad Gateway</h1>")
        case 3:
          var half = genuine
          half.body = Array(genuine.body.prefix(10))
          return half
        case 4:
          var late = genuine
          late.delay = .seconds(600)
          return late
        default: return nil
        }
      }
    }
    try await HTTPFront.serving(fixture.server) { base in
      let limited = try await Self.totals(base)
      #expect(limited.response.status.code == 429)
      #expect(limited.response.headers["Retry-After"] == ["7"])
      #expect(limited.response.headers["Date"] == ["Tue, 01 Jan 2030 00:00:00 GMT"])
      let gateway = try await Self.totals(base)
      #expect(gateway.response.status.code == 502)
      #expect(gateway.response.headers["Content-Type"] == ["text/html; charset=utf-8"])
      #expect(String(decoding: gateway.body, as: UTF8.self) == "<h1>502 Bad Gateway</h1>")
      let half = try await Self.totals(base)
      #expect(String(decoding: half.body, as: UTF8.self) == #"{"code":20"#)
      await #expect(throws: HTTPClientError.deadlineExceeded) {
        try await Self.totals(base, timeout: .milliseconds(200))
      }
      #expect(try await Self.totals(base).response.status.code == 200)
    }
    // The test also shows that `serving` returns although the fourth request would take ten
    // minutes.
    #expect(fixture.server.requests.count == 5)
  }

  @Test func `many requests at once are all answered`() async throws {
    let fixture = Fixture([record("ann", "2025-09-01T10:00:00Z")])
    let codes = try await HTTPFront.serving(fixture.server) { base in
      try await withThrowingTaskGroup(of: UInt.self) { group in
        for _ in 0..<64 {
          group.addTask { try await Self.totals(base).response.status.code }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
    }
    #expect(codes == [UInt](repeating: 200, count: 64))
    #expect(fixture.server.requests.map(\.number) == Array(1...64))
  }

  @Test func `nobody answers once the body has returned`() async throws {
    let fixture = Fixture([])
    let base = try await HTTPFront.serving(fixture.server) { base in
      let answered = try await Self.totals(base).response
      #expect(answered.status.code == 200)
      return base
    }
    #expect(await Self.isListening(at: base) == false)
  }

  @Test func `what the body throws comes out`() async throws {
    struct Broken: Error {}
    await #expect(throws: Broken.self) {
      try await HTTPFront.serving(Fixture([]).server) { _ in throw Broken() }
    }
  }

  @Test func `cancelling whoever serves ends it`() async throws {
    let (bases, announcement) = AsyncStream<URL>.makeStream()
    let serving = Task {
      try await HTTPFront.serving(Fixture([]).server) { base in
        announcement.yield(base)
        try await Task.sleep(for: .seconds(600))
      }
    }
    let base = try #require(await bases.first { _ in true })
    serving.cancel()
    await #expect(throws: CancellationError.self) { try await serving.value }
    #expect(await Self.isListening(at: base) == false)
  }

  @Test func `closing while clients still come harms nobody`() async throws {
    for _ in 0..<8 {
      let server = Fixture([]).server
      let clients = try await HTTPFront.serving(server) { base in
        let clients = (0..<8).map { number in
          Task {
            // Half of them connect and say nothing.
            while !Task.isCancelled {
              if number.isMultiple(of: 2) {
                _ = try await Self.totals(base)
              } else {
                _ = await Self.isListening(at: base)
              }
            }
          }
        }
        while server.requests.count < 20 { await Task.yield() }
        return clients
      }
      let answered = server.requests.count
      for client in clients { client.cancel() }
      for client in clients { _ = await client.result }
      #expect(server.requests.count == answered)
    }
  }

  @Test func `a body that is cancelled before it starts does not run`() async throws {
    for _ in 0..<8 {
      let serving = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        try await HTTPFront.serving(Fixture([]).server) { _ in _ = Issue.record("it ran") }
      }
      await #expect(throws: CancellationError.self) { try await serving.value }
    }
  }
}
