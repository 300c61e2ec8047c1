import AlmanacCore

/// An answer in rows for programs. There can be many, so a row may be made when it is written.
package struct Records {
  let columns: [Table.Column]
  let rows: AnySequence<[Table.Cell]>

  /// Takes rows that have a cell for each column.
  init(_ columns: [Table.Column], _ rows: some Sequence<[Table.Cell]>) {
    self.columns = columns
    self.rows = AnySequence(rows)
  }

  package init(_ table: Table) { self.init(table.columns, table.rows) }
}
