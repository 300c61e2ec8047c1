import AlmanacStore

/// Pieces of SQL in the form that both engines read.
enum SQLText {
  static func name(_ name: String) -> String {
    "\"" + name.replacing("\"", with: "\"\"") + "\""
  }

  /// A text as a literal. None that goes to ClickHouse has a backslash, which means more there.
  static func literal(_ text: String) -> String {
    "'" + text.replacing("'", with: "''") + "'"
  }

  static func names(_ names: some Sequence<String>, of table: String? = nil) -> String {
    names.map { (table.map { "\($0)." } ?? "") + name($0) }.joined(separator: ", ")
  }
}

extension PublicTable {
  /// The names of the columns in order, quoted; each behind the name of a table if there is one.
  func names(of table: String? = nil) -> String {
    SQLText.names(columns.lazy.map(\.name), of: table)
  }
}
