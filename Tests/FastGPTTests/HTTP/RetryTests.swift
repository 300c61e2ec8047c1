import AlmanacCore
import Foundation
import NIOConcurrencyHelpers
import Testing

@testable import FastGPT

@Suite(.timeLimit(.minutes(5)))
struct RetryTests {
  @Test
  func `what passes is asked again until it has passed`() async throws {
    let time = VirtualTime()
    try await TestClient.run(
      time: time,
      answer: .by { _, count in
        switch count {
        case 0: .json(Fixture.error(429, "tooManyRequest"), status: 500)
        case 1: .html(503)
        case 2: .close
        default: .json(Fixture.chart, headers: ["Date": "Sun, 22 Nov 2026 02:30:00 GMT"])
        }
      }
    ) { client, server in
      let answer = try await client.chart(Fixture.read())
      #expect(answer.observations.count == 1)
      #expect(answer.delivery.attempts == 4)
      #expect(answer.delivery.serverDate == Date(iso8601: "2026-11-22T02:30:00Z"))
      #expect(String(decoding: answer.delivery.body, as: UTF8.self) == Fixture.chart)
      #expect(server.requests.count == 4)
      #expect(time.sleeps == [.seconds(1), .seconds(2), .seconds(4)])
    }
  }

  @Test
  func `waits double up to a cap, times chance`() async throws {
    let time = VirtualTime(chance: 0.5)
    var limits = TestClient.limits
    limits.retry.tries = 6
    limits.retry.longestDelay = .seconds(5)
    let failure = try await TestClient.failure(limits: limits, time: time, .html(502))
    #expect(failure.delivery.attempts == 6)
    #expect(time.sleeps == [500, 1000, 2000, 2500, 2500].map { .milliseconds($0) })
    #expect(failure.cause.contains("6 tries"))
  }

  @Test
  func `no try begins after the limit on time`() async throws {
    let time = VirtualTime()
    var limits = TestClient.limits
    limits.retry.tries = 100
    limits.retry.totalTime = .seconds(20)
    let failure = try await TestClient.failure(limits: limits, time: time, .html(502))
    #expect(time.sleeps == [1, 2, 4, 8].map { .seconds($0) })
    #expect(failure.delivery.attempts == 5)
  }

  @Test
  func `a server that asks to wait is not asked earlier`() async throws {
    let time = VirtualTime()
    try await TestClient.run(
      time: time,
      answer: .by { _, count in
        switch count {
        case 0: .html(429, headers: ["Retry-After": "17"])
        // A date counts from the server's own clock, which may differ from ours.
        case 1:
          .html(
            503,
            headers: [
              "Retry-After": "Sat, 06 Nov 2094 08:49:37 GMT",
              "Date": "Saturday, 06-Nov-94 08:49:07 GMT",
            ])
        default: .json(Fixture.chart)
        }
      }
    ) { client, _ in
      let answer = try await client.chart(Fixture.read())
      #expect(answer.delivery.attempts == 3)
      #expect(time.sleeps == [.seconds(17), .seconds(30)])
    }
  }

  @Test(arguments: [
    ("300", "300 s"), ("3600", "3600 s"), ("9007199254740993", "9007199254740993 s"),
    ("9223372036854775807", "9223372036854775807 s"),
    ("99999999999999999999", "9223372036854775807 s"), ("Fri, 31 Dec 9999 23:59:59 GMT", " s"),
  ])
  func `a wait beyond the limit on time ends the read at once, however long it is`(
    _ wait: String, _ words: String
  ) async throws {
    let time = VirtualTime()
    let failure = try await TestClient.failure(
      time: time, .html(429, headers: ["Retry-After": wait]))
    #expect(failure.kind == .unreachable)
    #expect(failure.delivery.attempts == 1)
    #expect(failure.cause.contains("the server asks to wait"))
    #expect(failure.cause.hasSuffix(words))
    #expect(time.sleeps.isEmpty)
  }

