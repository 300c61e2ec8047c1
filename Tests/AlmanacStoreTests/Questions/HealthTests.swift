import AlmanacCore
import Foundation
import Testing

@testable import AlmanacStore

/// Today is 2026-06-10 in the app's zone, and the moment 02:30 UTC.
@Suite struct `The state of an app` {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let state: AppState
    var isRetired = false
    var success: String? = "2026-06-10T02:00:00Z"
    var newest: String? = "2026-06-09"
    var first: String? = "2026-01-01"
    var zone: String? = "UTC"
    var gap: String?
    var error: String?
    var refused = 0
    var maxAge: TimeInterval = 36 * 3600
  }

  static let cases = [
    Case(testDescription: "ok", state: .ok),
    Case(testDescription: "without activity", state: .ok, newest: nil, first: nil),
    Case(
      testDescription: "active for the first time today", state: .ok, newest: nil,
      first: "2026-06-10"),
    Case(testDescription: "never read", state: .neverRead, success: nil, newest: nil, first: nil),
    Case(
      testDescription: "never read since it fails", state: .failing, success: nil, newest: nil,
      first: nil, error: "2026-06-10T02:00:00Z"),
    Case(
      testDescription: "a success of 36 hours ago", state: .ok, success: "2026-06-08T14:30:00Z",
      newest: "2026-06-07"),
    Case(
      testDescription: "an older one", state: .stale, success: "2026-06-08T14:29:59Z",
      newest: "2026-06-07"),
    Case(
      testDescription: "as the rule says", state: .stale, success: "2026-06-10T01:29:00Z",
      maxAge: 3600),
    Case(
      testDescription: "without the day that had ended", state: .stale, newest: "2026-06-08"),
    Case(testDescription: "without any day that had ended", state: .stale, newest: nil),
    Case(
      testDescription: "a day that has not ended in the server's zone", state: .ok,
      success: "2026-06-10T02:00:00Z", newest: "2026-06-08", zone: "UTC-05:00"),
    Case(
      testDescription: "a day that has ended in the server's zone", state: .stale,
      success: "2026-06-09T17:00:01Z", newest: "2026-06-08", zone: "Asia/Shanghai"),
    Case(
      testDescription: "a day that has ended within the hour", state: .ok,
      success: "2026-06-09T16:59:59Z", newest: "2026-06-08", zone: "Asia/Shanghai"),
    Case(
      testDescription: "an error before the success", state: .ok, error: "2026-06-10T01:59:59Z"),
    Case(
      testDescription: "an error after it, in the same second", state: .failing,
      error: "2026-06-10T02:00:00Z"),
    Case(testDescription: "refused in the newest run", state: .refused, refused: 1),
    Case(testDescription: "missing since it was refused", state: .refused, gap: "refused"),
    Case(testDescription: "missing", state: .gaps, gap: "never read"),
    Case(
      testDescription: "retired", state: .retired, isRetired: true,
      success: "2026-01-01T00:00:00Z", error: "2026-06-10T02:00:00Z"),
  ]

  @Test(arguments: cases)
  func `is told`(_ story: Case) throws {
    let day = try Day("2026-05-01") ?? #require(nil)
    let app = AppStatus(
      id: ArchiveFixture.id, name: "Support bot", server: "default", isRetired: story.isRetired,
      lastSuccess: story.success, newestCompleteDay: story.newest.flatMap { Day($0) },
      firstDay: story.first.flatMap { Day($0) },
      zone: story.zone.flatMap { BucketZone(identifier: $0) },
      gaps: story.gap.map {
        [AppStatus.Gap(grain: .day, first: day, last: day, reason: $0)]
      } ?? [],
      lastError: story.error.map { _ in "it broke" }, lastErrorAt: story.error,
      refused: story.refused, forgotten: nil, zoneSince: nil, isRecut: false, reconciliation: nil)
    let now = try #require(Date(iso8601: "2026-06-10T02:30:00Z"))
    #expect(app.state(by: HealthRule(now: now, maxAge: story.maxAge)) == story.state)
  }

  @Test(
    arguments: [
      (nil, ["there was no run yet"]), (.running, []), (.killed, ["the newest run was killed"]),
      (.ended(.done), []), (.ended(.failed), ["the newest run failed"]),
      (.ended(.partlyFailed), ["a part of the newest run failed"]),
      (.ended(.interrupted), ["the newest run was interrupted"]),
    ] as [(RunState?, [String])])
  func `is not all: the newest run has to be well, too`(
    state: RunState?, faults: [String]
  ) throws {
    let run = state.map {
      RunStatus(
        startedAt: "", finishedAt: nil, state: $0, failure: nil, causes: [], apps: 0, appsFailed: 0,
        requests: 0, requestsFailed: 0, counts: BucketCounts(), seconds: nil, isRehearsed: false)
    }
    let status = ArchiveStatus(
      apps: [], servers: [], refusals: [], run: run, ended: nil, lastSuccess: nil, lastBackup: nil,
      bytes: 0)
    #expect(status.faults(by: HealthRule(now: Date())) == faults)
  }
}
