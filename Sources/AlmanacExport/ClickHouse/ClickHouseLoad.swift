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

  /// What a load has carried over.
  package struct Report: Sendable {
    /// The run since which rows were carried over; `nil` for a whole load.
    package let since: Int?
    /// The rows that were sent.
    package let rows: Int
  }

  /// Loads what the target lacks: everything, or what may have changed since the run that it holds.
  ///
  /// Throws an ``AlmanacError``. Readers of the target see the state of before then, and the next
  /// load begins anew.
  ///
  /// - Parameter isWhole: whether to load everything in any case
  package func run(isWhole: Bool) async throws -> Report {
    try await describingErrors(loading, "readers see the state of before; load again") {
      let target = try await target()
      let changes = try target.changes(moment, isWhole: isWhole)
      if changes == nil {
        try await server.run(ClickHouseTables.log)
        try await server.run(ClickHouseTables.touched)
        for table in moment.tables {
          for statement in ClickHouseTables.statements(for: table) {
            try await server.run(statement)
          }
        }
      }
      let (load, token) = try await begin(after: target.newest)
      if target.pending > 0 { try await move(target.pending) }
      try await tidy(visible: target.visible)
      let rows = try await send(changes, load)
      try await remove(changes, load, visible: target.visible)
      try await checkNewest(load, token, visible: target.visible)
      try await log("visible", load, token)
      try await move(load)
      return Report(since: changes?.run, rows: rows)
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
    var count = 0
    if let changes, !changes.buckets.isEmpty {
      try await server.insert(
        into: "almanac_touched (load, app_id, grain, date)",
        AsyncStream { lines in
          for (app, grain, dates) in changes.buckets {
            let texts = dates.map {
              TabSeparated.clickHouse.line([String(load), app, grain.name, $0])
            }
            lines.yield(ByteBuffer(bytes: texts.joined()))
          }
          lines.finish()
        })
    }
    for table in moment.tables {
      let parts = moment.parts(of: table, changes)
      guard !parts.isEmpty else { continue }
      let target =
        table.isKeyed
        ? "\(table.incoming) (\(table.names())\(table.isNumbered ? ", number" : ""), load, gone)"
        : "\(table.stored) (\(table.names()), load)"
      try await server.insert(
        into: target, LoadedRows(moment: moment, table: table, parts: parts, load: load))
      let held = try await server.run(
        "SELECT count() FROM \(table.isKeyed ? table.incoming : table.stored) WHERE load = \(load)")
      count += held.first?.first.flatMap { Int($0) } ?? 0
    }
    return count
  }

  /// Moves the rows of a visible load to the others. Nothing changes for readers.
  private func move(_ load: Int) async throws {
    for table in moment.tables where table.isKeyed {
      let columns = table.names() + (table.isNumbered ? ", number" : "") + ", load, gone"
      try await server.run(
        """
        INSERT INTO \(table.stored) (\(columns))
        SELECT \(columns) FROM \(table.incoming) WHERE load = \(load)
        """)
    }
    try await log("moved", load)
  }

  /// Takes a number for the load. Of two that take one at the same time, the one with the greater
  /// token takes the next, and the other one gives up.
  private func begin(after newest: Int) async throws -> (load: Int, token: String) {
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
      guard let other = others.first?.first else { return (load, token) }
      guard token > other else { throw overtaken }
      load += 1
    }
  }

  /// Deletes what no reader sees any more. Loads behind the visible one may be under way, or have been
  /// broken off: theirs goes once a later one is visible.
  private func tidy(visible: Int) async throws {
    let parts = try await server.run(
      """
      SELECT DISTINCT table, partition FROM system.parts
      WHERE database = currentDatabase() AND active FORMAT TabSeparated
      """)
    let visibleOnes = Set(moment.tables.filter { !$0.isKeyed }.map(\.stored))
    let others = Set(moment.tables.filter(\.isKeyed).map(\.incoming) + ["almanac_touched"])
    for part in parts {
      guard part.count == 2, let load = Int(part[1]),
        visibleOnes.contains(part[0]) && load < visible
          || others.contains(part[0]) && load <= visible
      else { continue }
      try await server.run("ALTER TABLE \(part[0]) DROP PARTITION \(load)")
    }
  }

  /// Refuses to go on once another load has begun or ended meanwhile. The newest one goes on.
  private func checkNewest(_ load: Int, _ token: String, visible: Int) async throws {
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

/// The rows that a load sends to one table, in pieces of tab-separated text.
private struct LoadedRows: AsyncSequence, Sendable {
  let moment: ArchiveMoment
  let table: PublicTable
  let parts: [ArchiveMoment.Part]
  let load: Int

  func makeAsyncIterator() -> Iterator { Iterator(rows: self) }

  struct Iterator: AsyncIteratorProtocol {
    let rows: LoadedRows
    private var next = 0

    init(rows: LoadedRows) { self.rows = rows }

    mutating func next() async throws -> ByteBuffer? {
      var bytes: [UInt8] = []
      // A small part is not worth a piece of its own.
      while next < rows.parts.count, bytes.count < 65_536 {
        try rows.append(rows.parts[next], to: &bytes)
        next += 1
      }
      return bytes.isEmpty ? nil : ByteBuffer(bytes: bytes)
    }
  }

  private func append(_ part: ArchiveMoment.Part, to bytes: inout [UInt8]) throws {
    let encoder = TabSeparated.clickHouse
    let tab = UInt8(ascii: "\t")
    try moment.forEachRow(of: table, part, isNumbered: table.isNumbered) { row in
      encoder.encode(row, of: table, into: &bytes)
      bytes.removeLast()
      if table.isNumbered {
        bytes.append(tab)
        bytes.append(row.integer(table.columns.count))
      }
      bytes.append(tab)
      bytes.append(load)
      if table.isKeyed { bytes.append(contentsOf: [tab, UInt8(ascii: "0")]) }
      bytes.append(UInt8(ascii: "\n"))
    }
  }
}
