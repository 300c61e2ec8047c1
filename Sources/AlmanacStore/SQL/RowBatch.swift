import GRDB

/// Rows on their way into one table, written several at a time.
///
/// Bind each row value by value, then end it. As many rows as fit share one statement.
struct RowBatch {
  private let db: Database
  private let upsert: Upsert
  private let shared: [Int]
  private var statement: BoundStatement
  /// The place of the statement's size among those of the upsert.
  private var size: Int
  /// Rows that are still to come in the statement.
  private var left: Int
  /// Rows that are still to come in all.
  private var ahead: Int

  /// - Parameters:
  ///   - shared: the values that all rows have in common
  ///   - count: the number of rows that will be bound, at least 1
  init(_ db: Database, _ upsert: Upsert, shared: [Int], count: Int) throws {
    self.db = db
    self.upsert = upsert
    self.shared = shared
    ahead = count
    (size, left) = Self.largest(for: count)
    statement = try Self.statement(db, upsert, size, shared)
  }

  private static func largest(for count: Int) -> (size: Int, rows: Int) {
    let size = Upsert.sizes.firstIndex { $0 <= count } ?? Upsert.sizes.count - 1
    return (size, Upsert.sizes[size])
  }

  private static func statement(
    _ db: Database, _ upsert: Upsert, _ size: Int, _ shared: [Int]
  ) throws -> BoundStatement {
    var statement = try BoundStatement(db, upsert.statements[size])
    for value in shared { statement.bind(value) }
    return statement
  }

  mutating func bind(_ value: Int) { statement.bind(value) }
  mutating func bind(_ value: Int?) { statement.bind(value) }
  mutating func bind(_ value: Double?) { statement.bind(value) }
  mutating func bind(_ value: String?) { statement.bind(value) }

  /// A whole number. Throws for a fraction, or for a number too large for an integer: the file is
  /// damaged.
  mutating func bind(count: Double?) throws {
    guard let count else { return statement.bind(nil as Int?) }
    guard let whole = Int(exactly: count) else {
      throw DatabaseError.unusable(count.databaseValue, column: "of a count")
    }
    statement.bind(whole)
  }

  mutating func endRow() throws {
    ahead -= 1
    left -= 1
    guard left == 0 else { return }
    try statement.run()
    guard ahead > 0 else { return }
    let next = Self.largest(for: ahead)
    left = next.rows
    if next.size == size {
      // The statement keeps the values that its rows share.
      statement.skip(shared.count)
    } else {
      size = next.size
      statement = try Self.statement(db, upsert, size, shared)
    }
  }
}
