import AlmanacCore
import AlmanacStore

extension ClickHouseLoad {
  /// Marks the rows that are gone, and gives the rows of a renamed app its new name. All of these come
  /// from the target itself, and are seen with the load.
  ///
  /// - Parameter visible: the number of the load that readers see
  func remove(_ changes: ArchiveChanges?, _ load: Int, visible: Int) async throws {
    guard let changes else {
      for table in moment.tables where table.isKeyed { try await remove(from: table, "1", load) }
      return
    }
    let left = """
      SELECT app_id FROM almanac_freshness WHERE load = \(visible) AND app_id NOT IN
        (SELECT app_id FROM almanac_freshness WHERE load = \(load))
      """
    let renamed = """
      SELECT app_id FROM almanac_freshness WHERE load = \(load) AND app_id IN
        (SELECT app_id FROM almanac_freshness WHERE load = \(visible)) AND (app_id, app) NOT IN
        (SELECT app_id, app FROM almanac_freshness WHERE load = \(visible))
      """
    var others: [String] = []
    if try await isAny(left) { others.append("app_id IN (\(left))") }
    if !changes.newApps.isEmpty {
      let apps = changes.newApps.map(SQLText.literal)
      others.append("app_id IN (\(apps.joined(separator: ", ")))")
    }
    let isAnyRenamed = try await isAny(renamed)
    for table in moment.tables where table.isKeyed {
      let conditions = table.conditions(changes, load) + others
      if !conditions.isEmpty {
        try await remove(from: table, conditions.joined(separator: " OR "), load)
      }
      if isAnyRenamed { try await rename(renamed, in: table, load) }
    }
  }

  private func remove(from table: PublicTable, _ condition: String, _ load: Int) async throws {
    try await server.run(
      """
      INSERT INTO \(table.incoming) (\(table.identity), load, gone)
      SELECT \(table.identity), \(load), 1 FROM \(table.stored) FINAL
      WHERE (\(condition)) AND (\(table.identity)) NOT IN
        (SELECT \(table.identity) FROM \(table.incoming) WHERE load = \(load))
      """)
  }

  /// - Parameter apps: the query for their ids
  private func rename(_ apps: String, in table: PublicTable, _ load: Int) async throws {
    let others = table.columns.map(\.name).filter { $0 != "app" }
    let number = table.isNumbered ? ", number" : ""
    try await server.run(
      """
      INSERT INTO \(table.incoming) (\(SQLText.names(others))\(number), app, load, gone)
      SELECT \(SQLText.names(others))\(number), new_name, \(load), 0
      FROM (SELECT * FROM \(table.stored) FINAL WHERE app_id IN (\(apps))) AS held
      INNER JOIN (SELECT app_id AS named_id, app AS new_name FROM almanac_freshness
        WHERE load = \(load)) AS named ON named_id = app_id
      WHERE (\(table.identity)) NOT IN
        (SELECT \(table.identity) FROM \(table.incoming) WHERE load = \(load))
      """)
  }

  private func isAny(_ query: String) async throws -> Bool {
    try await !server.run("\(query) LIMIT 1 FORMAT TabSeparated").isEmpty
  }
}

extension PublicTable {
  /// The conditions on rows of the target that may be gone, one of which has to hold.
  fileprivate func conditions(_ changes: ArchiveChanges, _ load: Int) -> [String] {
    switch change {
    case .always: []
    case .byRun: changes.withdrawsRevisions ? ["1"] : ["run_id > \(changes.run)"]
    case .withBucket(let grain?) where changes.buckets.contains { $0.grain == grain }:
      [
        "(app_id, date) IN (SELECT app_id, date FROM almanac_touched "
          + "WHERE load = \(load) AND grain = '\(grain.name)')"
      ]
    case .withBucket(nil) where !changes.buckets.isEmpty:
      [
        "(app_id, grain, date) IN (SELECT app_id, grain, date FROM almanac_touched "
          + "WHERE load = \(load))"
      ]
    case .withBucket: []
    }
  }
}
