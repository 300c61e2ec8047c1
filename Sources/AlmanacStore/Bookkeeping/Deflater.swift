import AlmanacCore
import CZlib
import Foundation

/// Compresses bodies into zlib's format (RFC 1950).
///
/// zlib's tables and the room for the output take some hundred kilobytes. A deflater keeps them for
/// the next body, since asking the system for them takes longer than compressing a small body. A
/// deflater that was taken out of `idle` has one user.
final class Deflater: @unchecked Sendable {
  /// This level is twice as fast as zlib's default, and captures stay for two weeks only.
  private static let level: Int32 = 3
  /// The size of a body, in bytes, after which a deflater is thrown away together with its room.
  private static let largestKept = 1 << 20
  private static let lock = NSLock()
  /// The deflaters without a user. They are touched under the lock alone.
  nonisolated(unsafe) private static var idle: [Deflater] = []

  /// The stream may never move in memory, because zlib's tables point back to it.
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private var room: [UInt8] = []

  /// Throws an ``AlmanacError`` if there is too little memory.
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
