import AlmanacCore
import AlmanacStore

/// The tables and views of a ClickHouse that hold the archive.
///
/// A load first puts its rows, under its number, where no view looks. One row in `almanac_load` then
/// makes the whole load visible, and every view changes at once.
///
/// - A table with a key has its rows in `almanac_<name>`, a ReplacingMergeTree, and those of the newest
///   load in `almanac_<name>_new` until they have been moved there.
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

  /// The statements that make the missing parts of a table, and its view.
  ///
  /// - Parameters:
  ///   - held: the columns that are there, in order, by table or view
  ///   - isOther: whether a view that is there may be of another arrangement
  static func statements(
    for table: PublicTable, beside held: [String: [String]], replacing isOther: Bool
  ) -> [String] {
    let names = table.columns.map(\.name)
    // A view that is replaced is away for a moment, so one that is right stays.
    let views = !isOther && held[table.name] == names ? [] : [view(of: table)]
    let columns = table.columns.map { column in
      SQLText.name(column.name) + " " + table.type(of: column, as: column.type)
    }
    let engines =
      table.isKeyed
      ? [
        (table.stored, "ReplacingMergeTree(load, gone) ORDER BY (\(table.identity))"),
        (table.incoming, "MergeTree PARTITION BY load ORDER BY (\(table.identity))"),
      ] : [(table.stored, "MergeTree PARTITION BY load ORDER BY tuple()")]
    let marks =
      (table.isNumbered ? ", number UInt64" : "") + ", load UInt64"
      + (table.isKeyed ? ", gone UInt8" : "")
    return engines.flatMap { name, engine -> [String] in
      guard let there = held[name] else {
        return [
          "CREATE TABLE IF NOT EXISTS \(name) (\(columns.joined(separator: ", "))\(marks)) ENGINE = \(engine)"
        ]
      }
      // The table was made by an almanac that did not know these columns.
      return zip(table.columns, columns).filter { !there.contains($0.0.name) }.map {
        "ALTER TABLE \(name) ADD COLUMN IF NOT EXISTS \($0.1)"
      }
    } + views
  }

  private static func view(of table: PublicTable) -> String {
    let head = "CREATE OR REPLACE VIEW \(SQLText.name(table.name)) AS SELECT \(table.names())"
    guard table.isKeyed else { return "\(head) FROM \(table.stored) WHERE load = \(visible)" }
    return """
      \(head) FROM \(table.stored) FINAL
      WHERE (\(table.identity)) NOT IN (
        SELECT \(table.identity) FROM \(table.incoming) WHERE load = \(pending))
      UNION ALL
      SELECT \(table.names()) FROM \(table.incoming) WHERE load = \(pending) AND gone = 0
      """
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

  /// The query that takes the columns, and the marks, out of tab-separated text.
  ///
  /// A real number comes as a text. Versions before 26.7 read numbers of tab-separated text with an
  /// error in the last place, whatever `precise_float_parsing` says; `toFloat64` heeds it.
  var selection: String {
    let taken = columns.map { column in
      let name = SQLText.name(column.name)
      return column.type == .real ? "toFloat64(\(name))" : name
    }
    let types = columns.map { column in
      SQLText.name(column.name) + " "
        + type(of: column, as: column.type == .real ? .text : column.type)
    }
    let number = isNumbered ? ", number UInt64" : ""
    let gone = isKeyed ? ", gone UInt8" : ""
    let structure = SQLText.literal(types.joined(separator: ", ") + "\(number), load UInt64\(gone)")
    return "SELECT \(taken.joined(separator: ", "))\(marks) FROM input(\(structure))"
  }

  /// The type of a column whose values are of a kind; no value of a key is NULL.
  fileprivate func type(of column: PublicColumn, as kind: PublicColumn.Kind) -> String {
    isKeyed && key.contains(column.name) ? kind.inClickHouseKey : kind.inClickHouse
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
