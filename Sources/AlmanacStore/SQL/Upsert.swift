/// The SQL of an upsert of one or several rows into one table.
///
/// Starting a statement costs as much as writing a row, so rows share one. Values that all rows have
/// in common are bound once.
struct Upsert: Sendable {
  /// The numbers of rows that one statement writes, most first.
  static let sizes = [64, 16, 4, 1]

  /// A statement for each of ``sizes``. Its first values are those that the rows share: the key
  /// without the day, then the run. Those of the rows follow: the day, then the columns.
  let statements: [String]

  /// - Parameters:
  ///   - key: the key's columns without `day`
  ///   - run: the column of the run that changes the row
  ///   - setting: the assignments to an existing row; by default every column outside the key is
  ///     replaced
  init(
    into table: String, key: [String], run: String, _ columns: [String], setting: [String]? = nil
  ) {
    let (shared, own) = (key + [run], ["day"] + columns)
    let sets = setting ?? ([run] + columns).map { "\($0) = excluded.\($0)" }
    statements = Self.sizes.map { rows in
      let values = (0..<rows).map { row in
        let first = shared.count + row * own.count
        let places = Array(1...shared.count) + Array(first + 1...first + own.count)
        return "(" + places.map { "?\($0)" }.joined(separator: ", ") + ")"
      }
      return """
        INSERT INTO \(table) (\((shared + own).joined(separator: ", ")))
        VALUES \(values.joined(separator: ", "))
        ON CONFLICT (\((key + ["day"]).joined(separator: ", ")))
        DO UPDATE SET \(sets.joined(separator: ", "))
        """
    }
  }
}
