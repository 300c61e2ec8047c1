/// The SQL of an upsert, for one row and for several. Starting a statement costs as much as writing
/// a row, so several rows share one.
struct Upsert: Sendable {
  /// The number of rows that the longer statement writes.
  static let most = 16

  let one: String
  let several: String
  /// The number of values in a row.
  let width: Int

  /// - Parameters:
  ///   - setting: the assignments to an existing row; by default every column outside the key is
  ///     replaced
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
