import AlmanacCore
import AlmanacStore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

@testable import AlmanacCollector

@Suite struct `What retention is a share of` {
  /// Answers one after another, and what is believed after each: the server's base, and the base of
  /// the answer's own figures.
  struct Story: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var before = ServerBase()
    let answers: [(signs: GenerationSigns, new: Double, retained: Double)]
    let learned: [RetentionBase?]
    let own: [RetentionBase?]
  }

  private static let newer = (GenerationSigns.newer, 2.0, 1.0)
  private static let older = (GenerationSigns.older, 2.0, 1.0)
  private static let mixed = (GenerationSigns.newer.union(.seconds), 2.0, 1.0)
  private static let lone = (GenerationSigns.seconds, 2.0, 1.0)
  private static let exceeding = (GenerationSigns.newer, 1.0, 2.0)

  static let stories: [Story] = [
    Story(
      testDescription: "every sign of one generation shows it", answers: [newer, newer],
      learned: [.activeUsers, .activeUsers], own: [.activeUsers, .activeUsers]),
    Story(
      testDescription: "neither one sign nor signs of both show anything",
      answers: [lone, mixed, older], learned: [nil, nil, .newUsers], own: [nil, nil, .newUsers]),
    Story(
      testDescription: "one sign of the other changes nothing",
      before: ServerBase(base: .activeUsers), answers: [lone, mixed, lone],
      learned: [.activeUsers, .activeUsers, .activeUsers],
      own: [.activeUsers, .activeUsers, .activeUsers]),
    Story(
      testDescription: "every sign of the other, once, is a doubt",
      before: ServerBase(base: .newUsers), answers: [newer, older, newer, older],
      learned: [.newUsers, .newUsers, .newUsers, .newUsers], own: [nil, .newUsers, nil, .newUsers]),
    Story(
      testDescription: "while there is a doubt, nothing else decides",
      before: ServerBase(base: .newUsers, isDoubted: true), answers: [lone, mixed, older],
      learned: [.newUsers, .newUsers, .newUsers], own: [nil, nil, .newUsers]),
    Story(
      testDescription: "every sign of the other, twice, is an upgrade",
      before: ServerBase(base: .newUsers), answers: [newer, newer],
      learned: [.newUsers, .activeUsers], own: [nil, .activeUsers]),
    Story(
      testDescription: "more who came back than were new prove all users",
      before: ServerBase(base: .newUsers), answers: [exceeding],
      learned: [.activeUsers], own: [.activeUsers]),
    Story(
      testDescription: "what a count has proved, no form of an answer takes back",
      answers: [(.older, 1, 2), older, older],
      learned: [.activeUsers, .activeUsers, .activeUsers],
      own: [.activeUsers, .activeUsers, .activeUsers]),
  ]

  @Test(arguments: stories)
  func `is learned from answers that carry data`(story: Story) {
    var base = story.before
    for (index, told) in story.answers.enumerated() {
      var figures = Figures()
      figures[.newUserCount] = told.new
      figures[.retentionUserCount] = told.retained
      let own = base.learn(
        from: Answer(
          observations: [Observation(serverTimestamp: 0, series: .all, figures: figures)],
          sent: [], signs: told.signs, delivery: Delivery()))
      #expect(base.base == story.learned[index], "answer \(index)")
      #expect(own == story.own[index], "answer \(index)")
    }
    let empty = Answer(observations: [], sent: [], delivery: Delivery())
    let before = base
    #expect(base.learn(from: empty) == (before.isDoubted ? nil : before.base))
    #expect(base == before)
  }

  private static let now = Date("2026-06-10T02:30:00Z")

  private static func bases(_ collection: SimulatedCollection) throws -> [[String?]] {
    try collection.rows("SELECT DISTINCT base FROM retention")
  }

  /// A quiet app has empty answers, which show nothing.
  @Test func `stays for the empty answers of an old server`() async throws {
    let busy = Fixtures.steady(from: Self.now.addingTimeInterval(-86_400 * 40), days: 60)
    let quiet = Fixtures.steady(
      Fixtures.otherID, from: Self.now.addingTimeInterval(-86_400 * 200), days: 20)
    try await SimulatedCollection.on([quiet, busy], now: Self.now) { collection in
      collection.server.reconfigure { $0.generation = .older }
      for day in 0..<3 {
        try await collection.run(at: Self.now.addingTimeInterval(86_400 * Double(day)))
        #expect(try Self.bases(collection) == [["new_users"]])
      }
      #expect(try collection.count("SELECT count(*) FROM revisions") == 0)
    }
  }

  @Test(arguments: [1, 2])
  func `is the new one everywhere after an upgrade, but for what is forgotten`(
    apps count: Int
  ) async throws {
    let fleet = DemoFleet.apps(
      count: count, seed: 5, from: Self.now.addingTimeInterval(-86_400 * 100),
      until: Self.now.addingTimeInterval(86_400 * 10))
    try await SimulatedCollection.on(fleet, now: Self.now) { collection in
      collection.server.reconfigure { $0.generation = .older }
      try await collection.run(at: Self.now)
      #expect(try Self.bases(collection) == [["new_users"]])
      collection.server.reconfigure { profile in
        profile.generation = .newest
        profile.keepsDays = 60
      }
      for day in 1...3 {
        try await collection.run(at: Self.now.addingTimeInterval(86_400 * Double(day)))
      }
      let last = Self.now.addingTimeInterval(86_400 * 3)
      // Of a cohort whose first day is forgotten, nothing is read any more.
      let kept = try collection.rows(
        """
        SELECT DISTINCT date > (SELECT max(forgotten_date) FROM app
          WHERE app.app_id = retention.app_id) FROM retention WHERE base = 'new_users'
        """)
      #expect(kept == [["0"]])
      let recount = Recount(fleet[0], now: last)
      let buckets = recount.buckets("day", now: last)
      for row in try collection.rows(
        """
        SELECT date, cohort_users, retained_users FROM retention WHERE app_id = '\(fleet[0].id)'
          AND grain = 'day' AND offset = 3 AND base = 'users' AND mature = 1
        """)
      {
        let date = row[0] ?? ""
        let cohort = buckets[date]?.users ?? []
        let later = buckets[Recount.later("day", date, by: 3)]?.users ?? []
        #expect(
          row == [date, "\(cohort.count)", "\(cohort.intersection(later).count)"], "\(date)")
      }
    }
  }

  @Test func `is not moved by one answer in seconds`() async throws {
    let app = Fixtures.steady(from: Self.now.addingTimeInterval(-86_400 * 40), days: 60)
    try await SimulatedCollection.on([app], now: Self.now) { collection in
      try await collection.run(at: Self.now)
      let before = try collection.rows("SELECT date, offset, cohort_users, base FROM retention")
      collection.server.reconfigure { profile in
        profile.interceptor = Interceptor { request, genuine in
          guard request.number % 3 == 0 else { return nil }
          let text = String(decoding: genuine.body, as: UTF8.self)
          let other = text.replacing(/"timestamp":(\d+)000/) { "\"timestamp\":\($0.1)" }
          return RawResponse(status: 200, body: Array(other.utf8))
        }
      }
      try await collection.run(at: Self.now.addingTimeInterval(3600), isDeep: true)
      #expect(
        try collection.rows("SELECT date, offset, cohort_users, base FROM retention") == before)
      #expect(try collection.count("SELECT count(*) FROM revisions") == 0)
    }
  }

  /// The filtered count of a source differs from its count in the map of all sources.
  @Test func `has nothing to do with a source's users, which the map alone counts`() async throws {
    let app = Fixtures.steady(from: Self.now.addingTimeInterval(-86_400 * 40), days: 60)
    try await SimulatedCollection.on([app], now: Self.now) { collection in
      collection.server.reconfigure { $0.quirks = .countsSourcesTwice }
      for day in 0..<4 {
        try await collection.run(
          at: Self.now.addingTimeInterval(86_400 * Double(day)), isDeep: day == 3)
        let users = try collection.rows(
          "SELECT source, max(users), sum(messages) > 0 FROM daily_by_source GROUP BY 1 ORDER BY 1")
        #expect(users == [["api", "1", "1"], ["share", "1", "1"]])
      }
      #expect(try collection.count("SELECT count(*) FROM revision WHERE figure = 'users'") == 0)
    }
  }
}
