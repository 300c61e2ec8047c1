import AlmanacCore
import AlmanacStore

extension ClickHouseLoad {
  /// Compares the target with the archive: the number of rows of each app, grain and month, and the
  /// sum of each column. Changes nothing.
  ///
  /// Throws an ``AlmanacError`` where they differ, and where the target was not loaded as far as the
  /// archive goes.
  package func verify() async throws {
    let action = "comparing \(server.name) with \(moment.path)"
    let hint = "run `almanac export clickhouse` with the same --url; --whole loads everything again"
    let differences = try await describingErrors(action, hint) {
      let target = try await target(action)
      guard target.visible > 0, target.held["archive"] == moment.mark.archive,
        target.held["run"] == String(moment.mark.run)
      else {
        let held = target.held["run"].map { run in
          target.held["archive"] == moment.mark.archive
            ? "it holds the archive as of run \(run)" : "it holds another archive"
        }
        throw AlmanacError(
          .failure, action,
          cause: "\(held ?? "nothing was loaded yet"); the archive is at run \(moment.mark.run)",
          hint: hint)
      }
      var differences: [String] = []
      for table in moment.tables { differences += try await self.differences(in: table) }
      return differences
    }
    guard differences.isEmpty else {
      let more = differences.count > 20 ? "\n…" : ""
      throw AlmanacError(
        .failure, action,
        cause: "they differ in \(differences.count) places, such as\n"
          + differences.prefix(20).joined(separator: "\n") + more,
        hint: hint)
    }
  }

  private func differences(in table: PublicTable) async throws -> [String] {
    let group = [
      table.column("app_id") == nil ? "''" : "ifNull(app_id, '')",
      table.column("grain") == nil ? "''" : "ifNull(grain, '')",
      table.monthColumn.map { "ifNull(substring(toString(\($0.name)), 1, 7), '')" } ?? "''",
    ]
    let sums = table.columns.map { column in
      let name = SQLText.name(column.name)
      return switch column.type {
      case .integer, .real: "count(\(name)), sum(\(name))"
      case .date: "count(\(name)), sum(toInt32(\(name)))"
      case .text: "count(\(name)), NULL"
      }
    }
    let lines = try await server.run(
      """
      SELECT \(group.joined(separator: ", ")), count(), \(sums.joined(separator: ", "))
      FROM \(SQLText.name(table.name)) GROUP BY 1, 2, 3 FORMAT TabSeparated
      """)
    var held = Dictionary(uniqueKeysWithValues: lines.map { (Array($0.prefix(3)), $0) })
    var differences: [String] = []
    for sums in try moment.sums(of: table) {
      let place = ([table.name] + sums.group.filter { !$0.isEmpty }).joined(separator: " ")
      let line = held.removeValue(forKey: sums.group) ?? sums.group + ["0"]
      let said = sums.differences(from: Array(line.dropFirst(3)), table)
      if !said.isEmpty { differences.append("\(place): \(said.joined(separator: "; "))") }
    }
    for (group, line) in held {
      let place = ([table.name] + group.filter { !$0.isEmpty }).joined(separator: " ")
      differences.append("\(place): \(line[3]) rows, and 0 in the archive")
    }
    return differences.sorted()
  }
}

extension PublicSums {
  /// The differences from the numbers of a target, in words. It has the rows, then count and sum of
  /// each column.
  fileprivate func differences(from held: [String], _ table: PublicTable) -> [String] {
    guard held.first == String(rows) else {
      return ["\(held.first ?? "0") rows, and \(rows) in the archive"]
    }
    return zip(table.columns, zip(columns, held.dropFirst().pairs)).compactMap { column, numbers in
      let ((known, sum), (heldKnown, heldSum)) = numbers
      let isEqual =
        switch sum {
        // The sum of nothing is 0 in some engines.
        case nil: true
        case .whole(let number): heldSum == String(number)
        case .real(let number):
          Double(heldSum).map { abs($0 - number) <= 1e-9 * abs(number) } ?? false
        }
      guard heldKnown != String(known) || !isEqual else { return nil }
      let own =
        switch sum {
        case nil: "nothing"
        case .whole(let number): String(number)
        case .real(let number): number.plain
        }
      return "\(column.name) adds up to \(heldSum), and to \(own) in the archive"
    }
  }
}

extension Collection<String> {
  /// The elements, two at a time.
  fileprivate var pairs: [(String, String)] {
    var pairs: [(String, String)] = []
    var iterator = makeIterator()
    while let first = iterator.next(), let second = iterator.next() {
      pairs.append((first, second))
    }
    return pairs
  }
}
