import AlmanacCollector
import AlmanacCore
import AlmanacStore
import AlmanacTestSupport
import FastGPT
import FastGPTSimulator
import Foundation
import Testing

/// The one bucket that is looked for every day: if nobody misses it, a server that spoils every
/// answer is well.
@Suite struct `The newest day that has ended` {
  private let now = Date("2026-06-10T02:30:00Z")

  /// Active every day until now, or until some days ago.
  private func app(quiet days: Int = 0) -> SimulatedApp {
    Fixtures.steady(from: now.addingTimeInterval(-86_400 * 60), days: 60 - days)
  }

  /// Lets the chart answers about all sources by day be other than they are.
  private func spoil(
    _ collection: SimulatedCollection, _ change: @escaping @Sendable (String) -> String
  ) {
    collection.server.reconfigure {
      $0.interceptor = Interceptor { request, genuine in
        guard request.userTimespan == "day", request.source == nil else { return nil }
        return RawResponse(
          status: 200, headers: genuine.headers,
          body: Array(change(String(decoding: genuine.body, as: UTF8.self)).utf8))
      }
    }
  }

  private func isFailing(_ collection: SimulatedCollection) async throws -> Bool {
    try await collection.archive.status().apps.contains(where: \.isFailing)
  }

  @Test(
    arguments: [
      (#""chatItemCount":"#, #""chatItemCount":-"#), (#""userCount":"#, #""userCount":"x","u":"#),
      (#""totalResponseTime":"#, #""totalResponseTime":-"#),
    ])
  func `fails its app where its own value is refused`(old: String, new: String) async throws {
    try await SimulatedCollection.on([app()], now: now) { original in
      var collection = original
      collection.zones = ["default": .utc]
      spoil(collection) { $0.replacing(old, with: new) }
      let report = try await collection.run(at: now)
      #expect(report.outcome == .partlyFailed)
      #expect(report.failed.first?.failures.first?.cause.contains("2026-06-09") == true)
      #expect(try await isFailing(collection))
      collection.server.reconfigure { $0.interceptor = nil }
      #expect(try await collection.run(at: now, isDeep: true).failed.isEmpty)
      #expect(try await !isFailing(collection))
      // The held day stays as it is.
      spoil(collection) { $0.replacing(old, with: new) }
      #expect(try await collection.run(at: now).failed.isEmpty)
    }
  }

  @Test func `is asked for alone where another bucket left it open`() async throws {
    for quiet in [1, 3] {
      try await SimulatedCollection.on([app(quiet: quiet)], now: now) { collection in
        collection.server.reconfigure { $0.quirks = .nullTimestamp }
        let report = try await collection.run(at: now)
        #expect(report.failed.isEmpty)
        let held = try collection.rows("SELECT messages FROM daily WHERE date = '2026-06-09'")
        #expect(held == [["0"]])
        let alone = collection.server.requests.filter {
          $0.dateStart == "2026-06-09T00:00:00.000Z" && $0.dateEnd == "2026-06-09T23:59:59.999Z"
        }
        #expect(alone.count == 1)
        // The days before it are nobody's hurry.
        let gaps = try collection.count("SELECT count(*) FROM gaps WHERE grain = 'day'")
        #expect(gaps == (quiet == 1 ? 0 : 1))
      }
    }
  }

  @Test func `that is held is not asked for again`() async throws {
    try await SimulatedCollection.on([app(quiet: 2)], now: now) { collection in
      try await collection.run(at: now)
      let well = try await collection.run(at: now)
      collection.server.reconfigure { $0.quirks = .nullTimestamp }
      let report = try await collection.run(at: now)
      #expect(report.failed.isEmpty)
      #expect(report.requests == well.requests)
    }
  }

  @Test(arguments: ["stays open", "fails"])
  func `fails its app where it stays missing`(how: String) async throws {
    let other = Fixtures.steady(
      Fixtures.otherID, name: "Well", from: now.addingTimeInterval(-86_400 * 60), days: 60)
    try await SimulatedCollection.on([app(quiet: 2), other], now: now) { original in
      var collection = original
      collection.zones = ["default": .utc]
      collection.limits.retry.tries = 2
      try await collection.run(at: now.addingTimeInterval(-86_400))
      collection.server.reconfigure {
        $0.interceptor = Interceptor { request, genuine in
          guard request.userTimespan == "day", request.source == nil,
            request.appID == Fixtures.appID
          else { return nil }
          if how == "fails", request.dateStart == "2026-06-09T00:00:00.000Z" {
            return RawResponse(status: 503)
          }
          let text = String(decoding: genuine.body, as: UTF8.self)
          return RawResponse(
            status: 200, headers: genuine.headers,
            body: Array(
              text.replacing(#""userData":["#, with: #""userData":[{"timestamp":null},"#)
                .replacing("},]", with: "}]").utf8))
        }
      }
      let report = try await collection.run(at: now)
      #expect(report.failed.count == 1)
      #expect(try await isFailing(collection))
      let gaps = try collection.rows("SELECT last_date, reason FROM gaps WHERE grain = 'day'")
      #expect(gaps == [["2026-06-09", how == "fails" ? "failed" : "refused"]])
      collection.server.reconfigure { $0.interceptor = nil }
      let healed = try await collection.run(at: now)
      #expect(healed.failed.isEmpty)
      #expect(try await !isFailing(collection))
    }
  }

  @Test func `that the server has nothing for is a zero`() async throws {
    try await SimulatedCollection.on([app(quiet: 20)], now: now) { collection in
      let report = try await collection.run(at: now)
      #expect(report.failed.isEmpty)
      #expect(
        try collection.rows("SELECT messages FROM daily WHERE date = '2026-06-09'") == [["0"]])
    }
  }
}
