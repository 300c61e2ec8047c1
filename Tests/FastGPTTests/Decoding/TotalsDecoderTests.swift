import AlmanacCore
import Testing

@testable import FastGPT

@Suite(.timeLimit(.minutes(5)))
struct TotalsDecoderTests {
  private func totals(_ data: String) throws -> TotalsAnswer {
    try Decoding.totals(#"{"code":200,"statusText":"","message":"","data":\#(data)}"#)
  }

  @Test
  func `the totals of a current server`() throws {
    let answer = try totals(#"{"totalUsers":3,"totalChats":41.0,"totalPoints":7.25}"#)
    #expect(answer.users == 3)
    #expect(answer.chats == 41)
    #expect(answer.points == 7.25)
    #expect(answer.further.isEmpty)
  }

  @Test
  func `older servers spell it in the singular`() throws {
    #expect(try totals(#"{"totalChat":41}"#).chats == 41)
    #expect(try totals(#"{"totalChats":null,"totalChat":41}"#).chats == 41)
    let both = try totals(#"{"totalChat":41,"totalChats":40}"#)
    #expect(both.chats == 40)
    #expect(both.further == ["totalChat": 41])
  }

  @Test
  func `missing and null are unknown, other numbers keep their names`() throws {
    let answer = try totals(
      #"{"totalUsers":null,"totalTokens":9,"by":{"model":2,"name":"x"},"on":true,"list":[1]}"#)
    #expect(answer.users == nil)
    #expect(answer.chats == nil)
    #expect(answer.points == nil)
    #expect(answer.further == ["totalTokens": 9, "by.model": 2])
  }

  @Test
  func `a name that comes twice counts once, as in a chart`() throws {
    let answer = try totals(#"{"x":1,"x":2,"a":{"b":3},"a.b":4,"y":1e400,"y":5,"z":-0}"#)
    #expect(answer.further == ["x": 1, "a.b": 3, "y": 5, "z": 0])
    #expect(answer.further["z"]?.sign == .plus)
  }

  @Test(arguments: [
    #"{"totalUsers":"3"}"#, #"{"totalChats":-1}"#, #"{"totalChat":1.5}"#, #"{"totalPoints":-0.5}"#,
    #"{"totalUsers":1e300}"#, #"{"totalPoints":1e400}"#, #"{"totalUsers":1,"totalUsers":1}"#,
    "[]", "3", #""x""#,
  ])
  func `a total that cannot be right fails the read`(_ data: String) async throws {
    #expect(throws: JSONFault.self) { try totals(data) }
    let body = #"{"code":200,"data":\#(data)}"#
    try await TestClient.run(answer: .always(.json(body))) { client, _ in
      let failure = try await TestClient.failure { try await client.totals(Fixture.app) }
      #expect(failure.kind == .badAnswer)
      #expect(failure.cause.contains("HTTP 200"))
    }
  }

  @Test
  func `totals come with their circumstances`() async throws {
    try await TestClient.run(
      answer: .always(.json(Fixture.totals, headers: ["Date": "Sun, 22 Nov 2026 02:30:00 GMT"]))
    ) { client, _ in
      let answer = try await client.totals(Fixture.app)
      #expect(answer.chats == 41)
      #expect(answer.delivery.serverDate?.iso8601 == "2026-11-22T02:30:00Z")
      #expect(answer.delivery.attempts == 1)
      #expect(String(decoding: answer.delivery.body, as: UTF8.self) == Fixture.totals)
    }
  }
}
