import FastGPTSimulator
import Foundation
import Testing

/// An instant written as in a request.
func at(_ text: String) -> Date {
  let styles = [true, false].map { Date.ISO8601FormatStyle(includingFractionalSeconds: $0) }
  for style in styles {
    if let date = try? style.parse(text) { return date }
  }
  preconditionFailure("no instant: \(text)")
}

/// The same in epoch milliseconds, which the answers' labels are in.
func ms(_ text: String) -> Int { Int((at(text).timeIntervalSince1970 * 1000).rounded()) }

/// A record of one user at one instant.
func record(
  _ user: String, _ time: String, source: String = "api", messages: Int = 2, errors: Int = 0,
  points: Double = 0, seconds: Double = 0, good: Int = 0, bad: Int = 0
) -> ChatRecord {
  ChatRecord(
    id: "\(user)@\(time)", userID: user, source: source, time: at(time), messages: messages,
    errors: errors, points: points, responseSeconds: seconds, goodFeedback: good,
    badFeedback: bad)
}

/// One app on one server with the key `secret`, asked without a socket.
struct Fixture {
  static let appID = "68c46a70d950e8850ae564ba"
  let server: SimulatedServer

  init(_ records: [ChatRecord], now: String = "2030-01-01T00:00:00Z", hasAppLogs: Bool = true) {
    server = SimulatedServer(
      profile: ServerProfile(key: "secret", clock: { at(now) }, hasAppLogs: hasAppLogs),
      apps: [SimulatedApp(id: Self.appID, name: "Support bot", records: records)])
  }

  /// A request body with all fields, to be bent by tests of validation.
  static func body(
    from start: String, through end: String, by timespan: String = "day", offset: Int = 1,
    source: [String]? = nil
  ) -> [String: Any] {
    var body: [String: Any] = [
      "appId": appID, "dateStart": start, "dateEnd": end, "offset": offset,
      "userTimespan": timespan, "chatTimespan": timespan, "appTimespan": timespan,
    ]
    body["source"] = source
    return body
  }

  /// The chart of a valid request.
  func chart(
    from start: String, through end: String, by timespan: String = "day", offset: Int = 1,
    source: [String]? = nil
  ) throws -> Chart {
    let body = Self.body(
      from: start, through: end, by: timespan, offset: offset, source: source)
    return try Chart(post(body))
  }

  func post(
    _ body: [String: Any], authorization: String? = "Bearer secret"
  ) throws -> RawResponse {
    post(raw: try JSONSerialization.data(withJSONObject: body), authorization: authorization)
  }

  func post(raw: Data, authorization: String? = "Bearer secret") -> RawResponse {
    server.respond(
      method: "POST", target: "/api/proApi/core/app/logs/getChartData",
      authorization: authorization, body: Array(raw))
  }

  func totals(
    appID: String? = Fixture.appID, authorization: String? = "Bearer secret"
  ) -> RawResponse {
    server.respond(
      method: "GET",
      target: "/api/proApi/core/app/logs/getTotalData" + (appID.map { "?appId=\($0)" } ?? ""),
      authorization: authorization, body: [])
  }
}

/// Faults, without a socket.
extension Fixture {
  /// One chat on the first of September, two on the second, three on the third, of two messages
  /// each, all of one user.
  static var threeDays: Fixture {
    Fixture(
      (1...3).flatMap { day in
        (1...day).map { record("ann", "2025-09-0\(day)T1\($0):00:00Z") }
      })
  }

  func genuineChart() throws -> RawResponse {
    try post(Self.body(from: "2025-09-01T00:00:00.000Z", through: "2025-09-03T23:59:59.999Z"))
  }

  /// The chart after a fault, with seven seconds in `Retry-After`.
  func spoilt(by name: String) throws -> RawResponse {
    let setting = Fault.Setting(
      for: server.profile, redirect: "https://elsewhere.example/in", retryAfter: 7)
    let fault = try #require(Fault.named(name, setting))
    return fault.response(insteadOf: try genuineChart())
  }
}

extension RawResponse {
  var text: String { String(decoding: body, as: UTF8.self) }

  func object() throws -> [String: Any]? {
    try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
  }
}
