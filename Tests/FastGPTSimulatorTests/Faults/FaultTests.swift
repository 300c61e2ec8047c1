import FastGPTSimulator
import Foundation
import Testing

/// Tests the responses that faults make, without a socket.
struct FaultTests {
  private static let names = [
    "limit-seconds", "limit-date", "limit-page", "gateway-502", "gateway-503", "gateway-504",
    "redirect", "login-page", "upstream-object", "upstream-text", "key-in-header",
    "envelope-403", "envelope-514", "envelope-506000", "envelope-506001", "envelope-506002",
    "envelope-502000", "envelope-502000-older", "envelope-502001", "envelope-510", "envelope-511",
    "envelope-513", "envelope-500000", "envelope-500001", "envelope-500002", "envelope-503001",
    "envelope-503003", "envelope-507000", "envelope-429", "envelope-500",
    "envelope-500-source-issue", "envelope-500-date-issue", "envelope-500-commercial",
    "key-in-message", "envelope-with-200",
    "hang-before-head", "hang-after-head", "slow-drip", "reset-in-body", "length-too-long",
    "length-too-short", "endless-body", "large-by-spaces", "large-by-member",
    "truncated", "empty-body", "garbage", "byte-order-mark", "deeply-nested", "duplicate-key",
    "null-content", "gzip", "gzip-corrupted", "gzip-wrong-checksum", "gzip-cut-off",
    "figure-string", "figure-null", "figure-nan", "figure-1e400", "figure-two-to-63",
    "figure-negative", "bucket-misaligned", "bucket-years-away", "bucket-far-future",
    "bucket-null", "bucket-string", "bucket-twice", "bucket-contradicted", "buckets-unsorted",
    "series-object", "series-null", "point-null", "summary-null", "summary-array",
  ]

  @Test func `every fault keeps its name and says in one sentence what it does`() throws {
    let faults = Fault.all(Fault.Setting(for: Fixture.threeDays.server.profile))
    #expect(faults.map(\.name) == Self.names)
    #expect(Set(faults.map(\.name)).count == faults.count)
    #expect(Set(faults.map(\.sentence)).count == faults.count)
    for fault in faults {
      #expect(fault.name.wholeMatch(of: /[a-z0-9]+(-[a-z0-9]+)*/) != nil)
      #expect(fault.sentence.hasSuffix("."))
    }
  }

  @Test func `every fault makes something else of a genuine chart`() throws {
    let genuine = try Fixture.threeDays.genuineChart()
    for fault in Fault.all(Fault.Setting(for: Fixture.threeDays.server.profile)) {
      #expect(fault.response(insteadOf: genuine) != genuine, "\(fault.name)")
    }
  }

  @Test(arguments: [
    ("limit-seconds", 429, "Retry-After", "7"),
    ("limit-date", 429, "Retry-After", "Tue, 01 Jan 2030 00:00:07 GMT"),
    ("limit-page", 429, "Retry-After", nil), ("gateway-502", 502, "Location", nil),
    ("gateway-503", 503, "Location", nil), ("gateway-504", 504, "Location", nil),
    ("redirect", 302, "Location", "https://elsewhere.example/in"),
    ("login-page", 200, "Location", nil),
    ("key-in-header", 502, "X-Forwarded-Authorization", "Bearer secret"),
  ])
  func `a proxy speaks HTML`(
    name: String, status: Int, header: String, value: String?
  ) throws {
    let response = try Fixture.threeDays.spoilt(by: name)
    #expect(response.status == status)
    #expect(response.headers[header] == value)
    #expect(response.headers["Content-Type"] == "text/html; charset=utf-8")
    #expect(response.text.hasPrefix("<!DOCTYPE html>"))
  }

  @Test(arguments: names.filter { $0.hasPrefix("envelope-") && $0 != "envelope-with-200" })
  func `the server's error has the code of its name, and status 500`(name: String) throws {
    let response = try Fixture.threeDays.spoilt(by: name)
    let body = try #require(try response.object())
    #expect(response.status == 500)
    #expect(body.keys.sorted() == ["code", "data", "message", "statusText"])
    #expect(body["code"] as? Int == Int(name.split(separator: "-")[1]))
    #expect((body["statusText"] as? String)?.isEmpty == false)
    #expect((body["message"] as? String)?.isEmpty == false)
    #expect(body["data"] is NSNull)
  }

