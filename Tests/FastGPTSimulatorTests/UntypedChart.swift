import FastGPTSimulator
import Foundation
import Testing

/// A chart answer read without knowing which fields it has, for servers that differ.
struct UntypedChart {
  struct Bucket: Equatable {
    /// Nil where it is `null`.
    let timestamp: Int?
    /// Every member that is a number.
    let figures: [String: Double]
    /// Nil where there is none.
    let sourceCountMap: [String: Int]?

    subscript(name: String) -> Double? { figures[name] }
  }

  let users: [Bucket]
  let chats: [Bucket]
  let apps: [Bucket]

  init(_ response: RawResponse) throws {
    try #require(response.status == 200)
    let body = try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any]
    let content = try #require(body?["data"] as? [String: Any])
    func series(_ name: String) throws -> [Bucket] {
      try #require(content[name] as? [[String: Any]]).map { entry in
        let summary = try #require(entry["summary"] as? [String: Any])
        try #require(entry["timestamp"] is NSNull || entry["timestamp"] is Int)
        return Bucket(
          timestamp: entry["timestamp"] as? Int,
          figures: summary.compactMapValues { $0 as? Double },
          sourceCountMap: summary["sourceCountMap"] as? [String: Int])
      }
    }
    users = try series("userData")
    chats = try series("chatData")
    apps = try series("appData")
  }
}

extension Fixture {
  /// One app on a server that differs from a current one.
  init(
    _ app: SimulatedApp, now: String = "2030-01-01T00:00:00Z",
    _ change: (inout ServerProfile) -> Void = { _ in }
  ) {
    self.init([], now: now)
    server.install(
      SimulatedApp(
        id: Fixture.appID, name: app.name, records: app.records, changes: app.changes))
    server.reconfigure(change)
  }

  /// The same with nothing but records.
  init(
    _ records: [ChatRecord], changes: [RecordChange] = [], now: String = "2030-01-01T00:00:00Z",
    _ change: (inout ServerProfile) -> Void
  ) {
    let app = SimulatedApp(id: Fixture.appID, name: "", records: records, changes: changes)
    self.init(app, now: now, change)
  }

  /// Moves the server's clock.
  func setClock(_ now: String) { server.reconfigure { $0.clock = { at(now) } } }

  /// The chart of a valid request, whatever the server's generation.
  func open(
    from start: String, through end: String, by timespan: String = "day", apps: String? = nil,
    offset: Int = 1
  ) throws -> UntypedChart {
    var body = Self.body(from: start, through: end, by: timespan, offset: offset)
    if let apps { body["appTimespan"] = apps }
    return try UntypedChart(post(body))
  }

  /// The totals as an object of whatever fields.
  func openTotals() throws -> [String: Double] {
    let body = try JSONSerialization.jsonObject(with: Data(totals().body)) as? [String: Any]
    return try #require(body?["data"] as? [String: Double])
  }
}
