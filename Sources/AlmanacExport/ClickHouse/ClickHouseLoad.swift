import AlmanacCore
import AlmanacStore
import Foundation
import NIOCore

/// Brings the tables of a ClickHouse to one moment of the archive.
package struct ClickHouseLoad: Sendable {
  let moment: ArchiveMoment
  let server: ClickHouseServer
  private let version: String

  package init(of moment: ArchiveMoment, into server: ClickHouseServer, version: String) {
    self.moment = moment
    self.server = server
    self.version = version
  }

  /// The extent of a load.
  package struct Report: Sendable {
    /// The run since which rows were carried over; `nil` for a whole load.
    package let since: Int?
    /// The rows that were sent.
    package let rows: Int
    /// Whether the target held another archive before.
    package let replacesAnother: Bool
  }

  /// Loads what the target lacks: everything, or what may have changed since the run that it holds.
  ///
  /// Throws an ``AlmanacError``. Readers of the target see all of the state of before then, or all of
  /// the new one, and the next load begins anew.
  ///
  /// - Parameter isWhole: whether to load everything in any case
  package func run(isWhole: Bool) async throws -> Report {
    try await describingErrors(loading, "readers see all of a load or nothing of it; try again") {
      let target = try await target(loading)
      let changes = try target.changes(moment, isWhole: isWhole)
      if changes == nil {
        try await makeTables(replacing: target.held["layout"] != String(ClickHouseTables.layout))
      }
      let load = try await begin(after: target.newest)
      if target.pending > 0 { try await move(target.pending) }
      try await tidy(visible: target.visible)
      let sent = try await send(changes, load)
      try await remove(changes, load, visible: target.visible)
      try await checkNewest(load, visible: target.visible)
      try await log("visible", load)
      try await move(load)
      return Report(
        since: changes?.run, rows: sent,
        replacesAnother: target.visible > 0 && target.held["archive"] != moment.mark.archive)
    }
  }

  /// Makes what is missing of the tables and views.
  ///
  /// - Parameter isOther: whether the views may be those of another arrangement
  private func makeTables(replacing isOther: Bool) async throws {
    try await server.run(ClickHouseTables.log)
    try await server.run(ClickHouseTables.touched)
    let columns = try await server.run(
      "SELECT table, name FROM system.columns WHERE database = currentDatabase() FORMAT TabSeparated"
    )
    let held = Dictionary(grouping: columns, by: { $0[0] }).mapValues { $0.compactMap(\.last) }
    for table in moment.tables {
      for statement in ClickHouseTables.statements(for: table, beside: held, replacing: isOther) {
        try await server.run(statement)
      }
    }
  }

  var loading: String { "loading \(moment.path) into \(server.name)" }

  /// Writes a step of the load down.
  private func log(_ step: String, _ load: Int, _ token: String = "") async throws {
    let mark = moment.mark
    let texts = [step, token, mark.archive, mark.runID, mark.newestID, version].map(SQLText.literal)
    try await server.run(
      """
      INSERT INTO almanac_load (load, step, token, archive, run, run_id, newest_run_id, schema, demo,
        layout, almanac)
      SELECT \(load), \(texts[0]), \(texts[1]), \(texts[2]), \(mark.run), \(texts[3]), \(texts[4]),
        \(mark.schema), \(mark.isDemo ? 1 : 0), \(ClickHouseTables.layout), \(texts[5])
      """)
  }

  /// Sends the rows. Returns how many.
  private func send(_ changes: ArchiveChanges?, _ load: Int) async throws -> Int {
    try await withThrowingTaskGroup { group in
      var count = 0
      var isSending = false
      if let changes, !changes.buckets.isEmpty {
        let lines = changes.buckets.flatMap { app, grain, dates in
          dates.map { TabSeparated.clickHouse.line([String(load), app, grain.name, $0]) }
        }
        group.addTask {
          try await server.insert(
            Array(lines.joined()), into: "almanac_touched (load, app_id, grain, date)")
        }
        isSending = true
      }
      for table in moment.tables {
        let place = table.isKeyed ? table.incoming : table.stored
        let target = "\(place) (\(table.names())\(table.marks)) \(table.selection)"
        var rows = LoadedRows(moment, table, changes, load: load)
        while let piece = try rows.next() {
          // While the server takes one piece, the next one is read.
          if isSending { try await group.next() }
          isSending = true
          group.addTask { try await server.insert(piece.bytes, into: target) }
          count += piece.rows
        }
      }
      try await group.waitForAll()
      return count
    }
  }

  /// Moves the rows of a visible load to the others. Nothing changes for readers.
  private func move(_ load: Int) async throws {
    let incoming = Set(try await partitions().filter { $0.load == load }.map(\.table))
    for table in moment.tables where table.isKeyed && incoming.contains(table.incoming) {
      let columns = table.names() + table.marks
      try await server.run(
        """
        INSERT INTO \(table.stored) (\(columns))
        SELECT \(columns) FROM \(table.incoming) WHERE load = \(load)
        """)
    }
    try await log("moved", load)
  }

  /// The loads whose rows are in a table by themselves.
  private func partitions() async throws -> [(table: String, load: Int)] {
    try await server.run(
      """
      SELECT DISTINCT table, partition FROM system.parts
      WHERE database = currentDatabase() AND active FORMAT TabSeparated
      """
    ).compactMap { line in
      guard line.count == 2, let load = Int(line[1]) else { return nil }
      return (line[0], load)
    }
  }

  /// Takes a number for the load. A load that finds another with its number gives up if its token is
  /// the smaller one, and else takes the next number. One that finds no other goes on until it is
  /// overtaken; see ``checkNewest(_:visible:)``.
  private func begin(after newest: Int) async throws -> Int {
    let token = UUID().uuidString
    var load = newest + 1
    while true {
      try await log("begun", load, token)
      let others = try await server.run(
        """
        SELECT token FROM almanac_load
        WHERE step = 'begun' AND load = \(load) AND token <> \(SQLText.literal(token))
        ORDER BY token DESC LIMIT 1 FORMAT TabSeparated
        """)
      guard let other = others.first?.first else { return load }
      guard token > other else { throw overtaken }
      load += 1
    }
  }

  /// Deletes what no reader sees any more. Loads behind the visible one may be under way, or have been
  /// broken off: theirs goes once a later one is visible.
  private func tidy(visible: Int) async throws {
    let visibleOnes = Set(moment.tables.filter { !$0.isKeyed }.map(\.stored))
    let others = Set(moment.tables.filter(\.isKeyed).map(\.incoming) + ["almanac_touched"])
    for (table, load) in try await partitions()
    where visibleOnes.contains(table) && load < visible
      || others.contains(table) && load <= visible
    {
      try await server.run("ALTER TABLE \(table) DROP PARTITION \(load)")
    }
  }

  /// Refuses to go on once another load has begun or ended meanwhile. The newest one goes on.
  private func checkNewest(_ load: Int, visible: Int) async throws {
    let others = try await server.run(
      """
      SELECT countIf(load > \(load)), \(ClickHouseTables.visible) FROM almanac_load
      FORMAT TabSeparated
      """)
    guard others.first == ["0", String(visible)] else { throw overtaken }
  }

  private var overtaken: AlmanacError {
    AlmanacError(
      .locked, loading, cause: "another load of the same target is under way",
      hint: "let that one end; this one has changed nothing for readers")
  }

  func describingErrors<T>(
    _ action: String, _ hint: String, _ body: () async throws -> T
  ) async throws -> T {
    do {
      return try await body()
    } catch let failure as ClickHouseFailure {
      throw AlmanacError(
        .failure, action, cause: failure.cause,
        hint: failure.hint.map { "\($0); \(hint)" } ?? hint)
    }
  }
}
