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
    package let tags: [Name]
    package let isRetired: Bool
    /// Whether anything is known of it: activity, or that there was none.
    package let hasBeenRead: Bool
    /// Its first active day, or the day from which it is wanted; `nil` while none is known.
    package let first: Day?
    /// The oldest day that is wanted; nothing older is known. `nil` if there is no such limit.
    package let since: Day?
    /// The day after the last bucket that was read, for an app that is retired; `nil` for others.
    package let end: Day?
    /// The app's sources, sorted by name; see ``FactReader/withSources(_:)``.
    package internal(set) var sources: [KnownSource] = []
  }

  /// A source through which an app was used.
  package struct KnownSource: Sendable {
    package let key: Int
    package let name: Name
    package let first: Day
  }

  /// Every app, sorted by name. An app that had no complete bucket at the moment has no first day.
  package func apps() throws -> [KnownApp] {
    var tags: [Int: [Name]] = [:]
    var labels = try BoundStatement(db, "SELECT app, tag FROM app_tag ORDER BY tag")
    while try labels.step() {
      tags[labels.integer(0), default: []].append(try labels.value(1))
    }
    var servers: [Int: (name: String, zone: BucketZone)] = [:]
    var hosts = try BoundStatement(db, "SELECT id, name, zone FROM server")
    while try hosts.step() {
      let zone: BucketZone? = try hosts.value(orNull: 2)
      servers[hosts.integer(0)] = (try hosts.value(1), zone ?? .utc)
    }
    var rows = try BoundStatement(
      db,
      """
      SELECT id, app_id, name, server, retired, last_success_at IS NOT NULL, first_date, since_date
      FROM app ORDER BY name, app_id
      """)
    var apps: [KnownApp] = []
    while try rows.step() {
      let key = rows.integer(0)
      let server = servers[rows.integer(3)]
      let active: Day? = try rows.value(orNull: 6)
      let since: Day? = try rows.value(orNull: 7)
      let first = active.map { max($0, since ?? $0) }
      let isKnown = try first != nil && wasKnown(key)
      // A run that was broken off leaves what it has read, but no success.
      let isSilent = active == nil && rows.integer(5) != 0
      apps.append(
        KnownApp(
          key: key, id: try rows.value(1), name: try rows.value(2), server: server?.name ?? "",
          zone: server?.zone ?? .utc, tags: tags[key] ?? [], isRetired: rows.integer(4) != 0,
          hasBeenRead: isKnown || isSilent, first: isKnown ? first : nil,
          since: since, end: rows.integer(4) != 0 ? try end(key) ?? first : nil))
    }
    return apps
  }

  private func end(_ app: Int) throws -> Day? {
    try Grain.allCases.compactMap { grain in
      try CheckedRow.fetchOne(
        db,
        sql: """
          SELECT day FROM bucket WHERE app = ? AND grain = ? AND complete_run_id IS NOT NULL
          ORDER BY day DESC LIMIT 1
          """,
        arguments: [app, grain.rawValue]
      ).map { grain.start(of: try $0[0], advancedBy: 1) }
    }.max()
  }

  /// An app with the sources that it was used through.
  package func withSources(_ app: KnownApp) throws -> KnownApp {
    var app = app
    var rows = try BoundStatement(
      db,
      """
      SELECT source.id, source.name, app_source.first_date FROM app_source
      JOIN source ON source.id = app_source.source WHERE app_source.app = ? ORDER BY source.name
      """)
    rows.bind(app.key)
    while try rows.step() {
      app.sources.append(
        KnownSource(key: rows.integer(0), name: try rows.value(1), first: try rows.value(2)))
    }
    return app
  }

  /// The notes on all apps and on some, within some days, in the order of their days.
  package func annotations(_ apps: [KnownApp], _ days: Range<Day>) throws -> [Annotation] {
    let names = Dictionary(apps.map { ($0.key, $0.name) }) { $1 }
    var rows = try BoundStatement(
      db, "SELECT date, app, text FROM annotation WHERE date >= ? AND date < ? ORDER BY date, id")
    rows.bind(days.lowerBound.description)
    rows.bind(days.upperBound.description)
    var annotations: [Annotation] = []
    while try rows.step() {
      let app = rows.integer(orNull: 1)
      guard app.map({ names[$0] != nil }) ?? true else { continue }
      annotations.append(
        Annotation(
          date: try rows.value(0), app: app.flatMap { names[$0] }, text: try rows.value(2)))
    }
    return annotations
  }

  private func wasKnown(_ app: Int) throws -> Bool {
    guard let run = moment.newestRun else { return true }
    return try Bool.fetchOne(
      db.cachedStatement(
        sql: "SELECT EXISTS (SELECT 1 FROM bucket WHERE app = ? AND complete_run_id <= ?)"),
      arguments: [app, run]) ?? false
  }
}
