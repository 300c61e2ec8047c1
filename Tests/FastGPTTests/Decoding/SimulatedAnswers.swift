import FastGPTSimulator
import Foundation

/// Answers of every server generation, from the simulator, small enough to damage many of them.
enum SimulatedAnswers {
  /// Charts by day and by month, right ones and ones with the mistakes of some servers.
  static let charts: [[UInt8]] = ServerProfile.Generation.allCases.flatMap { generation in
    let others: [(inout ServerProfile) -> Void] = [
      { _ in }, { $0.mapsEverySource = true }, { $0.quirks = .nullTimestamp },
      { $0.quirks = .doubledStamp }, { $0.quirks = .noRetention },
      {
        $0.zone = TimeZone(secondsFromGMT: 8 * 3600) ?? .gmt
        $0.labels = .utcMidnight
      },
    ]
    return others.flatMap { change in
      let server = server(generation, change)
      return ["day", "month"].map { chart(server, question($0)) }
    }
  }

  static let totals: [[UInt8]] = ServerProfile.Generation.allCases.map { generation in
    server(generation).respond(
      method: "GET", target: "/api/proApi/core/app/logs/getTotalData?appId=\(app)",
      authorization: authorization, body: []
    ).body
  }

  /// Errors of FastGPT, and replies that do not come from FastGPT.
  static let failures: [[UInt8]] = {
    let well = server(.current)
    let whole = well.respond(
      method: "POST", target: target, authorization: authorization, body: Array(question().utf8))
    let spoilt = Fault.all(Fault.Setting(for: well.profile)).map {
      $0.response(insteadOf: whole).body
    }
    return [
      chart(well, question(), authorization: "Bearer wrong"),
      chart(well, question(), authorization: nil),
      chart(well, question(source: #""nobody""#)), chart(well, "{}"), chart(well, "[1]"),
      chart(well, question(id: "68c46a70d950e8850ae56499")),
      chart(server(.current) { $0.hasAppLogs = false }, question()),
    ] + spoilt.filter { $0.count < 8192 }
  }()

  static let all = charts + totals + failures

  private static let app = "68c46a70d950e8850ae564ba"
  private static let authorization = "Bearer secret"
  private static let target = "/api/proApi/core/app/logs/getChartData"

  private static func server(
    _ generation: ServerProfile.Generation, _ change: (inout ServerProfile) -> Void = { _ in }
  ) -> SimulatedServer {
    let first = Date(timeIntervalSince1970: 1_758_585_600)
    var profile = ServerProfile(
      key: "secret", clock: { first + 86_400 * 60 }, generation: generation)
    change(&profile)
    let records = [
      ("ann", "api", 0.0), ("bob", "企业微信", 0.5), ("ann", "share", 1.25), ("eve", "a\"\\b", 33),
    ].enumerated().map { number, it in
      ChatRecord(
        id: "\(number)", userID: it.0, source: it.1, time: first + 86_400 * it.2 + 3600,
        messages: 2 + number, errors: number % 2, points: 1.1132600000000001 * Double(number),
        responseSeconds: 22.31, goodFeedback: 1 - number, badFeedback: number)
    }
    return SimulatedServer(
      profile: profile, apps: [SimulatedApp(id: app, name: "Support bot", records: records)])
  }

  private static func question(
    _ grain: String = "day", id: String = app, source: String = ""
  ) -> String {
    #"{"appId":"\#(id)","dateStart":"2025-09-19T16:00:00.000Z","offset":1,"source":[\#(source)],"#
      + #""dateEnd":"2025-11-27T15:59:59.999Z","userTimespan":"\#(grain)","#
      + #""chatTimespan":"\#(grain)","appTimespan":"\#(grain)"}"#
  }

  private static func chart(
    _ server: SimulatedServer, _ question: String, authorization: String? = authorization
  ) -> [UInt8] {
    server.respond(
      method: "POST", target: target, authorization: authorization, body: Array(question.utf8)
    ).body
  }
}
