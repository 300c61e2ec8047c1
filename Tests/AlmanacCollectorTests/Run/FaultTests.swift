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
    let profile = ServerProfile(key: SimulatedCollection.key, clock: { now })
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
    let before: SimulatedCollection.Remains?
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
    try await SimulatedCollection.on(Self.apps, now: Self.now) { original in
      var collection = original
      collection.zones = ["default": .utc]
      collection.settings = CollectorSettings(
        retentionOffsets: [.day: [1, 3], .week: [1], .month: [1], .quarter: [1]], concurrency: 2)
      collection.limits.retry.tries = Self.tries
      collection.limits.timeout = .milliseconds(1500)
      collection.limits.retry.longestDelay = .milliseconds(10)
      collection.limits.retry.totalTime = .seconds(20)
      let fault = try #require(
        Fault.named(name, Fault.Setting(for: collection.server.profile)))
      let place = try #require(Self.names.firstIndex(of: name))
      let seeds = Dictionary(grouping: Repetition.seeds) { (place / 2 + $0) % 2 }
      let last = Self.wanted == nil ? seeds.keys.max() : nil
      for (number, stage) in try await stages(collection, last: last ?? 1).enumerated() {
        if Self.wanted != nil {
          for request in 1...stage.requests {
            try await meet(fault, collection, stage, request, 1)
            try await meet(fault, collection, stage, request, Self.tries)
          }
        } else {
          for seed in seeds[number, default: []] {
            let request = 1 + (place * 5 + seed * 3) % stage.requests
            let tries = (place + seed + seed / 2) % 2 == 0 ? 1 : Self.tries
            try await meet(fault, collection, stage, request, tries)
          }
        }
      }
    }
  }

  /// The same collection with a long time limit. A short one would take a busy machine for a fault
  /// of the server.
  private static func patient(_ collection: SimulatedCollection) -> SimulatedCollection {
    var patient = collection
    patient.limits.timeout = .seconds(60)
    return patient
  }

  /// A first run, and unless it is the last one another that finds an archive.
  private func stages(_ hasty: SimulatedCollection, last: Int) async throws -> [Stage] {
    let collection = Self.patient(hasty)
    var stages: [Stage] = []
    var before: SimulatedCollection.Remains?
    var factsBefore: Set<[String?]> = []
    for moment in [Self.now.addingTimeInterval(-86_400 * 3), Self.now][...last] {
      collection.server.forgetRequests()
      let report = try await collection.run(at: moment)
      try #require(report.failed.isEmpty)
      let facts = try collection.facts()
      stages.append(
        Stage(
          moment: moment, before: before, factsBefore: factsBefore,
          whole: try collection.statements(reach: false), facts: facts,
          requests: collection.server.requests.count { $0.appID == Self.apps[0].id },
          allRequests: collection.server.requests.count))
      before = try await collection.remains()
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
    _ fault: Fault, _ original: SimulatedCollection, _ stage: Stage, _ request: Int, _ tries: Int
  ) async throws {
    let told = "\(fault.name) at request \(request) of \(stage.requests), \(tries) times"
    let collection =
      try stage.before.map { try original.with($0, as: "faulty.db") }
      ?? original.withNewArchive(named: "faulty.db")
    collection.server.forgetRequests()
    collection.server.reconfigure {
      $0.interceptor = .faults(
        FaultRule(fault, requests: request...request + tries - 1, appID: Self.apps[0].id))
    }
    let report = try await collection.run(at: stage.moment)
    collection.server.reconfigure { $0.interceptor = nil }

    // Nothing is hammered: nothing is asked more often than that, and little else than is anyway.
    let asked = collection.server.requests
    #expect((Self.repetitions(asked).max() ?? 0) <= Self.tries, "\(told)")
    #expect(asked.count <= stage.allRequests + 64, "\(told)")
    // Nothing that no well server ever said; unknown is not wrong.
    let said = Dictionary(grouping: stage.facts.union(stage.factsBefore)) { Array($0.prefix(3)) }
    let wrong = try collection.facts().filter { row in
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
      #expect(try other.subtracting(collection.facts()) == [], "\(told)")
    }
    // The ledger, the app and the report tell the same.
    let failures = report.failed.flatMap(\.failures)
    let causes = try collection.rows("SELECT cause FROM request WHERE outcome <> 'ok'")
    let refusals = try collection.rows("SELECT field || ' ' || reason FROM refusal")
    #expect(
      failures.allSatisfy { failure in
        causes.contains([failure.cause])
          || (failure.cause.contains("newest day") && !refusals.isEmpty)
      }, "\(told): \(failures) \(causes)")
    #expect(
      try collection.count("SELECT count(*) FROM freshness WHERE last_error IS NOT NULL")
        == report.failed.count, "\(told)")
    #expect(try !collection.holds(SimulatedCollection.key), "\(told)")

    // A bucket that was refused when it was settled is asked for again by a deep read, and so is a
    // source that the server is said not to accept.
    let isRefused = try collection.count(
      """
      SELECT (SELECT count(*) FROM refusal)
        + (SELECT count(*) FROM app_source WHERE rejected_at IS NOT NULL)
      """)
    let healed = try await Self.patient(collection).run(
      at: stage.moment, isDeep: isRefused > 0)
    #expect(healed.failed.isEmpty, "\(told): \(healed.failed.flatMap(\.failures))")
    let differences = try Set(collection.statements(reach: false)).symmetricDifference(stage.whole)
      .sorted()
    #expect(Array(differences.prefix(6)) == [], "\(told): \(differences.count) differences")
  }
}
