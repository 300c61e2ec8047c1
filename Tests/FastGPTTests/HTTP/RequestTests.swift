import AlmanacCore
import Foundation
import NIOHTTP1
import Testing

@testable import FastGPT

@Suite(.timeLimit(.minutes(5)))
struct RequestTests {
  private func sent(
    base: String = "", _ read: @escaping (FastGPTServer) async throws -> some Sendable
  ) async throws -> TestRequest {
    try await TestServer.run(.always(.json(Fixture.chart))) { server in
      try await TestClient.client(of: server.url + base) { client in
        _ = try? await read(client)
        return try #require(server.requests.first)
      }
    }
  }

  private func body(_ read: ChartRead) async throws -> [String: any Sendable] {
    let request = try await sent { try await $0.chart(read) }
    let value = try JSONSerialization.jsonObject(with: Data(request.body))
    return try #require(value as? [String: any Sendable])
  }

  @Test
  func `totals are asked for by app`() async throws {
    let request = try await sent { try await $0.totals(Fixture.app) }
    #expect(request.method == "GET")
    #expect(
      request.path == "/api/proApi/core/app/logs/getTotalData?appId=68c46a70d950e8850ae564ba")
    #expect(request.headers["Authorization"] == ["Bearer \(TestClient.secret)"])
    #expect(request.headers["User-Agent"] == ["almanac/1.2.3"])
    #expect(request.headers["Accept"] == ["application/json"])
  }

  @Test
  func `a chart is asked for with both ends and one timespan`() async throws {
    let request = try await sent { try await $0.chart(Fixture.read(grain: .week)) }
    #expect(request.method == "POST")
    #expect(request.path == "/api/proApi/core/app/logs/getChartData")
    #expect(request.headers["Content-Type"] == ["application/json"])
    #expect(request.headers["Authorization"] == ["Bearer \(TestClient.secret)"])

    let body = try await body(Fixture.read(grain: .week))
    #expect(body["appId"] as? String == "68c46a70d950e8850ae564ba")
    #expect(body["dateStart"] as? String == "2025-09-19T16:00:00.000Z")
    #expect(body["dateEnd"] as? String == "2025-09-27T15:59:59.999Z")
    #expect(body["offset"] as? Int == 1)
    for field in ["userTimespan", "chatTimespan", "appTimespan"] {
      #expect(body[field] as? String == "week")
    }
  }

  /// Another process orders a dictionary in another way, unless the fields are sorted.
  @Test
  func `a read is asked for by the same bytes in every run`() async throws {
    let request = try await sent { try await $0.chart(Fixture.read()) }
    let text = String(decoding: request.body, as: UTF8.self)
    let places = try ["appId", "appTimespan", "chatTimespan", "dateEnd", "dateStart", "offset"]
      .map { try #require(text.range(of: "\"\($0)\":")).lowerBound }
    #expect(places == places.sorted())
  }

  @Test
  func `every source is meant by naming none`() async throws {
    let body = try await body(Fixture.read(source: .all))
    #expect(body["source"] == nil)
  }

  @Test(arguments: ["wechat", #"a"b\c"#, "企业微信", "\u{0}\n\u{2028}"])
  func `one source is asked for by its name`(_ name: String) async throws {
    let body = try await body(Fixture.read(source: .named(Name(name))))
    #expect(body["source"] as? [String] == [name])
  }

  @Test(arguments: ["", "/", "/api", "/api/"])
  func `an address may end in a slash or in api`(_ end: String) async throws {
    let request = try await sent(base: end) { try await $0.chart(Fixture.read()) }
    #expect(request.path == "/api/proApi/core/app/logs/getChartData")
  }

  @Test
  func `a path prefix is kept`() async throws {
    let request = try await sent(base: "/tools/fast%20gpt/api/") {
      try await $0.chart(Fixture.read())
    }
    #expect(request.path == "/tools/fast%20gpt/api/proApi/core/app/logs/getChartData")
  }

  @Test
  func `the feed is the server`() async throws {
    try await TestClient.run(
      answer: .by { request, _ in
        .json(request.method == "GET" ? Fixture.totals : Fixture.chart)
      }
    ) { client, server in
      let feed = client.feed
      let totals = try await feed.totals(Fixture.app)
      let chart = try await feed.chart(Fixture.read())
      #expect(totals.chats == 41)
      #expect(chart.observations.count == 1)
      #expect(server.requests.count == 2)
    }
  }
}
