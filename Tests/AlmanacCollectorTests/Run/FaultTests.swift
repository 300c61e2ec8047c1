import AlmanacCollector
import AlmanacCore
import AlmanacTestSupport
import FastGPT
import FastGPTSimulator
import Foundation
import Testing

/// Each fault at one request of a first run or of a later one, and with another seed of the other
/// run; `ALMANAC_FAULTS=all` has each of them at every request, and the name of one that one.
@Suite(.long, .timeLimit(.minutes(15))) struct `A run that meets a fault` {
  private static let now = Date("2026-06-20T02:30:00Z")
  private static let tries = 3

  private static let names: [String] = {
    let profile = ServerProfile(key: Rehearsal.key, clock: { now })
    return Fault.all(Fault.Setting(for: profile)).map(\.name)
      .filter { [nil, "all", $0].contains(wanted) }
  }()

  private static let apps: [SimulatedApp] = {
    let until = now.addingTimeInterval(86_400 * 2)
    let fleet = DemoFleet.apps(
      count: 6, seed: 5, from: now.addingTimeInterval(-86_400 * 25), until: until)
    return DemoFleet.lively(
      [fleet[5], fleet[1]], seed: 5, late: now.addingTimeInterval(-86_400 * 9), until: until)
  }()

  private static let wanted = ProcessInfo.processInfo.environment["ALMANAC_FAULTS"]

  /// The archive before a run, and what the run makes of it if all is well.
  private struct Stage {
    let moment: Date
    let before: Rehearsal.Remains?
    let factsBefore: Set<[String?]>
    let whole: [String]
    let facts: Set<[String?]>
    /// Requests about the app that will meet the faults.
    let requests: Int
    let allRequests: Int
  }

  /// Every second one; each half takes its faults one after another.
  private static func half(_ remainder: Int) -> [String] {
    names.enumerated().filter { $0.offset % 2 == remainder }.map(\.element)
  }

  @Test(.serialized, arguments: half(0))
  func `ends, tells of it, stores nothing wrong, and leaves what the next one heals`(
    name: String
  ) async throws {
    try await check(name)
  }

  @Test(.serialized, arguments: half(1))
  func `does so with the other half of the faults`(name: String) async throws {
    try await check(name)
  }

  private func check(_ name: String) async throws {
    try await Rehearsal.on(Self.apps, now: Self.now) { original in
      var rehearsal = original
      rehearsal.zones = ["default": .utc]
      rehearsal.settings = CollectorSettings(
        retentionOffsets: [.day: [1, 3], .week: [1], .month: [1], .quarter: [1]], concurrency: 2)
      rehearsal.limits.retry.tries = Self.tries
      rehearsal.limits.timeout = .milliseconds(1500)
      rehearsal.limits.retry.longestDelay = .milliseconds(10)
      rehearsal.limits.retry.totalTime = .seconds(20)
      let fault = try #require(
        Fault.named(name, Fault.Setting(for: rehearsal.server.profile)))
      let place = try #require(Self.names.firstIndex(of: name))
      let seeds = Dictionary(grouping: Repetition.seeds) { (place / 2 + $0) % 2 }
      let last = Self.wanted == nil ? seeds.keys.max() : nil
      for (number, stage) in try await stages(rehearsal, last: last ?? 1).enumerated() {
        if Self.wanted != nil {
          for request in 1...stage.requests {
            try await meet(fault, rehearsal, stage, request, 1)
            try await meet(fault, rehearsal, stage, request, Self.tries)
          }
        } else {
          for seed in seeds[number, default: []] {
            let request = 1 + (place * 5 + seed * 3) % stage.requests
            let tries = (place + seed + seed / 2) % 2 == 0 ? 1 : Self.tries
            try await meet(fault, rehearsal, stage, request, tries)
          }
        }
      }
    }
  }

  /// The same rehearsal with a long time limit. A short one would take a busy machine for a fault
  /// of the server.
  private static func patient(_ rehearsal: Rehearsal) -> Rehearsal {
    var patient = rehearsal
    patient.limits.timeout = .seconds(60)
    return patient
  }

  /// A first run, and unless it is the last one another that finds an archive.
  private func stages(_ hasty: Rehearsal, last: Int) async throws -> [Stage] {
    let rehearsal = Self.patient(hasty)
    var stages: [Stage] = []
    var before: Rehearsal.Remains?
    var factsBefore: Set<[String?]> = []
    for moment in [Self.now.addingTimeInterval(-86_400 * 3), Self.now][...last] {
      rehearsal.server.forgetRequests()
      let report = try await rehearsal.run(at: moment)
      try #require(report.failed.isEmpty)
      let facts = try rehearsal.facts()
      stages.append(
        Stage(
          moment: moment, before: before, factsBefore: factsBefore,
          whole: try rehearsal.statements(reach: false), facts: facts,
          requests: rehearsal.server.requests.count { $0.appID == Self.apps[0].id },
          allRequests: rehearsal.server.requests.count))
      before = try await rehearsal.remains()
      factsBefore = facts
    }
    return stages
  }

  /// The number of times that each thing was asked for.
  private static func repetitions(_ requests: [ReceivedRequest]) -> [Int] {
    Array(
      Dictionary(
        requests.map { request in
          (
            [
              request.appID, request.source?.joined(separator: ","), request.userTimespan,
              request.offset.map(String.init), request.dateStart, request.dateEnd,
            ], 1
          )
        }, uniquingKeysWith: +
      ).values)
  }

  private func meet(
    _ fault: Fault, _ original: Rehearsal, _ stage: Stage, _ request: Int, _ tries: Int
  ) async throws {
    let told = "\(fault.name) at request \(request) of \(stage.requests), \(tries) times"
    let rehearsal =
      try stage.before.map { try original.with($0, as: "faulty.db") }
      ?? original.withNewArchive(named: "faulty.db")
    rehearsal.server.forgetRequests()
    rehearsal.server.reconfigure {
      $0.interceptor = .faults(
        FaultRule(fault, requests: request...request + tries - 1, appID: Self.apps[0].id))
    }
    let report = try await rehearsal.run(at: stage.moment)
    rehearsal.server.reconfigure { $0.interceptor = nil }

    // Nothing is hammered: nothing is asked more often than that, and little else than is anyway.
    let asked = rehearsal.server.requests
    #expect((Self.repetitions(asked).max() ?? 0) <= Self.tries, "\(told)")
    #expect(asked.count <= stage.allRequests + 64, "\(told)")
    // Nothing that no well server ever said; unknown is not wrong.
    let said = Dictionary(grouping: stage.facts.union(stage.factsBefore)) { Array($0.prefix(3)) }
    let wrong = try rehearsal.facts().filter { row in
      !said[Array(row.prefix(3)), default: []].contains { genuine in
        zip(row, genuine).allSatisfy { $0 == nil || $0 == $1 }
      }
    }
    #expect(wrong == [], "\(told)")
    // The other app is whole, unless the server is worth nothing to anybody.
    let stops = report.failed.flatMap(\.failures).contains { $0.kind.stopsServer }
    if !stops {
      #expect(report.failed.allSatisfy { $0.app.id.text == Self.apps[0].id }, "\(told)")
      let other = stage.facts.filter { $0[1] == Self.apps[1].id }
      #expect(try other.subtracting(rehearsal.facts()) == [], "\(told)")
    }
    // The ledger, the app and the report tell the same.
    let failures = report.failed.flatMap(\.failures)
    let causes = try rehearsal.rows("SELECT cause FROM request WHERE outcome <> 'ok'")
    let refusals = try rehearsal.rows("SELECT field || ' ' || reason FROM refusal")
    #expect(
      failures.allSatisfy { failure in
        causes.contains([failure.cause])
          || (failure.cause.contains("newest day") && !refusals.isEmpty)
      }, "\(told): \(failures) \(causes)")
    #expect(
      try rehearsal.count("SELECT count(*) FROM freshness WHERE last_error IS NOT NULL")
        == report.failed.count, "\(told)")
    #expect(try !rehearsal.holds(Rehearsal.key), "\(told)")

    // A bucket that was refused when it was settled is asked for again by a deep read, and so is a
    // source that the server is said not to accept.
    let isRefused = try rehearsal.count(
      """
      SELECT (SELECT count(*) FROM refusal)
        + (SELECT count(*) FROM app_source WHERE rejected_at IS NOT NULL)
      """)
    let healed = try await Self.patient(rehearsal).run(
      at: stage.moment, isDeep: isRefused > 0)
    #expect(healed.failed.isEmpty, "\(told): \(healed.failed.flatMap(\.failures))")
    let differences = try Set(rehearsal.statements(reach: false)).symmetricDifference(stage.whole)
      .sorted()
    #expect(Array(differences.prefix(6)) == [], "\(told): \(differences.count) differences")
  }
}
