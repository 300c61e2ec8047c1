import AlmanacCore
import GRDB

/// Records figures of complete buckets that changed: both values, when, in which run and why.
struct Revision {
  private let app: Int
  private let source: Int
  private let run: Int
  private let revisedAt: String
  private let isRecut: Bool

  init(_ belief: Belief, _ entry: LedgerEntry, _ source: Int) {
    app = belief.app
    self.source = source
    run = entry.run
    revisedAt = entry.answeredAt.iso8601
    isRecut = belief.isRecut
  }

  /// Whether a change is one of a complete bucket: of a known figure since the bucket was stored
  /// complete, and of an unknown one if an earlier run did so.
  func isDue(_ old: Double?, _ hold: Archive.Hold) -> Bool {
    guard let completeRun = hold.completeRun else { return false }
    return old != nil || completeRun < run
  }

  func record(
    _ db: Database, _ figure: String, _ old: Double?, _ new: Double?, _ bucket: Bucket
  ) throws {
    var statement = try BoundStatement(
      db,
      """
      INSERT INTO revision (app, source, grain, date, figure, old_value, new_value, revised_at,
        run_id, reason)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    statement.bind(app)
    statement.bind(source)
    statement.bind(bucket.grain.rawValue)
    statement.bind(bucket.start.description)
    statement.bind(figure)
    statement.bind(old)
    statement.bind(new)
    statement.bind(revisedAt)
    statement.bind(run)
    statement.bind(isRecut ? "recut" : (new ?? 0) < (old ?? 0) ? "fell" : "grew")
    try statement.run()
  }
}
