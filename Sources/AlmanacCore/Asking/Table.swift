/// Rows of an answer under columns that say how their values are shown.
package struct Table: Sendable {
  package struct Column: Sendable {
    /// The name in JSON and CSV, snake_case.
    package let name: String
    /// The heading for people.
    package let heading: String
    package let style: Style

    package init(_ name: String, _ heading: String, _ style: Style = .plain) {
      self.name = name
      self.heading = heading
      self.style = style
    }
  }

  /// The form in which people see the values of a column. Programs get them as they are.
  package enum Style: Sendable {
    case plain
    /// A share: 0.123 is 12.3%.
    case share
    /// A change as a share of the old value: 0.123 is +12.3%.
    case change
    /// A difference of two shares: 0.012 is +1.2 pp.
    case difference
    /// A sparkline. Its newest part is its end, so a cut takes away its beginning.
    case course
  }

  /// One value. Unknown is `none`, which is neither zero nor empty.
  package enum Cell: Sendable, Equatable {
    case text(String)
    case count(Int)
    case number(Double)
    case flag(Bool)
    case none

    package init(_ text: String?) { self = text.map { .text($0) } ?? .none }
  }

  package let columns: [Column]
  package private(set) var rows: [[Cell]] = []

  package init(_ columns: [Column]) {
    self.columns = columns
  }

  /// Adds a row, which has a cell for each column.
  package mutating func append(_ row: [Cell]) {
    precondition(row.count == columns.count, "a row of \(row.count) in \(columns.count) columns")
    rows.append(row)
  }
}
