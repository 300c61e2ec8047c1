import AlmanacCollector
import AlmanacCore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

@Suite(.serialized) struct `A run that is repeated, broken off or put together again` {
  private let now = Date("2026-06-20T02:30:00Z")

  private var apps: [SimulatedApp] {
    let from = now.addingTimeInterval(-86_400 * 90)
    let until = now.addingTimeInterval(86_400 * 2)
    return DemoFleet.lively(
      [DemoFleet.apps(count: 1, seed: 11, from: from, until: until)[0]], seed: 11,
      late: now.addingTimeInterval(-86_400 * 20), until: until)
  }

  private func statements(
    keepsDays: Int?, breakingOffAfter requests: [Int]
  ) async throws -> (statements: [String], made: Int) {
    try await SimulatedCollection.on(apps, now: now) { collection in
      collection.server.reconfigure {
        $0.keepsDays = keepsDays
        $0.knownSources += DemoFleet.oddSources
      }
      try await collection.run(at: now.addingTimeInterval(-86_400 * 3))
      for count in requests { try await collection.run(at: now, breakingOffAfter: count) }
      let report = try await collection.run(at: now)
      return (try collection.statements(), report.requests)
    }
  }

  @Test(arguments: [nil, 30])
  func `ends in the archive that one clean run makes`(keepsDays: Int?) async throws {
    let clean = try await statements(keepsDays: keepsDays, breakingOffAfter: [])
    #expect(clean.statements.count > 400)
    for (_, count) in Repetition.share(of: 0...clean.made, parts: 6) {
      let broken = try await statements(keepsDays: keepsDays, breakingOffAfter: [count])
      let differences = Set(broken.statements).symmetricDifference(clean.statements).sorted()
      #expect(
        Array(differences.prefix(4)) == [],
        "\(differences.count) differences, broken off after \(count) of \(clean.made)")
    }
    let thrice = try await statements(keepsDays: keepsDays, breakingOffAfter: [3, 9, 100])
    #expect(Set(thrice.statements).symmetricDifference(clean.statements).isEmpty)
  }

  /// The figures that were complete at the end of a day must follow from the newest archive, once
  /// every later revision is taken back.
  @Test func `tells from its revisions what it was`() async throws {
    try await SimulatedCollection.on(apps, now: now) { collection in
      collection.server.reconfigure {
        $0.keepsDays = 60
        $0.knownSources += DemoFleet.oddSources
      }
      var copies: [Int: [String]] = [:]
      for day in 0..<20 {
        try await collection.run(at: now.addingTimeInterval(86_400 * Double(day - 20)))
        copies[day + 1] = try Self.complete(collection)
      }
      #expect(try collection.count("SELECT count(*) FROM revision") > 20)
      for run in [3, 11, 17, 20] {
        let rebuilt = try Self.rebuilt(collection, at: run)
        let copy = try #require(copies[run])
        #expect(rebuilt == copy, "run \(run)")
      }
    }
  }

  private static let figures: [(table: String, column: String, name: String)] = [
    ("user_fact", "user_count", "users"), ("user_fact", "new_user_count", "new_users"),
    ("user_fact", "points", "user_points"), ("chat_fact", "chat_item_count", "messages"),
    ("chat_fact", "chat_count", "chats"), ("chat_fact", "error_count", "errors"),
    ("chat_fact", "points", "points"), ("app_fact", "good_feed_back_count", "good_feedback"),
    ("app_fact", "bad_feed_back_count", "bad_feedback"),
    ("app_fact", "total_response_time", "response_seconds"),
  ]

  private static func complete(_ collection: SimulatedCollection) throws -> [String] {
    try values(collection, completeBy: Int.max)
  }

  private static func values(_ collection: SimulatedCollection, completeBy run: Int) throws
    -> [String]
  {
    try figures.flatMap { figure in
      try collection.rows(
        """
        SELECT fact.source, fact.grain, calendar.date, \(figure.column)
        FROM \(figure.table) AS fact
        JOIN bucket ON bucket.app = fact.app AND bucket.grain = fact.grain
          AND bucket.day = fact.day
        JOIN calendar ON calendar.grain = fact.grain AND calendar.day = fact.day
        WHERE complete_run_id <= \(run) AND \(figure.column) IS NOT NULL
        """
      ).map { row in "\(figure.name) " + row.map { $0 ?? "-" }.joined(separator: " ") }
    }.sorted()
  }

  private static func rebuilt(_ collection: SimulatedCollection, at run: Int) throws -> [String] {
    var values: [String: String] = [:]
    for line in try Self.values(collection, completeBy: run) {
      let parts = line.split(separator: " ")
      values[parts.dropLast().joined(separator: " ")] = String(parts[4])
    }
    let revisions = try collection.rows(
      """
      SELECT figure, source, grain, date, old_value FROM revision
      WHERE run_id > \(run) ORDER BY id DESC
      """)
    let integers = Set([
      "users", "new_users", "messages", "chats", "errors", "good_feedback",
      "bad_feedback",
    ])
    for row in revisions {
      let key = row[0...3].map { $0 ?? "" }.joined(separator: " ")
      let isComplete = try collection.count(
        """
        SELECT count(*) FROM bucket JOIN calendar USING (grain, day)
        WHERE grain = \(row[2] ?? "") AND date = '\(row[3] ?? "")' AND complete_run_id <= \(run)
        """)
      guard isComplete > 0 else { continue }
      values[key] = row[4].map { old in
        integers.contains(row[0] ?? "") ? String(old.dropLast(2)) : old
      }
    }
    let names = Set(figures.map(\.name))
    return values.filter {
      names.contains($0.key.split(separator: " ").first.map(String.init) ?? "")
    }
    .map { "\($0.key) \($0.value)" }.sorted()
  }
}
