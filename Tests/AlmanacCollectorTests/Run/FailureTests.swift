import AlmanacCollector
import AlmanacCore
import AlmanacStore
import AlmanacTestSupport
import FastGPT
import FastGPTSimulator
import Foundation
import Synchronization
import Testing

@Suite struct `A run in which something fails` {
  private let start = Date("2026-05-01T00:00:00Z")
  private let now = Date("2026-06-10T02:30:00Z")

  private var apps: [SimulatedApp] {
    [
      Fixtures.steady(from: start, days: 60),
      Fixtures.steady(Fixtures.otherID, name: "合同审查", from: start, days: 60),
    ]
  }

  @Test func `with a wrong key reads nothing and stops asking`() async throws {
    try await SimulatedCollection.on(apps, now: now) { collection in
      let report = try await collection.run(at: now, key: "another-key-of-a-collection")
      #expect(report.outcome == .failed)
      #expect(report.worstFailure?.kind == .key)
      #expect(report.failed.count == 2)
      #expect(collection.server.requests.count <= 2)
      #expect(
        try collection.rows("SELECT last_success FROM freshness WHERE last_error IS NOT NULL")
          == [[nil], [nil]])
    }
  }

  @Test func `with an unknown app keeps the others whole`() async throws {
    try await SimulatedCollection.on(apps, now: now) { collection in
      collection.server.remove(Fixtures.appID)
      let report = try await collection.run(at: now)
      #expect(report.outcome == .partlyFailed)
      #expect(report.failed.map(\.app.id.text) == [Fixtures.appID])
      #expect(report.failed.first?.failures.map(\.kind) == [.app])
      #expect(try ArchiveComparison(collection, apps[1], now: now).differences() == [])
    }
  }

  private var five: [SimulatedApp] {
    (0..<5).map { number in
      Fixtures.steady(
        "68c46a70d950e8850ae5640\(number)", name: "App \(number)", from: start, days: 60)
    }
  }

  /// Whichever app it is, in whatever order they are read. Each is met once; with four seeds, each
  /// with each.
  private static let failing = Repetition.share(
    of: [1, 2, 8].flatMap { concurrency in [0, 2, 4].map { (concurrency, $0) } }, parts: 4
  ).map(\.element)

  /// At every stage of a run.
  @Test(arguments: failing)
  func `of one app's requests stops nobody else`(concurrency: Int, failing: Int) async throws {
    try await SimulatedCollection.on(five, now: now) { original in
      var collection = original
      collection.settings.concurrency = concurrency
      collection.limits.retry.tries = 2
      collection.server.reconfigure {
        $0.interceptor = .faults([
          .always(Fault("busy", "503") { _ in RawResponse(status: 503) }, appID: five[failing].id)
        ])
      }
      for day in 0..<2 {
        let report = try await collection.run(at: now.addingTimeInterval(86_400 * Double(day)))
        #expect(report.failed.map(\.app.id.text) == [five[failing].id])
      }
      collection.server.reconfigure { $0.interceptor = nil }
      // One that was well is so no more: its requests about the zone fail too.
      let next = now.addingTimeInterval(86_400 * 2)
      try await collection.run(at: next)
      collection.server.reconfigure {
        $0.interceptor = .faults([
          .always(Fault("busy", "503") { _ in RawResponse(status: 503) }, appID: five[failing].id)
        ])
      }
      let last = next.addingTimeInterval(86_400)
      let report = try await collection.run(at: last)
      #expect(report.failed.map(\.app.id.text) == [five[failing].id])
      for (number, app) in five.enumerated() where number != failing {
        #expect(try ArchiveComparison(collection, app, now: last).differences() == [])
      }
    }
  }

  /// A gateway that refuses one app's requests says nothing of the key, which FastGPT has accepted.
  @Test(arguments: [401, 403, 404])
  func `of one app at a gateway stops nobody else`(status: Int) async throws {
    try await SimulatedCollection.on(five, now: now) { original in
      var collection = original
      collection.settings.concurrency = 1
      collection.server.reconfigure {
        $0.interceptor = .faults([
          .always(Fault("wall", "refused") { _ in RawResponse(status: status) }, appID: five[1].id)
        ])
      }
      let report = try await collection.run(at: now)
      #expect(report.failed.map(\.app.id.text) == [five[1].id])
    }
  }

  /// The first run does not learn where the days begin, and the next one asks again.
  @Test(arguments: [503, 200]) func `of what is asked about the zone leaves it to the next one`(
    status: Int
  ) async throws {
    let shanghai = TimeZone(identifier: "Asia/Shanghai") ?? .gmt
    let busy = DemoFleet.apps(
      count: 1, seed: 21, from: now.addingTimeInterval(-86_400 * 60), until: now)[0]
    let silent = [SimulatedApp(id: Fixtures.appID, name: "A"), DemoFleet.unusedApp()]
    try await SimulatedCollection.on([busy] + silent, now: now, zone: shanghai) { original in
      var collection = original
      collection.limits.retry.tries = 2
      collection.server.reconfigure {
        $0.labels = .utcMidnight
        $0.interceptor = Interceptor { request, _ in
          request.userTimespan == "day" ? RawResponse(status: status, html: "<p>no</p>") : nil
        }
      }
      let first = try await collection.run(at: now)
      #expect(first.failed.map(\.app.id.text) == [busy.id])
      #expect(try collection.count("SELECT count(*) FROM bucket") == 0)
      collection.server.reconfigure { $0.interceptor = nil }
      let second = try await collection.run(at: now)
      #expect(second.failed.isEmpty)
      let zone = try collection.rows("SELECT zone, zone_origin FROM server")
      #expect(zone == [["UTC+08:00", "proved"]])
      let differences = try ArchiveComparison(
        collection, busy, now: now, secondsFromUTC: 28_800
      ).differences()
      #expect(differences == [])
    }
  }

  /// Three apps without an answer between, or all where there are fewer.
  @Test(arguments: [(1, 1), (2, 2), (5, 3)])
  func `app after app ends with a server that is asked no more`(
    apps: Int, asked: Int
  ) async throws {
    try await SimulatedCollection.on(Array(five.prefix(apps)), now: now) { original in
      var collection = original
      collection.settings.concurrency = 1
      collection.limits.retry.tries = 1
      try await collection.run(at: now)
      collection.server.forgetRequests()
      collection.server.reconfigure {
        $0.interceptor = Interceptor { request, _ in
          // The key and the zone are asked about before.
          request.endpoint == .totals && request.appID != AppID.nobody.text
            ? RawResponse(status: 503) : nil
        }
      }
      let report = try await collection.run(at: now.addingTimeInterval(86_400))
      #expect(report.failed.count == apps)
      #expect(report.worstFailure?.kind == .unreachable)
      let totals = collection.server.requests.filter { $0.endpoint == .totals }
      #expect(totals.count == 1 + asked)
    }
  }

  @Test func `on a server without the app-log API says so`() async throws {
    try await SimulatedCollection.on(apps, now: now) { collection in
      collection.server.reconfigure { $0.hasAppLogs = false }
      let report = try await collection.run(at: now)
      #expect(report.outcome == .failed)
      #expect(report.worstFailure?.kind == .unsupported)
    }
  }

  /// Each request of a daily run in turn.
  @Test(arguments: 1...15)
  func `leaves a gap that the next run repairs`(failing: Int) async throws {
    let app = apps[0]
    try await SimulatedCollection.on([app], now: now) { collection in
      try await collection.run(at: now)
      collection.server.forgetRequests()
      let numbers = Numbering()
      collection.server.reconfigure {
        $0.interceptor = Interceptor { request, _ in
          // A login page is asked for again, so each try of the request meets it.
          numbers.number(
            "\(request.endpoint) \(request.appID ?? "") \(request.source ?? []) "
              + "\(request.offset ?? 0)"
              + (request.userTimespan ?? "") + (request.dateStart ?? "")) == failing
            ? RawResponse(status: 200, html: "<html>please log in</html>") : nil
        }
      }
      let next = now.addingTimeInterval(86_400 * 3)
      let report = try await collection.run(at: next)
      if report.requests >= failing {
        // The first asks about the key; the next two about the zone, which was proved before and is
        // proved another day.
        #expect(report.failed.count == ([2, 3].contains(failing) ? 0 : 1))
        let overlap = try collection.count(
          """
          SELECT count(*) FROM gaps JOIN daily USING (app_id)
          WHERE gaps.grain = 'day' AND daily.date BETWEEN gaps.first_date AND gaps.last_date
          """)
        #expect(overlap == 0)
      }
      collection.server.reconfigure { $0.interceptor = nil }
      let healed = try await collection.run(at: next.addingTimeInterval(86_400))
      #expect(healed.failed.isEmpty)
      let now = next.addingTimeInterval(86_400)
      #expect(try ArchiveComparison(collection, app, now: now).differences() == [])
      #expect(try collection.count("SELECT count(*) FROM gaps") == 0)
    }
  }

  @Test func `of the days leaves them as a gap and no row`() async throws {
    try await SimulatedCollection.on([apps[0]], now: now) { collection in
      try await collection.run(at: now)
      collection.server.reconfigure {
        $0.interceptor = Interceptor { request, _ in
          request.userTimespan == "day"
            ? RawResponse(status: 200, html: "<html>please log in</html>") : nil
        }
      }
      let report = try await collection.run(at: now.addingTimeInterval(86_400 * 2))
      #expect(report.outcome == .partlyFailed)
      #expect(
        try collection.rows(
          "SELECT grain, first_date, last_date, reason FROM gaps WHERE grain = 'day'")
          == [["day", "2026-06-10", "2026-06-11", "failed"]])
      #expect(try collection.count("SELECT count(*) FROM daily WHERE date > '2026-06-09'") == 0)
      #expect(
        try collection.rows("SELECT newest_complete_day FROM freshness") == [["2026-06-09"]])
    }
  }

  @Test func `in a chunk of a first run ends after the next one as if it had not`() async throws {
    let app = Fixtures.steady(from: now.addingTimeInterval(-86_400 * 900), days: 900)
    try await SimulatedCollection.on([app], now: now) { collection in
      collection.server.reconfigure {
        $0.interceptor = Interceptor { request, _ in
          request.userTimespan == "day" && request.offset == 7
            && request.dateStart ?? "" < "2025-06"
            ? RawResponse(status: 200, html: "<html>please log in</html>") : nil
        }
      }
      let broken = try await collection.run(at: now)
      #expect(broken.outcome == .partlyFailed)
      // The days after the hole wait, so that no change of them can go unnoticed.
      #expect(
        !collection.server.requests.contains { request in
          request.userTimespan == "day" && request.offset == 7
            && request.dateStart ?? "" >= "2025-06"
        })
      collection.server.reconfigure { $0.interceptor = nil }
      let healed = try await collection.run(at: now)
      #expect(healed.outcome == .done)
      #expect(try ArchiveComparison(collection, app, now: now).differences() == [])
    }
  }

  @Test func `with a bad value refuses the bucket, keeps what was good and counts it`()
    async throws
  {
    try await SimulatedCollection.on([apps[0]], now: now) { collection in
      try await collection.run(at: now)
      collection.server.reconfigure {
        $0.interceptor = Interceptor { request, genuine in
          guard request.userTimespan == "day", request.source == nil else { return nil }
          let text = String(decoding: genuine.body, as: UTF8.self)
          // 2026-06-05 in every series, whichever comes first.
          let broken = text.replacing(
            #""timestamp":1780617600000,"summary":{"chatItemCount":"#,
            with: #""timestamp":1780617600000,"summary":{"errorCount":-4,"chatItemCount":"#)
          return RawResponse(
            status: 200, headers: genuine.headers,
            body: Array(broken.replacing(#""errorCount":0,"points""#, with: #""points""#).utf8))
        }
      }
      let report = try await collection.run(at: now.addingTimeInterval(86_400))
      #expect(report.outcome == .done)
      #expect(report.counts.refused > 0)
      #expect(
        try collection.rows("SELECT messages, errors FROM daily WHERE date = '2026-06-05'")
          == [["2", "0"]])
      #expect(try collection.count("SELECT count(*) FROM refusal WHERE date = '2026-06-05'") > 0)
    }
  }
}

/// Numbers texts from 1, in the order in which they come up first.
final class Numbering: Sendable {
  private let numbers = Mutex<[String: Int]>([:])

  func number(_ text: String) -> Int {
    numbers.withLock { numbers in
      let number = numbers[text] ?? numbers.count + 1
      numbers[text] = number
      return number
    }
  }
}
