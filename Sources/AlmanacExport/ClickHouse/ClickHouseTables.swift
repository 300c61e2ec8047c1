import AlmanacCore
import AlmanacStore

/// The tables and views of a ClickHouse that hold the archive.
///
/// A load first puts its rows, under its number, where no view looks. One row in `almanac_load` then
/// makes the whole load visible, and every view changes at once.
///
/// - A table with a key has its rows in `almanac_<name>`, a ReplacingMergeTree, and those of the newest
///   load in `almanac_<name>_new` until they have been moved there. The first load of all comes where
///   it stays.
/// - Every other table is in `almanac_<name>` once for each load.
enum ClickHouseTables {
  /// The number of this arrangement. A target with another one is loaded wholly.
  static let layout = 1

  /// The load of which views read the rows that have not been moved yet; 0 if all have been.
  static let pending = """
    (SELECT if(maxIf(load, step = 'visible') > maxIf(load, step = 'moved'), \
    maxIf(load, step = 'visible'), 0) FROM almanac_load)
    """
  static let visible = "(SELECT maxIf(load, step = 'visible') FROM almanac_load)"

  static let log = """
    CREATE TABLE IF NOT EXISTS almanac_load (load UInt64, step String, token String,
      archive String, run Int64, run_id String, newest_run_id String, schema Int64, demo UInt8,
      layout Int64, almanac String, at DateTime DEFAULT now())
    ENGINE = MergeTree ORDER BY load
    """

  static let touched = """
    CREATE TABLE IF NOT EXISTS almanac_touched (load UInt64, app_id String, grain String, date Date32)
    ENGINE = MergeTree PARTITION BY load ORDER BY (grain, app_id, date)
    """

  /// The statements that make what there is not of a table, and its view.
  static func statements(for table: PublicTable) -> [String] {
    guard table.isKeyed else {
      let columns = table.columns.map { "\(SQLText.name($0.name)) \($0.type.inClickHouse)" }
      return [
        """
        CREATE TABLE IF NOT EXISTS \(table.stored) (load UInt64, \(columns.joined(separator: ", ")))
        ENGINE = MergeTree PARTITION BY load ORDER BY tuple()
        """
      ] + widening(of: [table.stored], table) + [
        """
        CREATE OR REPLACE VIEW \(SQLText.name(table.name)) AS
        SELECT \(table.names()) FROM \(table.stored) WHERE load = \(visible)
        """
      ]
    }
    let number = table.isNumbered ? ", number UInt64" : ""
    let columns = table.columns.map { column in
      let isKey = table.key.contains(column.name)
      return SQLText.name(column.name) + " "
        + (isKey ? column.type.inClickHouseKey : column.type.inClickHouse)
    }
    let shape = "(\(columns.joined(separator: ", "))\(number), load UInt64, gone UInt8)"
    return [
      """
      CREATE TABLE IF NOT EXISTS \(table.stored) \(shape)
      ENGINE = ReplacingMergeTree(load, gone) ORDER BY (\(table.identity))
      """,
      """
      CREATE TABLE IF NOT EXISTS \(table.incoming) \(shape)
      ENGINE = MergeTree PARTITION BY load ORDER BY (\(table.identity))
      """,
    ] + widening(of: [table.stored, table.incoming], table) + [
      """
      CREATE OR REPLACE VIEW \(SQLText.name(table.name)) AS
      SELECT \(table.names()) FROM \(table.stored) FINAL
      WHERE load <= \(visible) AND (\(table.identity)) NOT IN (
        SELECT \(table.identity) FROM \(table.incoming) WHERE load = \(pending))
      UNION ALL
      SELECT \(table.names()) FROM \(table.incoming) WHERE load = \(pending) AND gone = 0
      """
    ]
  }

  /// Adds the columns that an older almanac did not know.
  private static func widening(of stored: [String], _ table: PublicTable) -> [String] {
    let columns = table.columns.filter { !table.key.contains($0.name) }.map {
      "ADD COLUMN IF NOT EXISTS \(SQLText.name($0.name)) \($0.type.inClickHouse)"
    }
    guard !columns.isEmpty else { return [] }
    return stored.map { "ALTER TABLE \($0) \(columns.joined(separator: ", "))" }
  }
}

extension PublicTable {
  /// Whether a row is replaced by key. The others are small and go whole.
  var isKeyed: Bool { change != .always }

  /// The columns of the key, with the number that tells rows of one key apart.
  var identity: String { SQLText.names(key) + (isNumbered ? ", number" : "") }

  /// The columns that a load adds, behind a comma.
  var marks: String {
    (isNumbered ? ", number" : "") + (isKeyed ? ", load, gone" : ", load")
  }

  /// The table that holds the rows.
  var stored: String { "almanac_\(name)" }

  /// The table that the rows of a load come into.
  var incoming: String { "almanac_\(name)_new" }
}

extension PublicColumn.Kind {
  var inClickHouseKey: String {
    switch self {
    case .text: "String"
    case .date: "Date32"
    case .integer: "Int64"
    case .real: "Float64"
    }
  }

  var inClickHouse: String { "Nullable(\(inClickHouseKey))" }
}
