import AlmanacCore
import CZlib
import Foundation
import GRDB

/// A body as it came, ready to be kept.
struct Capture: Sendable {
  private let checksum: Int
  private let size: Int
  private let compressed: Data

  /// `nil` for an empty body.
  init?(_ body: [UInt8]) throws {
    guard !body.isEmpty else { return nil }
    checksum = Schema.checksum(body)
    size = body.count
    compressed = try Self.deflate(body)
  }

  /// Keeps it, unless the same one is there already. Returns its key.
  func insert(_ db: Database) throws -> Int {
    let held = try Int.fetchOne(
      db.cachedStatement(sql: "SELECT id FROM capture WHERE checksum = ? AND body = ?"),
      arguments: [checksum, compressed])
    if let held { return held }
    try db.cachedStatement(sql: "INSERT INTO capture (checksum, size, body) VALUES (?, ?, ?)")
      .execute(arguments: [checksum, size, compressed])
    return Int(db.lastInsertedRowID)
  }

  /// Twice as fast as zlib's default; captures stay for two weeks.
  private static let level: Int32 = 3

  private static func deflate(_ body: [UInt8]) throws -> Data {
    var size = compressBound(UInt(body.count))
    var compressed = Data(count: Int(size))
    let code = compressed.withUnsafeMutableBytes { target in
      compress2(
        target.bindMemory(to: UInt8.self).baseAddress, &size, body, UInt(body.count), level)
    }
    guard code == Z_OK else {
      throw AlmanacError(
        .failure, "compressing an answer of \(body.count) bytes", cause: "zlib error \(code)",
        hint: "free some memory and run again")
    }
    return compressed.prefix(Int(size))
  }
}
