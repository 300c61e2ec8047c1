import AlmanacCore
import NIOConcurrencyHelpers
import Testing

@testable import FastGPT

@Suite(.timeLimit(.minutes(5)))
struct LimitTests {
  @Test
  func `reads keep the rate, retries among them`() async throws {
    let time = VirtualTime(chance: 0)
    var limits = TestClient.limits
    limits.requestsPerSecond = 4
    try await TestClient.run(
      limits: limits, time: time,
      answer: .by { _, count in count % 2 == 0 ? .html(503) : .json(Fixture.chart) }
    ) { client, server in
      for _ in 0..<5 { _ = try await client.chart(Fixture.read()) }
      #expect(server.requests.count == 10)
      // The first request comes at once, and chance 0 makes the waits between tries zero.
      #expect(time.now == .milliseconds(9 * 250))
    }
  }

  @Test
  func `reads at the same time share one rate limit`() async throws {
    let time = VirtualTime()
    let limit = RateLimit(requestsPerSecond: 10, timing: time.timing)
    await withTaskGroup { group in
      for _ in 0..<50 { group.addTask { try? await limit.waitForTurn() } }
    }
    // No second holds more than ten, in whatever order they arrive.
    #expect(time.now >= .milliseconds(49 * 100))
  }

  @Test
  func `so many requests are under way and no more`() async throws {
    let gauge = NIOLockedValueBox((now: 0, most: 0))
    let gate = Gate()
    var limits = TestClient.limits
    limits.concurrency = 3
    try await TestClient.run(
      limits: limits,
      answer: .by { _, _ in
        gauge.withLockedValue { gauge in
          gauge.now += 1
          gauge.most = max(gauge.most, gauge.now)
        }
        await gate.pass()
        gauge.withLockedValue { $0.now -= 1 }
        return .json(Fixture.chart)
      }
    ) { client, server in
      try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<12 {
          group.addTask { try await client.chart(Fixture.read()).observations.count }
        }
        for released in 0..<12 {
          try await TestClient.wait { server.requests.count >= min(12, released + 3) }
          await gate.open()
        }
        try await group.waitForAll()
      }
      #expect(server.requests.count == 12)
      #expect(gauge.withLockedValue { $0.most } == 3)
    }
  }

  @Test
  func `a concurrency limit holds, and frees a place after a failure`() async throws {
    let limit = ConcurrencyLimit(2)
    let gauge = NIOLockedValueBox((now: 0, most: 0))
    await withTaskGroup { group in
      for number in 0..<20 {
        group.addTask {
          try? await limit.run {
            gauge.withLockedValue { gauge in
              gauge.now += 1
              gauge.most = max(gauge.most, gauge.now)
            }
            // The task stays inside long enough for all the others to enter, if they could.
            for _ in 0..<200 { await Task.yield() }
            gauge.withLockedValue { $0.now -= 1 }
            if number % 2 == 0 { throw CancellationError() }
          }
        }
      }
    }
    #expect(gauge.withLockedValue { $0.most } == 2)
    #expect(gauge.withLockedValue { $0.now } == 0)
    #expect(try await limit.run { 7 } == 7)
  }

  @Test
  func `who is cancelled in the queue leaves it, and the others go on`() async throws {
    let limit = ConcurrencyLimit(1)
    let gate = Gate()
    let isInside = NIOLockedValueBox(false)
    let first = Task {
      try await limit.run {
        isInside.withLockedValue { $0 = true }
        await gate.pass()
      }
    }
    try await TestClient.wait { isInside.withLockedValue { $0 } }
    let second = Task { try await limit.run { 2 } }
    try await TestClient.wait { await limit.waitingCount == 1 }
    let third = Task { try await limit.run { 3 } }
    try await TestClient.wait { await limit.waitingCount == 2 }
    second.cancel()
    await #expect(throws: CancellationError.self) { try await second.value }
    await gate.open()
    try await first.value
    #expect(try await third.value == 3)
  }
}

/// Lets one caller pass for each time it is opened, earlier or later.
private actor Gate {
  private var credit = 0
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func pass() async {
    if credit > 0 {
      credit -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  func open() {
    if waiting.isEmpty { credit += 1 } else { waiting.removeFirst().resume() }
  }
}
