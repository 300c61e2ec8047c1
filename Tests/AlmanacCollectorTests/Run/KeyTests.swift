import AlmanacCollector
import AlmanacCore
import AlmanacStore
import AlmanacTestSupport
import FastGPT
import FastGPTSimulator
import Foundation
import Synchronization
import Testing

@Suite struct `The key of a server` {
  private let now = Date("2026-06-10T02:30:00Z")
  private let appKey = "fastgpt-key-of-one-app-alone"

  /// A number of apps, each with conversations of its own.
  private func apps(_ count: Int) -> [SimulatedApp] {
    DemoFleet.apps(count: count, seed: 4, from: now.addingTimeInterval(-86_400 * 12), until: now)
  }

  private func stored(_ collection: SimulatedCollection) throws -> Int {
    try [
      "bucket", "user_fact", "total_reading", "capture", "zone_proof", "read_progress", "figure",
    ]
    .reduce(0) { try $0 + collection.count("SELECT count(*) FROM \($1)") }
  }

  @Test(arguments: [1, 2, 5])
  func `that is bound to an app stops its apps before anything is stored`(
    count: Int
  ) async throws {
    let apps = apps(count)
    // The key's own app fails, too, whether it is configured first, last or alone.
    try await SimulatedCollection.on(apps, now: now) { collection in
      collection.server.reconfigure { [appKey] in $0.appKeys = [appKey: apps[count - 1].id] }
      let report = try await collection.run(at: now, key: appKey)
      #expect(report.outcome == .failed)
      #expect(report.failed.count == count)
      #expect(report.worstFailure?.kind == .key)
      #expect(report.worstFailure?.hint?.contains("team key") == true)
      #expect(collection.server.requests.count == 1)
      #expect(collection.server.requests[0].appID == AppID.nobody.text)
      #expect(try stored(collection) == 0)
      #expect(
        try collection.rows("SELECT DISTINCT outcome, cause FROM request")
          == [["key", report.worstFailure?.cause]])
      let healed = try await collection.run(at: now)
      #expect(healed.outcome == .done)
    }
  }

  /// FastGPT has looked at the key before it says anything about an app that cannot exist.
  @Test(
    arguments: [
      (502_000, "appUnExist"), (502_001, "unAuthApp"), (0, "unExist"), (500, "error"),
      (507_000, "invalidParams"), (599_000, "someNewError"),
    ])
  func `is cleared by an error about the app, at once`(code: Int, name: String) async throws {
    try await SimulatedCollection.on(apps(2), now: now) { collection in
      answer(collection, Self.envelope(code: code, statusText: name, data: "null", status: 500))
      let report = try await collection.run(at: now)
      #expect(report.outcome == .done)
      #expect(asked(collection) == 1)
      #expect(collection.server.requests[0].appID == AppID.nobody.text)
      #expect(try collection.count("SELECT count(*) FROM request WHERE outcome <> 'ok'") == 0)
    }
  }

  @Test(
    arguments: [(514, "unAuthApiKey"), (403, "unAuthorization"), (510, "insufficientQuota")])
  func `that is refused is no key`(code: Int, name: String) async throws {
    try await SimulatedCollection.on(apps(2), now: now) { collection in
      answer(collection, Self.envelope(code: code, statusText: name, data: "null", status: 500))
      let report = try await collection.run(at: now)
      #expect(report.failed.count == 2)
      #expect([.key, .account].contains(report.worstFailure?.kind))
      #expect(collection.server.requests.count == 1)
      #expect(try stored(collection) == 1, "the refusal itself is kept")
    }
  }

  @Test(
    arguments: [
      #"{"totalUsers":0,"totalChats":0,"totalPoints":0}"#, #"{"totalChats":0}"#,
      #"{"totalUsers":0,"totalChat":0,"totalPoints":0.0,"totalInputTokens":0}"#,
    ])
  func `is cleared by the first app that has totals where nobody has none`(
    data: String
  ) async throws {
    let apps = [DemoFleet.unusedApp()] + apps(2)
    try await SimulatedCollection.on(apps, now: now) { collection in
      answer(collection, Self.envelope(code: 200, statusText: "", data: data, status: 200))
      let told = Told()
      let report = try await collection.run(at: now, report: told.note)
      #expect(report.outcome == .done)
      #expect(told.warnings.filter { $0.contains("bound to one app") } == [])
      let totals = collection.server.requests.filter { $0.endpoint == .totals }
      #expect(
        totals.prefix(4).map(\.appID)
          == [AppID.nobody.text, apps[0].id, apps[1].id, AppID.nobody.text])
      for app in apps.dropFirst() {
        #expect(try ArchiveComparison(collection, app, now: now).differences() == [])
      }
    }
  }

  @Test(
    arguments: [
      #"{"totalUsers":1,"totalChats":0,"totalPoints":0}"#, #"{"totalPoints":0.25}"#,
      #"{"totalChat":3}"#, #"{"totalUsers":0,"totalOutputTokens":7}"#,
    ])
  func `is an App key where any total of nobody is above 0`(data: String) async throws {
    try await SimulatedCollection.on(apps(2), now: now) { collection in
      answer(collection, Self.envelope(code: 200, statusText: "", data: data, status: 200))
      let report = try await collection.run(at: now)
      #expect(report.worstFailure?.kind == .key)
      #expect(try stored(collection) == 0)
    }
  }

  @Test func `cannot be told while all totals are 0, and is asked again`() async throws {
    let unused = DemoFleet.unusedApp()
    let used = SimulatedApp(
      id: unused.id, name: unused.name, records: [Fixtures.record("ann", now)])
    try await SimulatedCollection.on([unused, apps(1)[0]], now: now) { collection in
      collection.server.reconfigure { [appKey] in $0.appKeys = [appKey: unused.id] }
      let told = Told()
      let first = try await collection.run(at: now, key: appKey, report: told.note)
      #expect(first.failed.isEmpty)
      #expect(told.warnings.contains { $0.contains("bound to one app") })
      #expect(try collection.count("SELECT count(*) FROM bucket") == 0)
      collection.server.install(used)
      let second = try await collection.run(at: now.addingTimeInterval(60), key: appKey)
      #expect(second.failed.count == 2)
      #expect(second.worstFailure?.kind == .key)
      #expect(try collection.count("SELECT count(*) FROM bucket") == 0)
    }
  }

  /// The first conversation of the app that the key is bound to comes between two requests.
  @Test func `is not cleared by totals that have come since`() async throws {
    let unused = DemoFleet.unusedApp()
    let used = SimulatedApp(
      id: unused.id, name: unused.name, records: [Fixtures.record("ann", now)])
    try await SimulatedCollection.on([unused, apps(1)[0]], now: now) { collection in
      let server = collection.server
      server.reconfigure { [appKey] in
        $0.appKeys = [appKey: unused.id]
        $0.interceptor = Interceptor { request, _ in
          if request.appID == AppID.nobody.text { server.install(used) }
          return nil
        }
      }
      let report = try await collection.run(at: now, key: appKey)
      #expect(report.worstFailure?.kind == .key)
      #expect(try stored(collection) < 3, "what is kept are answers without figures")
      #expect(try collection.count("SELECT count(*) FROM bucket") == 0)
    }
  }

  /// An answer without totals, or an error that a gateway may have made, tells nothing.
  @Test(
    arguments: [
      envelope(code: 200, statusText: "", data: "null", status: 200),
      envelope(code: 200, statusText: "", data: "{}", status: 200),
      envelope(code: 500, statusText: "error", data: "null", status: 200),
      envelope(code: 500, statusText: "", data: "null", status: 500),
      envelope(code: 404, statusText: "NotFound", data: "null", status: 404),
    ])
  func `is not cleared by what FastGPT does not say`(answered: RawResponse) async throws {
    try await SimulatedCollection.on(apps(2), now: now) { original in
      var collection = original
      collection.limits.retry.tries = 2
      let bound = try #require(collection.apps.first)
      collection.server.reconfigure { [appKey] in $0.appKeys = [appKey: bound.id.text] }
      answer(collection, answered, times: 1)
      let report = try await collection.run(at: now, key: appKey)
      #expect(report.failed.count == 2)
      #expect(try collection.count("SELECT count(*) FROM bucket") == 0)
    }
  }

  @Test func `is not told by what is no envelope, which is asked for again`() async throws {
    let pages = [
      RawResponse(status: 503, html: "<html>busy</html>"),
      RawResponse(status: 200, html: "<html>please log in</html>"),
      Self.envelope(code: 429, statusText: "tooManyRequest", data: "null", status: 500),
      RawResponse(status: 200, body: Array(#"{"message":"upstream"}"#.utf8)),
    ]
    for page in pages {
      try await SimulatedCollection.on(apps(2), now: now) { original in
        var collection = original
        collection.limits.retry.tries = 3
        answer(collection, page)
        let report = try await collection.run(at: now)
        #expect(report.outcome == .failed)
        #expect(report.failed.count == 2)
        #expect(asked(collection) == 3)
        #expect(collection.server.requests.count == 3)
        collection.server.forgetRequests()
        // One that passes is no matter.
        answer(collection, page, times: 2)
        #expect(try await collection.run(at: now).outcome == .done)
      }
    }
  }

  private static func envelope(
    code: Int, statusText: String, data: String, status: Int
  ) -> RawResponse {
    RawResponse(
      status: status, headers: ["Content-Type": "application/json"],
      body: Array(
        #"{"code":\#(code),"statusText":"\#(statusText)","message":"","data":\#(data)}"#.utf8))
  }

  /// Makes the server answer in this way about the app that cannot exist, a number of times.
  private func answer(_ collection: SimulatedCollection, _ response: RawResponse, times: Int = .max)
  {
    let count = Mutex(0)
    collection.server.reconfigure {
      $0.interceptor = Interceptor { request, _ in
        guard request.appID == AppID.nobody.text else { return nil }
        return count.withLock { count in
          count += 1
          return count <= times ? response : nil
        }
      }
    }
  }

  /// The number of times that the server was asked about the app that cannot exist.
  private func asked(_ collection: SimulatedCollection) -> Int {
    collection.server.requests.count { $0.appID == AppID.nobody.text }
  }
}
