import AlmanacCore
import Testing

@testable import FastGPT

/// Reads every row of the table of errors (docs/server.md) over HTTP, with the servers' status 500.
@Suite(.timeLimit(.minutes(5)))
struct ErrorTableTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var code: Int
    var statusText: String
    var message = "某种错误"
    var kind: ReadFailure.Kind
    var tries = 1
    var source: Source = .all

    var testDescription: String { "\(code) \(statusText)" }
  }

  static let issues = #"[{"code":"invalid_value","path":["source",0],"message":"Invalid option"}]"#
  static let plainPath = #"[ {"path": "source", "message": "Invalid option"} ]"#
  static let otherIssues = #"[{"path":["source",0]},{"path":["dateStart"],"message":"no date"}]"#

  static let rows: [Row] = [
    Row(code: 403, statusText: "unAuthorization", kind: .key),
    Row(code: 514, statusText: "unAuthApiKey", kind: .key),
    Row(code: 506_000, statusText: "openapiUnExist", kind: .key),
    Row(code: 506_001, statusText: "openapiUnAuth", kind: .key),
    Row(code: 506_002, statusText: "openapiExceedLimit", kind: .key),
    Row(code: 502_000, statusText: "appUnExist", kind: .app),
    Row(code: 502_001, statusText: "unAuthApp", kind: .app),
    Row(code: 502_000, statusText: "unExist", kind: .app),
    Row(code: 510, statusText: "insufficientQuota", kind: .account),
    Row(code: 511, statusText: "unAuthModel", kind: .account),
    Row(code: 513, statusText: "unAuthFile", kind: .account),
    Row(code: 500_000, statusText: "teamOverSize", kind: .account),
    Row(code: 500_001, statusText: "unAuthTeam", kind: .account),
    Row(code: 500_002, statusText: "aiPointsNotEnough", kind: .account),
    Row(code: 503_001, statusText: "binVisitor", kind: .account),
    Row(code: 503_003, statusText: "balanceNotEnough", kind: .account),
    Row(code: 500, statusText: "error", message: issues, kind: .source, source: .named("wechat")),
    Row(
      code: 500, statusText: "error", message: plainPath, kind: .source, source: .named("wechat")),
    // The source is not the cause if none was named, or if another field is wrong too.
    Row(code: 500, statusText: "error", message: issues, kind: .request),
    Row(
      code: 500, statusText: "error", message: otherIssues, kind: .request,
      source: .named("wechat")),
    Row(code: 507_000, statusText: "invalidParams", kind: .request),
    Row(code: 507_004, statusText: "somethingNewer", kind: .request),
    Row(code: 508_000, statusText: "", kind: .request),
    Row(code: 429, statusText: "tooManyRequest", kind: .unreachable, tries: 5),
    Row(code: 500, statusText: "error", kind: .unreachable, tries: 5),
    Row(
      code: 500, statusText: "error", message: "未配置商业版链接: core,app,logs,getChartData",
      kind: .unsupported),
    Row(
      code: 500, statusText: "error", message: "No link to the Commercial version is configured",
      kind: .unsupported),

    // The name decides first: these numbers belong to other errors, or to none.
    Row(code: 514, statusText: "unAuthApp", kind: .app),
    Row(code: 500, statusText: "unAuthApiKey", kind: .key),
    Row(code: 403, statusText: "tooManyRequest", kind: .unreachable, tries: 5),
    Row(code: 502_003, statusText: "appUnExist", kind: .app),
    // The number decides if the name says nothing.
    Row(code: 514, statusText: "", kind: .key),
    Row(code: 514, statusText: "error", kind: .key),
    Row(code: 429, statusText: "", kind: .unreachable, tries: 5),
    Row(code: 503, statusText: "", kind: .unreachable, tries: 5),
    Row(code: 504_003, statusText: "unAuthOutLink", kind: .request),
  ]

  @Test(arguments: rows)
  func `what a server's error means, and whether it is asked again`(_ row: Row) async throws {
    let body = Fixture.error(row.code, row.statusText, row.message)
    try await TestClient.run(answer: .always(.json(body, status: 500))) { client, server in
      let failure = try await TestClient.failure {
        try await client.chart(Fixture.read(source: row.source))
      }
      #expect(failure.kind == row.kind)
      #expect(server.requests.count == row.tries)
      #expect(failure.delivery.attempts == row.tries)
      #expect(failure.status == 500)
      #expect(failure.cause.contains("HTTP 500"))
      #expect(failure.cause.contains(row.statusText))
      #expect(String(decoding: failure.delivery.body, as: UTF8.self) == body)
    }
  }

  @Test(arguments: [200, 400, 403, 502])
  func `the envelope is the truth whatever the status`(_ status: Int) async throws {
    let failure = try await TestClient.failure(
      .json(Fixture.error(502_001, "unAuthApp", "no"), status: status))
    #expect(failure.kind == .app)
    #expect(failure.delivery.attempts == 1)
  }

  @Test(arguments: [
    (401, ReadFailure.Kind.key, 1), (403, .key, 1), (404, .unsupported, 1), (405, .unsupported, 1),
    (400, .request, 1), (413, .request, 1), (501, .badAnswer, 1), (204, .badAnswer, 1),
    (201, .badAnswer, 1),
    (407, .unreachable, 1), (425, .unreachable, 5), (429, .unreachable, 5), (500, .unreachable, 5),
    (502, .unreachable, 5), (503, .unreachable, 5), (504, .unreachable, 5), (520, .unreachable, 5),
    (530, .unreachable, 5), (531, .badAnswer, 1), (200, .badAnswer, 5),
  ])
  func `a proxy's page counts by its status`(
    _ status: Int, _ kind: ReadFailure.Kind, _ tries: Int
  ) async throws {
    let failure = try await TestClient.failure(
      status == 204 ? .json("", status: 204) : .html(status))
    #expect(failure.kind == kind)
    #expect(failure.delivery.attempts == tries)
    #expect(failure.cause.contains("HTTP \(status)"))
    #expect(!failure.cause.contains("<"))
  }

  @Test(arguments: [
    (TestResponse.html(401), ReadFailure.Obstacle?.some(.gateway)), (.html(403), .gateway),
    (.json(#"{"message":"Unauthorized"}"#, status: 401), .gateway), (.html(429), .limit),
    (.json(Fixture.error(429, "tooManyRequest"), status: 500), .limit),
    (.json(Fixture.error(429, ""), status: 500), .limit),
    (.json(Fixture.error(514, "unAuthApiKey"), status: 500), nil),
    // FastGPT itself says so here, not a gateway.
    (.json(Fixture.error(401, "somethingNewer"), status: 401), nil),
    (.json(Fixture.error(403, "unAuthorization"), status: 403), nil), (.html(503), nil),
  ])
  func `what was in the way is told where another remedy helps`(
    _ response: TestResponse, _ obstacle: ReadFailure.Obstacle?
  ) async throws {
    #expect(try await TestClient.failure(response).obstacle == obstacle)
  }

  @Test(arguments: [
    #"{"message":"connect ECONNREFUSED 10.0.0.1:3000","name":"Error","code":"ECONNREFUSED"}"#,
    "{}", "upstream connect error", "上游没有回应", #""socket hang up""#,
  ])
  func `a bare object or text with status 200 is a dead upstream`(_ body: String) async throws {
    let failure = try await TestClient.failure(.json(body))
    #expect(failure.kind == .unreachable)
    #expect(failure.delivery.attempts == 5)
    #expect(!failure.cause.contains("ECONNREFUSED"))
  }

  @Test(arguments: [
    "", " ", "[]", "null", "true", "12", "\u{FEFF}" + Fixture.emptyChart, Fixture.emptyChart + "x",
    String(Fixture.chart.dropLast(40)),
    #"{"code":"200","statusText":"","data":{"userData":[],"chatData":[],"appData":[]}}"#,
    #"{"code":200.5,"statusText":"","data":{"userData":[],"chatData":[],"appData":[]}}"#,
    #"{"code":200,"code":200,"data":{"userData":[],"chatData":[],"appData":[]}}"#,
    #"{"code":200,"data":null}"#, #"{"code":200}"#, #"{"code":200,"data":[]}"#,
    #"{"code":200,"data":"userData"}"#,
    #"{"code":200,"data":{"userData":[],"chatData":[]}}"#,
    #"{"code":200,"data":{"userData":[],"chatData":[],"appData":null}}"#,
    #"{"code":200,"data":{"userData":[],"chatData":[],"appData":{}}}"#,
    #"{"code":200,"data":{"userData":[],"chatData":[],"appData":[],"appData":[]}}"#,
    #"{"code":200,"data":{"userData":[],"chatData":[],"appData":[]}"#,
  ])
  func `a body that is no answer is a failed read and no empty one`(_ body: String) async throws {
    let failure = try await TestClient.failure(.json(body))
    #expect(failure.kind == .badAnswer)
    #expect(failure.delivery.attempts == 5)
    #expect(failure.status == 200)
    #expect(!failure.cause.contains("\n"))
  }

  @Test
  func `an answer with another status is none`() async throws {
    let failure = try await TestClient.failure(.json(Fixture.chart, status: 500))
    #expect(failure.kind == .unreachable)
  }

  @Test
  func `a message is quoted clean, short and on one line`() async throws {
    let message = "bad\u{1b}[31m\r\n\u{202E}thing " + String(repeating: "x", count: 500)
    let failure = try await TestClient.failure(
      .json(Fixture.error(502_001, "unAuthApp", message), status: 500))
    #expect(failure.cause.contains("bad[31mthing xxx"))
    #expect(failure.cause.hasSuffix("x…”"))
    #expect(failure.cause.count < 300)
    #expect(failure.cause.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x202E })
  }
}
