import AlmanacCollector
import AlmanacCore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Synchronization
import Testing

/// One story of forty-five days.
struct PastStory: Sendable, CustomTestStringConvertible {
  let seed: UInt64
  var zone: String
  let generation: ServerProfile.Generation
  let keepsDays: Int?
  var mapsEverySource = false
  var labels = ServerProfile.LabelStyle.ownMidnight
  /// Whether the configuration names the zone; else it is found.
  var isConfigured = false
  /// The generation that the server is upgraded to in the middle of the story.
  var upgrade: ServerProfile.Generation?

  var testDescription: String {
    "seed \(seed), \(zone), \(generation)\(upgrade.map { " to \($0)" } ?? ""), keeps \(keepsDays.map { "\($0)" } ?? "all")"
  }
}

extension PastStory {
  /// The stories that have each zone, generation, memory and style of labels once, and another one for
  /// each further seed.
  static let all = told + Repetition.seeds.dropFirst().map { further($0 - 1) }

  private static let told = [
    PastStory(seed: 1, zone: "UTC", generation: .newest, keepsDays: nil),
    PastStory(
      seed: 3, zone: "Asia/Shanghai", generation: .older, keepsDays: 40, upgrade: .newest),
    PastStory(
      seed: 4, zone: "America/New_York", generation: .tokens, keepsDays: 7, mapsEverySource: true),
    PastStory(seed: 5, zone: "Europe/London", generation: .current, keepsDays: 100),
    PastStory(
      seed: 8, zone: "America/New_York", generation: .current, keepsDays: 30,
      labels: .utcMidnight),
  ]

  private static let seldom = [
    PastStory(
      seed: 2, zone: "Asia/Shanghai", generation: .newest, keepsDays: 30, isConfigured: true),
    PastStory(seed: 10, zone: "UTC", generation: .current, keepsDays: 30, upgrade: .newest),
    PastStory(seed: 6, zone: "Asia/Shanghai", generation: .current, keepsDays: 7),
    PastStory(seed: 7, zone: "UTC", generation: .older, keepsDays: nil, mapsEverySource: true),
    PastStory(
      seed: 9, zone: "Asia/Shanghai", generation: .current, keepsDays: nil, mapsEverySource: true,
      labels: .utcMidnight),
  ]

  private static func further(_ number: Int) -> PastStory {
    if seldom.indices.contains(number) { return seldom[number] }
    let zones = ["UTC", "Asia/Shanghai", "America/New_York", "Europe/London"]
    let keeps: [Int?] = [nil, 7, 30, 40, 100, 180, 61]
    var story = PastStory(
      seed: UInt64(1000 + number), zone: zones[number % 4],
      generation: ServerProfile.Generation.allCases[number % 4], keepsDays: keeps[number % 7])
    if story.generation != .newest { story.upgrade = [nil, .tokens, .newest][number % 3] }
    if story.generation == .newest || story.upgrade == .newest {
      // One offset for each request: such a server knows no daylight saving.
      story.zone = zones[number % 2]
      story.isConfigured = true
    }
    story.mapsEverySource = number % 2 == 0
    if number % 5 == 0 { story.labels = .utcMidnight }
    return story
  }
}

@Suite(.long, .serialized) struct `The archive of a past that moves` {
  /// Late thumbs, talks over midnight, an upgrade, sources that appear and that are no longer
  /// accepted, deletion, skipped runs, runs that are broken off, apps that fail.
  @Test(arguments: PastStory.all)
  func `is what the server last knew, and of what it forgot the last whole figures`(
    story: PastStory
  ) async throws {
    let first = Date("2026-02-20T02:30:00Z")
    let until = first.addingTimeInterval(86_400 * 46)
    let zone = try #require(TimeZone(identifier: story.zone))
    let fleet = DemoFleet.apps(
      count: 6, seed: story.seed, from: first.addingTimeInterval(-86_400 * 120), until: until)
    let apps = DemoFleet.lively(
      [fleet[0], fleet[1], fleet[5]], seed: story.seed, late: first, until: until, zone: zone)
    try await SimulatedCollection.on(apps, now: first, zone: zone) { original in
      var collection = original
      if story.isConfigured {
        collection.zones = ["default": try #require(BucketZone(identifier: story.zone))]
      }
      collection.server.reconfigure { profile in
        profile.generation = story.generation
        profile.keepsDays = story.keepsDays
        profile.mapsEverySource = story.mapsEverySource
        profile.labels = story.labels
        profile.knownSources = story.generation.sources + DemoFleet.oddSources
      }
      var random = SplitMix64(seed: story.seed)
      var runs: [PastRun] = []
      for day in 0..<45 {
        if day == 20 {
          collection.server.reconfigure { $0.knownSources.removeAll { $0 == "wecom" } }
        }
        if day == 22, let upgrade = story.upgrade {
          collection.server.reconfigure { profile in
            profile.generation = upgrade
            profile.labels = .ownMidnight
            profile.knownSources =
              upgrade.sources.filter { $0 != "wecom" } + DemoFleet.oddSources
          }
        }
        if day > 0, random.next() % 7 == 0 { continue }
        let hour = [2.5, 2.5, 2.5, 0.02, 16.1, 23.98][Int(random.next() % 6)]
        let now = first.addingTimeInterval(86_400 * Double(day) + 3600 * (hour - 2.5))
        runs.append(try await Self.run(collection, now, &random))
      }
      let end = first.addingTimeInterval(86_400 * 45)
      let report = try await collection.run(at: end, isDeep: true)
      #expect(report.failed.isEmpty)
      runs.append(PastRun(now: end, whole: Set(apps.map(\.id))))
      let last = collection.server.profile
      for app in apps {
        var comparison = PastComparison(
          collection, app, runs: runs, keepsDays: story.keepsDays,
          base: last.generation == .older ? "new_users" : "users",
          rejected: last.generation == .newest ? ["wecom", "team"] : ["wecom"],
          zone: zone)
        let differences = try comparison.differences()
        #expect(
          Array(differences.prefix(5)) == [],
          "\(story.testDescription): \(differences.count) differences")
      }
    }
  }

  /// A run that may be broken off or lose an app half way.
  private static func run(
    _ collection: SimulatedCollection, _ now: Date, _ random: inout SplitMix64
  ) async throws -> PastRun {
    let fate = random.next() % 8
    let after = Int(random.next() % 40)
    let failing = collection.apps[Int(random.next() % UInt64(collection.apps.count))].id.text
    let all = Set(collection.apps.map(\.id.text))
    let count = Mutex(0)
    if fate == 0 {
      collection.server.reconfigure { profile in
        profile.interceptor = Interceptor { request, genuine in
          guard request.appID == failing else { return nil }
          let made = count.withLock { count in
            count += 1
            return count
          }
          return made > after / 4 ? RawResponse(status: 403, html: "no") : nil
        }
      }
      let report = try await collection.run(at: now)
      collection.server.reconfigure { $0.interceptor = nil }
      return PastRun(now: now, whole: all.subtracting(report.failed.map(\.app.id.text)))
    }
    guard fate == 1 else {
      let report = try await collection.run(at: now)
      return PastRun(now: now, whole: all.subtracting(report.failed.map(\.app.id.text)))
    }
    let report = try await collection.run(at: now, breakingOffAfter: after)
    return PastRun(now: now, whole: report.isInterrupted ? [] : all)
  }
}
