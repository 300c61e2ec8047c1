import AlmanacCore
import Foundation
import GRDB

/// The archive as it is at one moment, for as long as it takes to carry it elsewhere.
///
/// One transaction that reads stays open until this value goes. Runs are not kept waiting.
package final class ArchiveMoment: Sendable {
  package let path: String
  /// The public views.
  package let tables: [PublicTable]
  /// The ids of all apps.
  package let apps: [String]
  package let mark: ArchiveMark
  /// All runs, oldest first, each with its random id.
  package let runs: [(number: Int, id: String)]
  private let queue: DatabaseQueue
  private let still: ImmutableFile?

  /// Opens an archive and holds its present state. Throws as opening it for questions does.
  package init(of path: String) throws {
    let action = "opening the archive \(path)"
    let archive = try Archive.openForReading(path: path)
    try archive.queue.close()
    self.path = path
    (queue, still) = try Archive.translatingErrors(action, path) {
      try Archive.queueForReading(path, holdsTransaction: true)
    }
    (tables, apps, mark, runs) = try Archive.translatingErrors(action, path) { [queue] in
      try queue.inDatabase { db in
        // An app's rows are read from several tables at a time.
        try db.execute(sql: "PRAGMA cache_size = -16000")
        try db.beginTransaction(.deferred)
        return try (
          PublicTable.all(db), String.fetchAll(db, sql: "SELECT app_id FROM app ORDER BY app_id"),
          ArchiveMark(db),
          CheckedRow.fetchAll(db, sql: "SELECT id, uid FROM run ORDER BY id").map {
            try (number: $0[0], id: $0[1])
          }
        )
      }
    }
  }

  deinit { try? queue.inDatabase { try $0.rollback() } }

  /// Gives each row of a public view.
  ///
  /// - Parameters:
  ///   - part: the rows to give
  ///   - isOrdered: whether the rows come in the order of their key
  ///   - isNumbered: whether one more column counts the rows of one key, from 1
  ///   - body: called with each row, whose columns are those of the table
  package func forEachRow(
    of table: PublicTable, _ part: Part = .all, isOrdered: Bool = false,
    isNumbered: Bool = false, _ body: (PublicRow) throws -> Void
  ) throws {
    let condition: String
    var arguments = StatementArguments()
    switch part {
    case .all: condition = ""
    case .app(let app):
      condition = "WHERE app_id = ?"
      arguments = [app]
    case .year(let year, let app):
      let column = table.year ?? ""
      condition = "WHERE \(column) >= ? AND \(column) < ?" + (app == nil ? "" : " AND app_id = ?")
      // A year alone would be compared as a number.
      arguments = [String(format: "%04d-01-01", year), String(format: "%04d-01-01", year + 1)]
      if let app { arguments += [app] }
    case .buckets(let app, let grain, let dates):
      condition =
        "WHERE app_id = ? AND date IN (SELECT value FROM json_each(?))"
        + (table.change == .withBucket(nil) ? " AND grain = ?" : "")
      arguments = [app, "[" + dates.map { "\"\($0)\"" }.joined(separator: ",") + "]"]
      if table.change == .withBucket(nil) { arguments += [grain.name] }
    case .after(let run):
      condition = "WHERE run_id > ?"
      arguments = [run]
    }
    let columns = table.columns.map { "\"\($0.name)\"" }.joined(separator: ", ")
    let key = table.key.map { "\"\($0)\"" }.joined(separator: ", ")
    let order =
      isOrdered ? " ORDER BY \(table.key.isEmpty || table.isNumbered ? columns : key)" : ""
    let number =
      isNumbered ? ", row_number() OVER (PARTITION BY \(key) ORDER BY \(columns))" : ""
    try read("reading \(table.name)") { db in
      if case .app(let app) = part, case .withBucket(let grain?) = table.change, !isOrdered,
        var rows = try BucketRows(db, table, grain)
      {
        return try rows.forEach(of: app, body)
      }
      let statement = try db.cachedStatement(
        sql: "SELECT \(columns)\(number) FROM \(table.name) \(condition)\(order)")
      try statement.setArguments(arguments)
      var bound = BoundStatement(db, statement)
      let count = table.columns.count + (isNumbered ? 1 : 0)
      let row = PublicRow((0..<count).map { .init(0, Int32($0)) }, [bound.pointer])
      while try bound.step() { try body(row) }
    }
  }

  /// The parts of a view that hold everything, or all that may have changed. Each is small.
  package func parts(of table: PublicTable, _ changes: ArchiveChanges? = nil) -> [Part] {
    switch (changes, table.change) {
    case (let changes?, .withBucket(let grain)):
      changes.buckets.filter { grain == nil || $0.grain == grain }.map {
        .buckets(app: $0.app, $0.grain, dates: $0.dates)
      }
    case (let changes?, .byRun) where !changes.withdrawsRevisions: [.after(run: changes.run)]
    default: table.isByApp ? apps.map { .app($0) } : [.all]
    }
  }

  /// Rows of a public view.
  package enum Part: Sendable {
    case all
    case app(String)
    /// Those of one year, of one app or of all.
    case year(Int, app: String?)
    /// Those of some buckets of an app; `dates` are the buckets' first days.
    case buckets(app: String, Grain, dates: [String])
    /// Those that runs have added since.
    case after(run: Int)
  }

  /// The years that rows of a view may be of, in order.
  package func years(of table: PublicTable) throws -> [Int] {
    guard let column = table.year else { return [] }
    // Every bucket has its date in the calendar, where two ends are found at once.
    let dates =
      switch table.change {
      case .withBucket(let grain?): "calendar WHERE grain = \(grain.rawValue)"
      case .withBucket(nil): "calendar"
      case .byRun, .always: table.name
      }
    return try read("reading \(table.name)") { db in
      let ends = try CheckedRow.fetchOne(
        db, sql: "SELECT min(\(column)), max(\(column)) FROM \(dates)")
      guard let first: String = try ends?[0], let last: String = try ends?[1],
        let from = Int(first.prefix(4)), let to = Int(last.prefix(4))
      else { return [] }
      return Array(from...to)
    }
  }

  /// Runs a query on the archive at this moment.
  func read<T>(_ action: @autoclosure () -> String, _ body: (Database) throws -> T) throws -> T {
    try Archive.translatingErrors("\(action()) from \(path)", path) {
      let found = try queue.inDatabase(body)
      try still?.checkUnchanged()
      return found
    }
  }
}

/// The state of an archive, by which a target knows how far it was loaded.
package struct ArchiveMark: Sendable, Equatable {
  /// The random id of the archive, which copies share.
  package let archive: String
  package let schema: Int
  /// The newest run that has finished, and its random id; 0 and an empty text before the first.
  package let run: Int
  package let runID: String
  /// The random id of the newest run that has begun; an empty text before the first.
  package let newestID: String
  package let isDemo: Bool

  init(_ db: Database) throws {
    archive = try String.fetchOne(db, sql: "SELECT uid FROM archive") ?? ""
    schema = try Schema.version(db)
    let finished = try CheckedRow.fetchOne(
      db, sql: "SELECT id, uid FROM run WHERE finished_at IS NOT NULL ORDER BY id DESC LIMIT 1")
    run = try finished?[0] ?? 0
    runID = try finished?[1] ?? ""
    newestID = try String.fetchOne(db, sql: "SELECT uid FROM run ORDER BY id DESC LIMIT 1") ?? ""
    isDemo = try Archive.holdsDemo(db)
  }
}
