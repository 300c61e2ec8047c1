import GRDB

/// Rows on their way into one table, written several at a time.
///
/// Bind each row value by value, then end it. Of the rows that were announced, as many as fill the
/// longer statement go into it, and the rest are written one by one.
struct RowBatch {
  private var one: BoundStatement
  private var several: BoundStatement
  /// Rows that are still to come in the longer statement.
  private var ofSeveral: Int

  /// - Parameter count: the number of rows that will be bound
  init(_ db: Database, _ upsert: Upsert, count: Int) throws {
    one = try BoundStatement(db, upsert.one)
    several = try BoundStatement(db, upsert.several)
    ofSeveral = count - count % Upsert.most
  }

  mutating func bind(_ value: Int) {
    if ofSeveral > 0 { several.bind(value) } else { one.bind(value) }
  }

  mutating func bind(_ value: Int?) {
    if ofSeveral > 0 { several.bind(value) } else { one.bind(value) }
  }

  /// A whole number. Throws for a fraction, or for a number too large for an integer: the file is
  /// damaged.
  mutating func bind(count: Double?) throws {
    let whole = count.flatMap { Int(exactly: $0) }
    if let count, whole == nil {
      throw DatabaseError.unusable(count.databaseValue, column: "of a count")
    }
    bind(whole)
  }

  mutating func bind(_ value: Double?) {
    if ofSeveral > 0 { several.bind(value) } else { one.bind(value) }
  }

  mutating func bind(_ value: String?) {
    if ofSeveral > 0 { several.bind(value) } else { one.bind(value) }
  }

  mutating func endRow() throws {
    guard ofSeveral > 0 else { return try one.run() }
    ofSeveral -= 1
    if ofSeveral % Upsert.most == 0 { try several.run() }
  }
}
