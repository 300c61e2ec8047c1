import FastGPTSimulator
import Foundation
import Testing

/// Tests which requests meet which fault.
struct FaultRuleTests {
  private let server = SimulatedServer(
    profile: ServerProfile(key: "secret", clock: { at("2030-01-01T00:00:00Z") }),
    apps: [SimulatedApp(id: "a", name: "A"), SimulatedApp(id: "b", name: "B")])
  private let faults: [Fault]

  init() { faults = Fault.all(Fault.Setting(for: server.profile)) }

  private func fault(_ name: String) throws -> Fault {
    try #require(faults.first { $0.name == name })
  }

  /// The statuses that totals requests for these apps get, in this order.
  private func statuses(_ apps: String) -> [Int] { apps.map { totals(of: String($0)) } }

  private func totals(of app: String) -> Int {
    server.respond(
      method: "GET", target: "/api/proApi/core/app/logs/getTotalData?appId=\(app)",
      authorization: "Bearer secret", body: []
    ).status
  }

  private func chart(of app: String) -> Int {
    let body = """
      {"appId":"\(app)","dateStart":"2025-09-01T00:00:00.000Z",
      "dateEnd":"2025-09-01T23:59:59.999Z",
      "userTimespan":"day","chatTimespan":"day","appTimespan":"day"}
      """
    return server.respond(
      method: "POST", target: "/api/proApi/core/app/logs/getChartData",
      authorization: "Bearer secret", body: Array(body.utf8)
    ).status
  }

  private func meet(_ rules: [FaultRule]) {
    server.reconfigure { $0.interceptor = .faults(rules) }
  }

  @Test func `a fault meets one request of one app`() throws {
    meet([.once(try fault("gateway-502"), at: 2, appID: "a")])
    #expect(statuses("abbaab") == [200, 200, 200, 502, 200, 200])
  }

  @Test func `a fault meets one request of the server, whoever asks`() throws {
    meet([.once(try fault("gateway-502"), at: 3)])
    #expect(statuses("ababab") == [200, 200, 502, 200, 200, 200])
  }

  @Test func `a fault meets every request`() throws {
    meet([.always(try fault("gateway-503"), appID: "b")])
    #expect(statuses("ababb") == [200, 503, 200, 503, 503])
  }

  @Test func `faults follow each other, and then all is well`() throws {
    meet(
      FaultRule.sequence(
        [try fault("gateway-502"), nil, try fault("gateway-504"), try fault("limit-page")],
        appID: "a"))
    #expect(statuses("aababaaa") == [502, 200, 200, 504, 200, 429, 200, 200])
  }

  @Test func `an endpoint counts by itself`() throws {
    meet([.once(try fault("gateway-502"), at: 2, appID: "a", endpoint: .chart)])
    #expect(statuses("aa") == [200, 200])
    #expect("abaa".map { chart(of: String($0)) } == [200, 200, 502, 200])
  }

  @Test func `the first rule that names a request counts, and every rule counts every request`()
    throws
  {
    meet(
      [.once(try fault("gateway-504"), at: 2)]
        + FaultRule.sequence([try fault("gateway-502"), try fault("gateway-503")], appID: "a"))
    #expect(statuses("baaa") == [200, 504, 503, 200])
  }

  @Test func `a new plan counts from one again`() throws {
    let rules = [FaultRule.once(try fault("gateway-502"))]
    meet(rules)
    #expect(statuses("aa") == [502, 200])
    meet(rules)
    #expect(statuses("aa") == [502, 200])
  }

  @Test(arguments: [
    ("gateway-502", [502, 502, 502, 502, 502, 502]),
    ("gateway-502#2", [200, 502, 200, 200, 200, 200]),
    ("gateway-502#2-4", [200, 502, 502, 502, 200, 200]),
    ("gateway-502@b", [200, 502, 200, 502, 200, 502]),
    ("gateway-502@b#2-9", [200, 200, 200, 502, 200, 502]),
  ])
  func `a rule is written down`(text: String, expected: [Int]) throws {
    meet([try FaultRule(text, among: faults)])
    #expect(statuses("ababab") == expected)
  }

  @Test(arguments: [
    ("gateway", "there is no fault 'gateway'; the faults are limit-seconds, limit-date,"),
    ("", "there is no fault ''"), ("gateway-502@", "an app's id must follow the @"),
    ("gateway-502@#1", "an app's id must follow the @"), ("gateway-502#", "'#' names no requests"),
    ("gateway-502#0", "'#0' names"), ("gateway-502#3-2", "'#3-2' names"),
    ("gateway-502#1-2-3", "'#1-2-3' names"), ("gateway-502#-2", "'#-2' names"),
    ("gateway-502#x", "'#x' names"),
  ])
  func `a text that is no rule is refused with a reason`(text: String, reason: String) throws {
    let error = #expect(throws: FaultRule.ParsingError.self) {
      try FaultRule(text, among: faults)
    }
    #expect(error?.description.hasPrefix(reason) == true)
  }
}
