import AlmanacCore
import GRDB

extension Archive {
  /// Whether an app's server has ever answered a retention above zero at a grain. A server that
  /// never did, although there were users, does not measure it, and its zeros count as unknown.
  static func measuresRetention(_ db: Database, app: Int, grain: Grain) throws -> Bool {
    try Bool.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT EXISTS (SELECT 1 FROM server_retention
            WHERE server = (SELECT server FROM app WHERE id = ?) AND grain = ?)
          """), arguments: [app, grain.rawValue]) ?? false
  }

  /// Grains at which a server has answered nothing but zero, for cohorts that had users.
  package func unmeasuredRetention() async throws -> [(server: String, grain: Grain)] {
    try await read("reading what servers measure") { db in
      try CheckedRow.fetchAll(
        db,
        sql: """
          SELECT server.name, grain.id FROM server CROSS JOIN grain
          WHERE NOT EXISTS (SELECT 1 FROM server_retention
              WHERE server_retention.server = server.id AND server_retention.grain = grain.id)
            AND EXISTS (SELECT 1 FROM app CROSS JOIN retention_fact
              ON retention_fact.app = app.id AND retention_fact.source = 0
                AND retention_fact.grain = grain.id
              WHERE app.server = server.id AND retention_fact.answered_count = 0
                AND retention_fact.cohort_users > 0)
          ORDER BY server.name, grain.id
          """
      ).map { row in try (row[0], row[1]) }
    }
  }
}
