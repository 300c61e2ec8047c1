import FastGPTSimulator
import Foundation
import Testing

struct RefusalTests {
  private static let day = ("2025-09-01T00:00:00.000Z", "2025-09-01T23:59:59.999Z")
  private static var valid: [String: Any] { Fixture.body(from: day.0, through: day.1) }

  @Test(arguments: [
    (nil, 403, "unAuthorization"), ("secret", 403, "unAuthorization"),
    ("Bearer wrong", 514, "unAuthApiKey"), ("Bearer ", 514, "unAuthApiKey"),
  ])
  func `a missing or wrong key is refused by both endpoints`(
    authorization: String?, code: Int, statusText: String
  ) throws {
    let fixture = Fixture([])
    for response in [
      try fixture.post(Self.valid, authorization: authorization),
      fixture.totals(authorization: authorization),
    ] {
      let failure = try Failure(response)
      #expect(failure.status == 500)
      #expect(failure.code == code)
      #expect(failure.statusText == statusText)
      #expect(!failure.message.isEmpty)
    }
    #expect(fixture.server.requests.map(\.hasValidKey) == [false, false])
  }

  @Test func `an app that the server does not know is refused by both endpoints`() throws {
    let fixture = Fixture([])
    let unknown = "000000000000000000000000"
    var body = Self.valid
    body["appId"] = unknown
    for response in [try fixture.post(body), fixture.totals(appID: unknown)] {
      let failure = try Failure(response)
      #expect(failure.status == 500)
      #expect(failure.code == 502_000)
      #expect(failure.statusText == "appUnExist")
    }
    fixture.server.install(SimulatedApp(id: unknown, name: "New"))
    #expect(fixture.totals(appID: unknown).status == 200)
    fixture.server.remove(unknown)
    #expect(fixture.totals(appID: unknown).status == 500)
  }

  @Test func `an unknown source is a bad request that names its place in the list`() throws {
    var body = Self.valid
    body["source"] = ["api", "carrier_pigeon", "share", "fax"]
    let failure = try Failure(Fixture([]).post(body))
    #expect(failure.status == 500)
    #expect(failure.code == 500)
    #expect(failure.statusText == "error")
    #expect(try failure.paths() == [["source", 1], ["source", 3]])
  }

  @Test func `which sources are known is the server's matter`() throws {
    var body = Self.valid
    body["source"] = ["team"]
    let fixture = Fixture([])
    #expect(try fixture.post(body).status == 200)
    fixture.server.reconfigure { $0.knownSources = ["api", "wechat"] }
    #expect(try Failure(fixture.post(body)).paths() == [["source", 0]])
  }

  @Test func `the body is validated before the key`() throws {
    var body = Self.valid
    body["source"] = ["carrier_pigeon"]
    for authorization in [nil, "Bearer wrong"] {
      let fixture = Fixture([])
      let failure = try Failure(fixture.post(body, authorization: authorization))
      #expect(failure.statusText == "error")
      #expect(try failure.paths() == [["source", 0]])
      let malformed = fixture.post(raw: Data("{\"appId\":".utf8), authorization: authorization)
      #expect(try Failure(malformed).statusText == "error")
      #expect(
        try Failure(fixture.totals(appID: nil, authorization: authorization)).paths()
          == [["appId"]])
    }
  }

  @Test func `the key is looked at before the app`() throws {
    let fixture = Fixture([])
    let response = fixture.totals(
      appID: "000000000000000000000000", authorization: "Bearer wrong")
    #expect(try Failure(response).code == 514)
  }

  @Test(arguments: [
    ("appId", nil), ("appId", "7"), ("dateStart", nil), ("dateStart", "\"yesterday\""),
    ("dateEnd", "\"2025-13-01T00:00:00Z\""), ("dateEnd", "null"), ("source", "\"api\""),
    ("source", "null"), ("offset", "1.5"), ("offset", "-1"), ("offset", "true"),
    ("offset", "1e300"), ("userTimespan", "\"year\""), ("chatTimespan", nil),
    ("appTimespan", "1"),
  ])
  func `a malformed field is named in the issue's path`(name: String, value: String?) throws {
    var body = Self.valid
    body[name] = try value.map {
      try JSONSerialization.jsonObject(with: Data($0.utf8), options: .fragmentsAllowed)
    }
    #expect(try Failure(Fixture([]).post(body)).paths() == [[.name(name)]])
  }

  @Test(arguments: ["", "[]", "7", "<html>", "{\"appId\":"])
  func `a body that is no object is a bad request`(text: String) throws {
    #expect(try Failure(Fixture([]).post(raw: Data(text.utf8))).paths() == [[]])
  }

  @Test func `everything that is wrong is listed`() throws {
    let paths = try Failure(Fixture([]).post([:])).paths()
    #expect(
      paths == [
        ["appId"], ["dateStart"], ["dateEnd"], ["userTimespan"], ["chatTimespan"],
        ["appTimespan"],
      ])
  }

  @Test func `an instant may carry an offset and lack milliseconds`() throws {
    let fixture = Fixture([
      record("ann", "2025-08-31T16:00:00Z"), record("ben", "2025-09-01T15:59:59Z"),
      record("cem", "2025-09-01T15:59:59.001Z"),
    ])
    let chart = try fixture.chart(
      from: "2025-09-01T00:00:00.000+08:00", through: "2025-09-01T15:59:59Z")
    #expect(chart.chats == [1, 1])
  }

  @Test func `a server without the app-log API says so whatever is asked`() throws {
    let fixture = Fixture([], hasAppLogs: false)
    for response in [
      try fixture.post(Self.valid), try fixture.post([:], authorization: nil), fixture.totals(),
    ] {
      let failure = try Failure(response)
      #expect(failure.status == 500)
      #expect(failure.code == 500)
      #expect(failure.statusText == "error")
      #expect(failure.message.hasPrefix("未配置商业版链接"))
    }
  }

  @Test func `requests are kept in order, as they were sent`() throws {
    let fixture = Fixture([])
    var body = Fixture.body(
      from: Self.day.0, through: Self.day.1, by: "week", offset: 7, source: ["api"])
    body["chatTimespan"] = "month"
    _ = try fixture.post(body)
    _ = fixture.totals(authorization: "Bearer wrong")
    _ = try fixture.post(["appId": "x", "offset": "many"])
    _ = fixture.server.respond(
      method: "GET", target: "/login?to=x", authorization: nil, body: [])
    let requests = fixture.server.requests
    #expect(requests.map(\.number) == [1, 2, 3, 4])
    #expect(
      requests.map(\.endpoint) == [.chart, .totals, .chart, .unknown(path: "/login")])
    #expect(requests.map(\.hasValidKey) == [true, false, true, false])
    #expect(requests.map(\.appID) == [Fixture.appID, Fixture.appID, "x", nil])
    #expect(requests.map(\.source) == [["api"], nil, nil, nil])
    #expect(requests.map(\.offset) == [7, nil, nil, nil])
    #expect(requests.map(\.userTimespan) == ["week", nil, nil, nil])
    #expect(requests.map(\.chatTimespan) == ["month", nil, nil, nil])
    #expect(requests.map(\.appTimespan) == ["week", nil, nil, nil])
    #expect(requests.map(\.dateStart) == [Self.day.0, nil, nil, nil])
    #expect(requests.map(\.dateEnd) == [Self.day.1, nil, nil, nil])
    fixture.server.forgetRequests()
    _ = fixture.totals()
    #expect(fixture.server.requests.map(\.number) == [5])
  }
}
