import AlmanacCore
import GRDB

/// A row whose values are checked as they are taken.
///
/// A damaged file, or one that somebody has edited, may hold what the schema forbids. GRDB's own
/// subscripts would end the program; these throw the error that SQLite throws for a damaged file.
struct CheckedRow: FetchableRecord {
  private let row: Row

  init(row: Row) {
    self.row = row.copy()
  }

  /// All rows of a query, whose statement stays prepared for the next time.
  static func fetchAll(
    _ db: Database, sql: String, arguments: StatementArguments = []
  ) throws -> [CheckedRow] {
    try fetchAll(db.cachedStatement(sql: sql), arguments: arguments)
  }

  /// The first row of a query, whose statement stays prepared for the next time.
  static func fetchOne(
    _ db: Database, sql: String, arguments: StatementArguments = []
  ) throws -> CheckedRow? {
    try fetchOne(db.cachedStatement(sql: sql), arguments: arguments)
  }

  /// The value of a column. If it may be NULL, ask for an optional.
  subscript<Value: DatabaseValueConvertible>(_ column: Int) -> Value {
    get throws {
      let held: DatabaseValue = row[column]
      // No server sends infinity, and nobody can be shown it.
      guard let value = Value.fromDatabaseValue(held), abs(held.number) < .infinity else {
        throw DatabaseError.unusable(held, column: Array(row.columnNames)[column])
      }
      return value
    }
  }

  /// A whole number that is not NULL. A number outside the range throws, too.
  subscript(_ column: Int, in range: ClosedRange<Int>) -> Int {
    get throws {
      let number: Int = try self[column]
      guard range.contains(number) else {
        throw DatabaseError.unusable(number.databaseValue, column: Array(row.columnNames)[column])
      }
      return number
    }
  }

  var values: [DatabaseValue] { Array(row.databaseValues) }
}

extension DatabaseValue {
  /// The number in a REAL; 0 for a value of any other type.
  fileprivate var number: Double {
    if case .double(let number) = storage { number } else { 0 }
  }
}

extension DatabaseError {
  /// The error for a value that the schema forbids.
  static func unusable(_ value: DatabaseValue, column: String) -> DatabaseError {
    let shown =
      switch value.storage {
      case .null: "nothing"
      case .int64(let number): "\(number)"
      case .double(let number): "\(number)"
      case .string(let text): String(reflecting: String(text.prefix(40)))
      case .blob(let bytes): "\(bytes.count) bytes"
      }
    return DatabaseError(
      resultCode: .SQLITE_CORRUPT, message: "the column \(column) holds \(shown)")
  }
}

extension ClosedRange<Int> {
  /// The days whose year has four digits, as a date is written; counted from 1970-01-01.
  static let days = -719_528...2_932_896
  /// The same range in milliseconds. Numbers beyond it overflow sooner or later.
  static let instants = days.lowerBound * 86_400_000...days.upperBound * 86_400_000
  /// The offsets of retention that a question may ask for, in buckets.
  static let offsets = 1...100_000
}

/// A day is stored as a date where people and tools read it, and counted from 1970-01-01 where it
/// is a key.
extension Day: DatabaseValueConvertible {
  package var databaseValue: DatabaseValue { description.databaseValue }

  package static func fromDatabaseValue(_ value: DatabaseValue) -> Day? {
    switch value.storage {
    case .string(let text): Day(text)
    case .int64(let number) where ClosedRange.days.contains(Int(number)): Day(number: Int(number))
    default: nil
    }
  }
}

extension AppID: DatabaseValueConvertible {
  package var databaseValue: DatabaseValue { text.databaseValue }

  package static func fromDatabaseValue(_ value: DatabaseValue) -> AppID? {
    String.fromDatabaseValue(value).flatMap { AppID($0) }
  }
}

extension BucketZone: DatabaseValueConvertible {
  package var databaseValue: DatabaseValue { identifier.databaseValue }

  package static func fromDatabaseValue(_ value: DatabaseValue) -> BucketZone? {
    String.fromDatabaseValue(value).flatMap { BucketZone(identifier: $0) }
  }
}

extension Name: DatabaseValueConvertible {
  package var databaseValue: DatabaseValue { text.databaseValue }

  package static func fromDatabaseValue(_ value: DatabaseValue) -> Name? {
    String.fromDatabaseValue(value).map { Name($0) }
  }
}

/// A grain is stored as its key in the table `grain`.
extension Grain: DatabaseValueConvertible {}
extension BucketState: DatabaseValueConvertible {}
extension RetentionBase: DatabaseValueConvertible {}
extension Gap.Reason: DatabaseValueConvertible {}
extension Archive.ZoneOrigin: DatabaseValueConvertible {}
extension Archive.ZoneKind: DatabaseValueConvertible {}
