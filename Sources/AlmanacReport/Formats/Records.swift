import AlmanacCore

/// An answer as programs read it row by row. Rows may be made as they are written: there can be many.
package struct Records {
  let columns: [Table.Column]
  let rows: AnySequence<[Table.Cell]>

  /// Each row has a cell for each column.
  init(_ columns: [Table.Column], _ rows: some Sequence<[Table.Cell]>) {
    self.columns = columns
    self.rows = AnySequence(rows)
  }

  package init(_ table: Table) { self.init(table.columns, table.rows) }
}
