import AlmanacCore
import Crypto
import Foundation
import GRDB

/// The body of an answer as it came, ready to be stored.
struct Capture: Sendable {
  private let body: [UInt8]
  /// The first eight bytes of the body's SHA-256. Two bodies of one size and checksum are the same.
  private let checksum: Int
  /// `nil` where the body is held already.
  private var compressed: Data?

  /// `nil` for an empty body.
  init?(_ body: [UInt8]) {
    guard !body.isEmpty else { return nil }
    self.body = body
    checksum = SHA256.hash(data: body).withUnsafeBytes {
      Int(littleEndian: $0.loadUnaligned(as: Int.self))
    }
  }

  /// Compresses the body. Throws an ``AlmanacError`` if there is too little memory.
  mutating func compress() throws { compressed = try Deflater.deflate(body) }

  /// The key of the same body; `nil` where the archive does not hold it.
  func held(_ db: Database) throws -> Int? {
    try Int.fetchOne(
      db.cachedStatement(sql: "SELECT id FROM capture WHERE checksum = ? AND size = ?"),
      arguments: [checksum, body.count])
  }

  /// Stores the body unless the same one is there already. Returns its key.
  func insert(_ db: Database) throws -> Int {
    if let held = try held(db) { return held }
    try db.cachedStatement(sql: "INSERT INTO capture (checksum, size, body) VALUES (?, ?, ?)")
      .execute(arguments: [checksum, body.count, compressed ?? Deflater.deflate(body)])
    return Int(db.lastInsertedRowID)
  }
}
