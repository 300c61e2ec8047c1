import AlmanacCore
import AlmanacStore

/// The state of a ClickHouse that an archive is loaded into.
struct ClickHouseTarget {
  /// The number of the newest load that was begun; 0 if there was none.
  let newest: Int
  /// The number of the load that readers see; 0 if there is none.
  let visible: Int
  /// The number of the load whose rows are still to be moved; 0 if there is none.
  let pending: Int
  /// The row of `almanac_load` about the visible load, by the names of its columns.
  let held: [String: String]
  /// Whether all tables and views are there.
  let isComplete: Bool
  /// The ids of the apps that readers see.
  let apps: Set<String>

  /// The changes since the visible load; `nil` where everything has to be loaded: nothing was, or the
  /// archive does not know the run that was loaded, or the tables are of another almanac or gone, or
  /// too many apps are new.
  func changes(_ moment: ArchiveMoment, isWhole: Bool) throws -> ArchiveChanges? {
    let mark = moment.mark
    let known = Dictionary(moment.runs.map { ($0.number, $0.id) }) { $1 }
    guard !isWhole, visible > 0, isComplete, held["archive"] == mark.archive,
      held["schema"] == String(mark.schema), held["layout"] == String(ClickHouseTables.layout),
      let run = held["run"].flatMap({ Int($0) }), run > 0, run <= mark.run,
      known[run] == held["run_id"],
      let newest = held["newest_run_id"], known.values.contains(newest)
    else { return nil }
    let changes = try moment.changes(since: run)
    // An app that the target has lost came back without a run, with a copy of the file.
    let isFollowed = moment.apps.allSatisfy { apps.contains($0) || changes.newApps.contains($0) }
    // New apps stand one by one in a statement, whose length has a limit.
    return isFollowed && changes.newApps.count <= 1000 ? changes : nil
  }
}

extension ClickHouseLoad {
  private static let columns = [
    "archive", "run", "run_id", "newest_run_id", "schema", "demo", "layout", "almanac",
  ]

  /// Looks at the target. Throws an ``AlmanacError`` for one that is not almanac's, or of a newer one.
  ///
  /// - Parameter action: what it is looked at for, for an error
  func target(_ action: String) async throws -> ClickHouseTarget {
    let version = try await server.run("SELECT version() FORMAT TabSeparated").first?.first ?? ""
    let numbers = version.split(separator: ".").compactMap { Int($0) }
    guard numbers.count > 1 else {
      throw ClickHouseFailure(cause: "it answers, but not as a ClickHouse does")
    }
    guard (numbers[0], numbers[1]) >= (23, 8) else {
      throw AlmanacError(
        .failure, action, cause: "its version, \(version), is too old",
        hint: "use ClickHouse 23.8 or newer; nothing was changed")
    }
    let wanted =
      moment.tables.flatMap { [$0.name, $0.stored] + ($0.isKeyed ? [$0.incoming] : []) }
      + ["almanac_load", "almanac_touched"]
    let names = wanted.map(SQLText.literal)
    let taken = try await server.run(
      """
      SELECT name FROM system.tables
      WHERE database = currentDatabase() AND name IN (\(names.joined(separator: ", ")))
      ORDER BY name FORMAT TabSeparated
      """
    ).compactMap(\.first)
    guard taken.contains("almanac_load") else {
      guard taken.isEmpty else {
        throw AlmanacError(
          .failure, action,
          cause: "there are tables or views that are not almanac's: "
            + taken.joined(separator: ", "),
          hint: "name another database in --url (?database=…); nothing was changed")
      }
      return ClickHouseTarget(
        newest: 0, visible: 0, pending: 0, held: [:], isComplete: false, apps: [])
    }
    let loads =
      try await server.run(
        """
        SELECT max(load), \(ClickHouseTables.visible), \(ClickHouseTables.pending) FROM almanac_load
        FORMAT TabSeparated
        """
      ).first?.compactMap { Int($0) } ?? []
    guard loads.count == 3 else { throw ClickHouseFailure(cause: "almanac_load cannot be read") }
    let rows = try await server.run(
      """
      SELECT \(Self.columns.joined(separator: ", ")) FROM almanac_load
      WHERE load = \(loads[1]) AND step = 'visible' FORMAT TabSeparated
      """)
    let held = Dictionary(uniqueKeysWithValues: zip(Self.columns, rows.first ?? []))
    if let schema = held["schema"].flatMap({ Int($0) }),
      schema > moment.mark.schema || Int(held["layout"] ?? "") ?? 0 > ClickHouseTables.layout
    {
      throw AlmanacError(
        .failure, action, cause: "it was loaded by a newer almanac (\(held["almanac"] ?? ""))",
        hint: "install that almanac; nothing was changed")
    }
    if let demo = held["demo"], (demo == "1") != moment.mark.isDemo {
      throw AlmanacError(
        .failure, action,
        cause: moment.mark.isDemo
          ? "it holds figures of real apps" : "it holds the invented figures of a demo",
        hint: "name another database in --url (?database=…); nothing was changed")
    }
    let isComplete = taken.count == wanted.count
    return ClickHouseTarget(
      newest: loads[0], visible: loads[1], pending: loads[2], held: held,
      isComplete: isComplete,
      apps: isComplete
        ? Set(try await server.run("SELECT app_id FROM freshness").compactMap(\.first)) : [])
  }
}
