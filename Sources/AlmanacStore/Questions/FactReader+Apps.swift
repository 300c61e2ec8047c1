import AlmanacCore
import Foundation
import GRDB

extension FactReader {
  /// An app that the archive knows.
  package struct KnownApp: Sendable, Identifiable {
    package let key: Int
    package let id: AppID
    package let name: String
    package let server: String
    package let zone: BucketZone
    package let tags: [String]
    package let isRetired: Bool
    package let hasBeenRead: Bool
    /// Its first active day, or the day from which it is wanted; `nil` while none is known.
    package let first: Day?
    package fileprivate(set) var sources: [KnownSource] = []
  }

  /// A source through which an app was used.
  package struct KnownSource: Sendable {
    package let key: Int
    package let name: String
    package let first: Day
  }

  /// Every app, by name. Those that nothing was complete of at the moment have no first day.
  package func apps() throws -> [KnownApp] {
    var tags: [Int: [String]] = [:]
    for row in try Record.fetchAll(db, sql: "SELECT app, tag FROM app_tag ORDER BY tag") {
      try tags[row[0], default: []].append(row[1])
    }
    var sources: [Int: [KnownSource]] = [:]
    for row in try Record.fetchAll(
      db,
      sql: """
        SELECT app, source, source.name, first_date FROM app_source
        JOIN source ON source.id = app_source.source ORDER BY source.name
        """)
    {
      try sources[row[0], default: []].append(
        KnownSource(key: row[1], name: row[2], first: row[3]))
    }
    return try Record.fetchAll(
      db,
      sql: """
        SELECT app.id, app.app_id, app.name, server.name, server.zone, app.retired,
          app.last_success_at IS NOT NULL, app.first_date, app.since_date
        FROM app JOIN server ON server.id = app.server ORDER BY app.name, app.app_id
        """
    ).map { row in
      let key: Int = try row[0]
      let zone: BucketZone? = try row[4]
      let active: Day? = try row[7]
      let since: Day? = try row[8]
      let first = active.map { max($0, since ?? $0) }
      let isKnown = try first != nil && wasKnown(key)
      var app = try KnownApp(
        key: key, id: row[1], name: row[2], server: row[3], zone: zone ?? .utc,
        tags: tags[key] ?? [], isRetired: row[5], hasBeenRead: row[6],
        first: isKnown ? first : nil)
      app.sources = sources[key] ?? []
      return app
    }
  }

  private func wasKnown(_ app: Int) throws -> Bool {
    guard let run = moment.newestRun else { return true }
    return try Bool.fetchOne(
      db.cachedStatement(
        sql: "SELECT EXISTS (SELECT 1 FROM bucket WHERE app = ? AND complete_run_id <= ?)"),
      arguments: [app, run]) ?? false
  }
}
