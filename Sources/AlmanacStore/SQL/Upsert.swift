/// The text of an upsert, for one row and for several: to begin a statement costs as much as to
/// write the row of it.
struct Upsert: Sendable {
  /// Rows of the longer statement.
  static let most = 16

  let one: String
  let several: String
  /// Values of a row.
  let width: Int

  /// - Parameters:
  ///   - setting: what an existing row gets; every column outside the key, unless it is given
  init(into table: String, key: [String], _ columns: [String], setting: [String]? = nil) {
    width = key.count + columns.count
    let row = "(" + Array(repeating: "?", count: width).joined(separator: ", ") + ")"
    let sets = setting ?? columns.map { "\($0) = excluded.\($0)" }
    func text(_ rows: Int) -> String {
      """
      INSERT INTO \(table) (\((key + columns).joined(separator: ", ")))
      VALUES \(Array(repeating: row, count: rows).joined(separator: ", "))
      ON CONFLICT (\(key.joined(separator: ", "))) DO UPDATE SET \(sets.joined(separator: ", "))
      """
    }
    one = text(1)
    several = text(Self.most)
  }
}
