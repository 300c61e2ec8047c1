import AlmanacCore
import GRDB

/// The rows of one app, grain and month of a public view, added up.
package struct PublicSums: Sendable {
  /// The app's id, the grain and the month (`YYYY-MM`), as far as the view has them; else empty.
  package let group: [String]
  package let rows: Int
  /// For each column of the table, in how many rows it is known, and the sum of its numbers, or of its
  /// dates in days since 1970-01-01; `nil` where it is known in none, and for texts.
  package let columns: [(known: Int, sum: Number?)]

  /// A sum; that of whole numbers is exact.
  package enum Number: Sendable, Equatable {
    case whole(Int)
    case real(Double)
  }
}

extension PublicTable {
  /// The column that says in which month a row belongs.
  package var monthColumn: PublicColumn? {
    ["date", "first_date", "read_at"].lazy.compactMap { column($0) }.first
  }
}

extension ArchiveMoment {
  /// Adds up the rows of a public view by app, grain and month, for a comparison.
  package func sums(of table: PublicTable) throws -> [PublicSums] {
    let group = [
      table.column("app_id") == nil ? "''" : "ifnull(app_id, '')",
      table.column("grain") == nil ? "''" : "grain",
      table.monthColumn.map { "substr(\($0.name), 1, 7)" } ?? "''",
    ]
    let sums = table.columns.map { column in
      let name = "\"\(column.name)\""
      return switch column.type {
      case .integer, .real: "count(\(name)), sum(\(name))"
      case .date: "count(\(name)), sum(strftime('%s', \(name)) / 86400)"
      case .text: "count(\(name)), NULL"
      }
    }
    return try read("adding up \(table.name)") { db in
      try CheckedRow.fetchAll(
        db,
        sql: """
          SELECT \(group.joined(separator: ", ")), count(*), \(sums.joined(separator: ", "))
          FROM \(table.name) GROUP BY 1, 2, 3
          """
      ).map { row in
        PublicSums(
          group: try (0..<3).map { try row[$0] }, rows: try row[3],
          columns: try table.columns.indices.map { place in
            let sum = row.values[5 + 2 * place]
            let number: PublicSums.Number? =
              switch sum.storage {
              case .int64(let whole): .whole(Int(whole))
              case .double(let real): .real(real)
              default: nil
              }
            return (try row[4 + 2 * place], number)
          })
      }
    }
  }
}