  @Test(arguments: ["soon", "-5", "+5", "5 s", "1e3", "٥", ""])
  func `a wait that cannot be read is none`(_ wait: String) async throws {
    let time = VirtualTime()
    let failure = try await TestClient.failure(
      time: time, .html(429, headers: ["Retry-After": wait]))
    #expect(failure.delivery.attempts == 5)
    #expect(time.sleeps == [1, 2, 4, 8].map { .seconds($0) })
  }

  @Test(arguments: ["9223372036854775807", "18446744073709551616", "-1"])
  func `a length that no body has is no answer`(_ length: String) async throws {
    let failure = try await TestClient.failure(
      .whole(headers: ["Content-Length": length], body: []))
    #expect([.unreachable, .badAnswer].contains(failure.kind))
  }

  @Test(arguments: ["Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", "0"])
  func `a server's date may be any`(_ date: String) async throws {
    try await TestClient.run(
      answer: .always(.json(Fixture.chart, headers: ["Date": date]))
    ) { client, _ in
      let answer = try await client.chart(Fixture.read())
      #expect((answer.delivery.serverDate == nil) == (date == "0"))
    }
  }

  @Test
  func `a server that asks one read to wait is left alone by all`() async throws {
    let time = VirtualTime(chance: 0)
    let limit = RateLimit(requestsPerSecond: 10, timing: time.timing)
    try await limit.waitForTurn()
    await limit.pause(for: .seconds(30))
    try await limit.waitForTurn()
    #expect(time.now == .seconds(30))

    // Every wait for a turn shows in full if the clock stands still.
    let sleeps = NIOLockedValueBox<[Duration]>([])
    let still = Timing(
      now: { .zero }, sleep: { duration in sleeps.withLockedValue { $0.append(duration) } },
      random: { 0 })
    let answers = TestAnswers.by { _, count in
      count == 0 ? .html(429, headers: ["Retry-After": "30"]) : .json(Fixture.chart)
    }
    try await TestServer.run(answers) { server in
      try await TestClient.client(of: server.url, limits: ServerLimits(), timing: still) { client in
        _ = try await client.chart(Fixture.read())
        _ = try await client.chart(Fixture.read())
      }
    }
    #expect(sleeps.withLockedValue { $0 } == [.seconds(30), .seconds(30), .milliseconds(30_100)])
  }

  @Test
  func `a refused key is not tried again`() async throws {
    let failure = try await TestClient.failure(
      .json(Fixture.error(514, "unAuthApiKey"), status: 500))
    #expect(failure.kind == .key)
    #expect(failure.kind.stopsServer)
    #expect(failure.delivery.attempts == 1)
  }

  @Test
  func `a port that nobody listens on is unreachable`() async throws {
    let url = try await TestServer.run(.always(.close)) { $0.url }
    try await TestClient.client(of: url) { client in
      let failure = try await TestClient.failure { try await client.chart(Fixture.read()) }
      #expect(failure.kind == .unreachable)
      #expect(failure.status == nil)
      #expect(failure.delivery.attempts == 5)
      #expect(failure.cause == "no answer from 127.0.0.1: connection refused; 5 tries")
    }
  }

  @Test
  func `a name that does not resolve is unreachable`() async throws {
    try await TestClient.client(of: "https://nowhere.invalid") { client in
      let failure = try await TestClient.failure { try await client.chart(Fixture.read()) }
      #expect(failure.kind == .unreachable)
      #expect(failure.cause.hasPrefix("no answer from nowhere.invalid: the name does not resolve"))
    }
  }

  @Test(arguments: [
    ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"),
    ("Sunday, 06-Nov-94 08:49:37 GMT", "2094-11-06T08:49:37Z"),
    ("Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37Z"),
  ])
  func `the three forms of an HTTP date`(_ text: String, _ iso: String) {
    #expect(HTTPDate.parse(text)?.iso8601 == iso)
  }

  @Test(arguments: [
    "", "now", "Sun, 31 Feb 2026 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT",
    "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nov 1994 a:b:c GMT",
    "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
  ])
  func `what is no HTTP date`(_ text: String) {
    #expect(HTTPDate.parse(text) == nil)
  }
}
