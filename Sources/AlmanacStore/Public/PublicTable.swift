import AlmanacCore
import GRDB

/// A view of the archive that people and tools read, described for those who carry it elsewhere.
///
/// The schema of every target comes from here: names and order of columns are read from the view
/// itself, so that a later migration need not be repeated.
package struct PublicTable: Sendable {
  package let name: String
  /// The columns that tell two rows apart, none of them NULL. Empty where equal rows may be there
  /// more than once.
  package let key: [String]
  /// Whether the key leaves several rows, which a number tells apart where one is wanted.
  package var isNumbered: Bool { change == .byRun }
  package let change: Change
  /// The column by whose year the rows are divided among files; `nil` for one file.
  package let year: String?
  package let columns: [PublicColumn]

  /// The way in which a row gets another value, or goes.
  package enum Change: Sendable, Equatable {
    /// With its bucket. Each row is of this grain, or of the one in the column `grain`.
    case withBucket(Grain?)
    /// Never, but rows are added by runs, which the column `run_id` names.
    case byRun
    /// At any time. The table is small.
    case always
  }

  /// The column of a name.
  package func column(_ name: String) -> PublicColumn? { columns.first { $0.name == name } }

  /// Whether the rows are of one app each.
  package var isByApp: Bool { columns.first?.name == "app_id" }

  /// Reads what the views of an archive are like.
  static func all(_ db: Database) throws -> [PublicTable] {
    let grains = zip(Grain.allCases, ["daily", "weekly", "monthly", "quarterly"])
    let dated = grains.flatMap { grain, name -> [(String, [String], Change, String?)] in
      [
        (name, ["app_id", "date"], .withBucket(grain), "date"),
        ("\(name)_by_source", ["app_id", "source", "date"], .withBucket(grain), "date"),
      ]
    }
    let others: [(String, [String], Change, String?)] = [
      ("retention", ["app_id", "grain", "date", "offset"], .withBucket(nil), "date"),
      (
        "figures", ["app_id", "source", "grain", "date", "series", "figure"], .withBucket(nil),
        "date"
      ),
      (
        "revisions", ["app_id", "source", "grain", "date", "figure", "run_id"], .byRun, "date"
      ),
      ("totals", [], .always, "read_at"),
      ("gaps", ["app_id", "grain", "first_date"], .always, nil),
      ("freshness", ["app_id"], .always, nil),
      ("metric_catalog", ["metric"], .always, nil),
      ("annotations", [], .always, nil),
    ]
    return try (dated + others).map { name, key, change, year in
      PublicTable(
        name: name, key: key, change: change, year: year, columns: try PublicColumn.all(db, name))
    }
  }
}

/// A column of a public view.
package struct PublicColumn: Sendable, Equatable {
  package let name: String
  package let type: Kind

  /// The type that the view declares, which each value has unless it is NULL.
  package enum Kind: String, Sendable {
    case text = "TEXT"
    /// A day as `YYYY-MM-DD`.
    case date = "DATE"
    case integer = "INTEGER"
    case real = "REAL"
  }

  fileprivate static func all(_ db: Database, _ view: String) throws -> [PublicColumn] {
    try CheckedRow.fetchAll(
      db, sql: "SELECT name, type FROM pragma_table_info(?) ORDER BY cid", arguments: [view]
    ).map { row in
      let declared: String = try row[1]
      guard let type = Kind(rawValue: declared) else {
        throw DatabaseError.unusable(declared.databaseValue, column: "type of \(view)")
      }
      return PublicColumn(name: try row[0], type: type)
    }
  }
}