  @Test(arguments: [("source", #""path":["source",0]"#), ("date", #""path":["dateStart"]"#)])
  func `an issue of the request has its path in the message`(kind: String, path: String) throws {
    let response = try Fixture.threeDays.spoilt(by: "envelope-500-\(kind)-issue")
    let message = try #require(try response.object()?["message"] as? String)
    #expect(message.contains(path))
    #expect(try JSONSerialization.jsonObject(with: Data(message.utf8)) is [[String: Any]])
  }

  @Test func `a message quotes the key, and an error comes with status 200`() throws {
    let quoting = try Fixture.threeDays.spoilt(by: "key-in-message")
    #expect((try quoting.object()?["message"] as? String)?.contains("secret") == true)
    let well = try Fixture.threeDays.spoilt(by: "envelope-with-200")
    #expect(well.status == 200)
    #expect(try well.object()?["code"] as? Int == 500)
  }

  @Test func `a dead upstream answers bare, with status 200`() throws {
    let object = try Fixture.threeDays.spoilt(by: "upstream-object")
    #expect(object.status == 200)
    #expect(try object.object()?["code"] as? String == "ECONNREFUSED")
    let text = try Fixture.threeDays.spoilt(by: "upstream-text")
    #expect(text.status == 200)
    #expect(text.headers["Content-Type"] == "text/plain; charset=utf-8")
    #expect(text.text.contains("ECONNREFUSED"))
  }

  @Test func `a spoilt body still belongs to the genuine head`() throws {
    let genuine = try Fixture.threeDays.genuineChart()
    func spoilt(_ name: String) throws -> [UInt8] {
      let response = try Fixture.threeDays.spoilt(by: name)
      #expect(response.status == 200)
      #expect(response.headers == genuine.headers)
      return response.body
    }
    #expect(try spoilt("truncated") == Array(genuine.body.prefix(genuine.body.count / 2)))
    #expect(try spoilt("empty-body") == [])
    #expect(try spoilt("byte-order-mark") == [0xEF, 0xBB, 0xBF] + genuine.body)
    let garbage = try spoilt("garbage")
    #expect(garbage == (try spoilt("garbage")))
    #expect(garbage.count > 1000 && Set(garbage).count > 200)
    let nested = String(decoding: try spoilt("deeply-nested"), as: UTF8.self)
    #expect(nested.hasPrefix(#"{"code":200,"statusText":"","message":"","data":[[[["#))
    #expect(nested.filter { $0 == "[" }.count == 100_000)
    #expect(nested.hasSuffix(String(repeating: "]", count: 100_000) + "}"))
    let twice = String(decoding: try spoilt("duplicate-key"), as: UTF8.self)
    #expect(twice == String(genuine.text.dropLast(2)) + #","userData":[]}}"#)
    #expect(
      try spoilt("null-content")
        == Array(#"{"code":200,"statusText":"","message":"","data":null}"#.utf8))
  }

  @Test(arguments: ["large-by-spaces", "large-by-member"])
  func `twenty megabytes are a valid answer all the same`(name: String) throws {
    let response = try Fixture.threeDays.spoilt(by: name)
    #expect(response.body.count > 20_000_000)
    #expect(try Chart(response).chats == [1, 2, 3])
  }

  @Test func `totals can be spoilt too, but have no data points`() throws {
    let fixture = Fixture.threeDays
    let genuine = fixture.totals()
    let setting = Fault.Setting(for: fixture.server.profile)
    let twice = try #require(Fault.named("duplicate-key", setting))
    #expect(
      twice.response(insteadOf: genuine).text
        == String(genuine.text.dropLast(2)) + #","totalUsers":0}}"#)
    let figure = try #require(Fault.named("figure-nan", setting))
    #expect(figure.response(insteadOf: genuine) == genuine)
  }
}
