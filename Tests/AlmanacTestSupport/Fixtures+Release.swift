import CZlib
import Foundation

extension Fixtures {
  /// Puts an archive as almanac 0.1.0 left it into a folder, and gives its path.
  ///
  /// The almanac of commit 724e919 collected it in fifteen runs from three simulated servers, under
  /// an `$ALMANAC_NOW` of April 2026. It has eight apps: one of a lively past, one with a `since`,
  /// one that its server no longer knows, one of which a day is refused for ever, a retired one, one
  /// that is forgotten, one that began later, and one whose zone changed. One run was interrupted,
  /// one killed, and two notes were written by hand.
  package static func restoreRelease(into folder: String) throws -> String {
    let path = folder + "/almanac.db"
    let packed = try Data(contentsOf: folderOfReleases.appending(path: "almanac-0.1.0.db.gz"))
    try Data(unzipped([UInt8](packed))).write(to: URL(filePath: path))
    return path
  }

  /// The folder of the files that archives of releases are made from.
  package static let folderOfReleases = URL(filePath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures")

  /// RFC 1952; the last four bytes tell the size.
  private static func unzipped(_ packed: [UInt8]) throws -> [UInt8] {
    let size = packed.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    var packed = packed
    var bytes = [UInt8](repeating: 0, count: size)
    let code = packed.withUnsafeMutableBufferPointer { packed in
      bytes.withUnsafeMutableBufferPointer { bytes in
        var stream = z_stream()
        stream.next_in = packed.baseAddress
        stream.avail_in = UInt32(packed.count)
        stream.next_out = bytes.baseAddress
        stream.avail_out = UInt32(bytes.count)
        // 32 and more takes a gzip header.
        inflateInit2_(&stream, 32 + 15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        defer { inflateEnd(&stream) }
        return inflate(&stream, Z_FINISH)
      }
    }
    guard code == Z_STREAM_END else { throw BrokenFixture(code: code) }
    return bytes
  }
}

/// A fixture that does not unpack.
private struct BrokenFixture: Error {
  let code: Int32
}
