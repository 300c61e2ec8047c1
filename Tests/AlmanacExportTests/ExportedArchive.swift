import AlmanacCore
import AlmanacStore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation

@testable import AlmanacExport

/// An archive after one run on two apps, the second of which has a name with all that has to be
/// escaped.
struct ExportedArchive {
  static let name = "=a\tb\nc\\d \"e\", 'f'\r☃"

  let collection: SimulatedCollection
  /// The folder of the archive.
  let folder: URL

  static func with<T: Sendable>(_ body: (ExportedArchive) async throws -> T) async throws -> T {
    let start = Date("2025-12-20T00:00:00Z")
    return try await SimulatedCollection.on(
      [
        Fixtures.steady(from: start, days: 20),
        Fixtures.steady(Fixtures.otherID, name: name, from: start, days: 20),
      ], now: Date("2026-01-05T02:00:00Z")
    ) { collection in
      try await collection.run(at: Date("2026-01-05T02:00:00Z"))
      let folder = URL(filePath: collection.path).deletingLastPathComponent()
      return try await body(ExportedArchive(collection: collection, folder: folder))
    }
  }

  func path(_ name: String) -> String { folder.appending(path: name).path(percentEncoded: false) }

  func moment() throws -> ArchiveMoment { try ArchiveMoment(of: collection.path) }

  /// All rows of a view or a table, in an order of their own.
  static func rows(_ name: String, _ path: String) throws -> [[String?]] {
    try SimulatedCollection.rows("SELECT * FROM \(name)", path: path).sorted {
      $0.map { $0 ?? "" }.lexicographicallyPrecedes($1.map { $0 ?? "" })
    }
  }
}

/// Bytes that are kept.
struct Written: ByteStream {
  var text = ""

  mutating func write(_ bytes: [UInt8]) { text += String(decoding: bytes, as: UTF8.self) }
}
