import AlmanacCore
import CZlib
import Foundation

/// Compresses bodies into zlib's format (RFC 1950).
///
/// zlib's tables and the room for what comes out are some hundred kilobytes. They are kept from one
/// body to the next: to ask the system for them each time takes longer than to compress a small one.
/// Whoever takes one from the idle has it alone.
final class Deflater: @unchecked Sendable {
  /// Twice as fast as zlib's default; captures stay for two weeks.
  private static let level: Int32 = 3
  /// One that has met a larger body goes, and its room with it.
  private static let largestKept = 1 << 20
  private static let lock = NSLock()
  /// Touched under the lock alone.
  nonisolated(unsafe) private static var idle: [Deflater] = []

  /// At one address for good: zlib's tables point back to it.
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private var room: [UInt8] = []

  /// Throws an ``AlmanacError`` where there is no memory.
  static func deflate(_ body: [UInt8]) throws -> Data {
    let deflater = try lock.withLock { idle.popLast() } ?? Deflater()
    let compressed = try deflater.compress(body)
    if body.count <= largestKept { lock.withLock { idle.append(deflater) } }
    return compressed
  }

  private init() throws {
    stream.initialize(to: z_stream())
    try Self.check(
      deflateInit_(stream, Self.level, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)))
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  private func compress(_ body: [UInt8]) throws -> Data {
    let most = Int(deflateBound(stream, UInt(body.count)))
    if room.count < most { room = Array(repeating: 0, count: most) }
    let code = body.withUnsafeBufferPointer { source in
      room.withUnsafeMutableBufferPointer { target in
        stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
        stream.pointee.avail_in = UInt32(source.count)
        stream.pointee.next_out = target.baseAddress
        stream.pointee.avail_out = UInt32(target.count)
        return CZlib.deflate(stream, Z_FINISH)
      }
    }
    let size = Int(stream.pointee.total_out)
    try Self.check(deflateReset(stream))
    try Self.check(code == Z_STREAM_END ? Z_OK : code)
    return Data(room[..<size])
  }

  private static func check(_ code: Int32) throws {
    guard code != Z_OK else { return }
    throw AlmanacError(
      .failure, "compressing an answer", cause: "zlib error \(code)",
      hint: "free some memory and run again")
  }
}
