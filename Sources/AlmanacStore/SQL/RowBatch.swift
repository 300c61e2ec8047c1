import GRDB

/// Rows on their way into one table, written several at a time.
///
/// Bind a row value by value, then end it; flush after the last one.
struct RowBatch {
  private enum Value {
    case integer(Int)
    case real(Double)
    case text(String)
    case null
  }

  private var one: BoundStatement
  private var several: BoundStatement
  private let width: Int
  private var values: [Value] = []

  init(_ db: Database, _ upsert: Upsert) throws {
    one = try BoundStatement(db, upsert.one)
    several = try BoundStatement(db, upsert.several)
    width = upsert.width
  }

  mutating func bind(_ value: Int) { values.append(.integer(value)) }

  mutating func bind(_ value: Int?) { values.append(value.map { .integer($0) } ?? .null) }

  /// A whole number. Throws for a fraction, or for a number too large for an integer: the file is
  /// damaged.
  mutating func bind(count: Double?) throws {
    let whole = count.flatMap { Int(exactly: $0) }
    if let count, whole == nil {
      throw DatabaseError.unusable(count.databaseValue, column: "of a count")
    }
    bind(whole)
  }

  mutating func bind(_ value: Double?) { values.append(value.map { .real($0) } ?? .null) }

  mutating func bind(_ value: String?) { values.append(value.map { .text($0) } ?? .null) }

  mutating func endRow() throws {
    guard values.count == width * Upsert.most else { return }
    for value in values { Self.bind(value, to: &several) }
    values.removeAll(keepingCapacity: true)
    try several.run()
  }

  mutating func flush() throws {
    for (index, value) in values.enumerated() {
      Self.bind(value, to: &one)
      if (index + 1) % width == 0 { try one.run() }
    }
    values.removeAll(keepingCapacity: true)
  }

  private static func bind(_ value: Value, to statement: inout BoundStatement) {
    switch value {
    case .integer(let value): statement.bind(value)
    case .real(let value): statement.bind(value)
    case .text(let value): statement.bind(value)
    case .null: statement.bind(nil as Int?)
    }
  }
}
