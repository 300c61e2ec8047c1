import AlmanacCore
import CZlib
import Foundation
import GRDB

/// The body of an answer as it came, compressed and ready to be stored.
struct Capture: Sendable {
  private let checksum: Int
  private let size: Int
  private let compressed: Data

  /// `nil` for an empty body.
  init?(_ body: [UInt8]) throws {
    guard !body.isEmpty else { return nil }
    checksum = Schema.checksum(body)
    size = body.count
    compressed = try Deflater.deflate(body)
  }

  /// Stores the body unless the same one is there already. Returns its key.
  func insert(_ db: Database) throws -> Int {
    let held = try Int.fetchOne(
      db.cachedStatement(sql: "SELECT id FROM capture WHERE checksum = ? AND body = ?"),
      arguments: [checksum, compressed])
    if let held { return held }
    try db.cachedStatement(sql: "INSERT INTO capture (checksum, size, body) VALUES (?, ?, ?)")
      .execute(arguments: [checksum, size, compressed])
    return Int(db.lastInsertedRowID)
  }
}
