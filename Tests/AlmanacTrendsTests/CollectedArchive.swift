import AlmanacCollector
import AlmanacCore
import AlmanacStore
import AlmanacTestSupport
import AlmanacTrends
import FastGPTSimulator
import Foundation

/// An archive that was collected from a simulated server. It may have been harmed since, and then
/// has gaps, unknown figures and a retired app.
struct CollectedArchive {
  static let now = Date("2027-01-20T02:30:00Z")
  let collection: SimulatedCollection

  /// Collects a year of four apps, in which lies the end of a year with a week 53.
  static func with(
    seed: UInt64, months: Int = 13, isHarmed: Bool = true,
    _ body: (CollectedArchive) async throws -> Void
  ) async throws {
    let apps = DemoFleet.apps(
      count: 4, seed: seed, from: now.addingTimeInterval(-86_400 * 30 * Double(months)), until: now)
    try await SimulatedCollection.on(apps, now: now) { original in
      var collection = original
      collection.zones = ["default": .utc]
      collection.server.reconfigure { $0.generation = .tokens }
      collection.settings = CollectorSettings(
        retentionOffsets: [.day: [1, 3], .week: [1], .month: [1], .quarter: [1]])
      try await collection.run(at: now)
      let collected = CollectedArchive(collection: collection)
      try collected.tag()
      if isHarmed { try collected.harm(seed: Int(seed)) }
      try await body(collected)
    }
  }

  func execute(_ sql: String) throws {
    try SimulatedCollection.execute(sql, path: collection.path, patience: 5)
  }

  func ask<Answer: Sendable>(
    _ query: Query, _ body: @escaping @Sendable (Query, FactReader) throws -> Answer
  ) async throws -> Answer {
    try collection.archive.ask(asOf: query.asOf) { try body(query, $0) }
  }

  private func tag() throws {
    try execute(
      """
      INSERT INTO app_tag (app, tag) SELECT id, 'odd' FROM app WHERE id % 2 = 1;
      INSERT INTO app_tag (app, tag) SELECT id, 'low' FROM app WHERE id <= 2
      """)
  }

  /// Deletes some days, weeks and months of some apps, makes some figures unknown, and retires the
  /// last app.
  private func harm(seed: Int) throws {
    let tables = ["user_fact", "chat_fact", "app_fact", "retention_fact", "figure", "bucket"]
    let holes =
      "((grain = 0 AND (day + \(seed)) % 41 < 2 AND app <> 3) "
      + "OR (grain = 1 AND (day / 7 + \(seed)) % 17 = 0) "
      + "OR (grain = 2 AND day % 6 = \(seed % 6) AND app = 2))"
    try execute(tables.map { "DELETE FROM \($0) WHERE \(holes)" }.joined(separator: ";"))
    try execute(
      """
      UPDATE chat_fact SET error_count = NULL WHERE (day + \(seed)) % 29 = 0 AND app <> 3;
      UPDATE chat_fact SET output_tokens = NULL WHERE (day + \(seed)) % 23 = 0 AND app <> 3;
      UPDATE app_fact SET bad_feed_back_count = NULL WHERE (day + \(seed)) % 31 = 0 AND app <> 3;
      UPDATE user_fact SET new_user_count = NULL WHERE (day + \(seed)) % 37 = 0 AND app <> 3;
      UPDATE app SET retired = 1 WHERE id = (SELECT max(id) FROM app);
      DELETE FROM bucket WHERE app = (SELECT max(id) FROM app) AND day > 20750
      """)
  }
}
