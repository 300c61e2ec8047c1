import AlmanacExport
import SystemPackage

/// A stream into an open file, which gets what is written in large pieces.
struct FileStream: TextOutputStream, ByteStream {
  private let file: FileDescriptor
  private var pending: [UInt8] = []
  /// The error of a write that failed; nothing is written after it.
  private var failure: Errno?

  init(_ file: FileDescriptor) {
    self.file = file
  }

  mutating func write(_ text: String) { write(Array(text.utf8)) }

  mutating func write(_ bytes: [UInt8]) {
    pending += bytes
    if pending.count >= 65_536 { flush() }
  }

  /// Writes the rest. Throws an `Errno` if any write failed, as on a full disk.
  mutating func finish() throws(Errno) {
    flush()
    if let failure { throw failure }
  }

  private mutating func flush() {
    defer { pending.removeAll(keepingCapacity: true) }
    guard failure == nil else { return }
    do {
      _ = try file.writeAll(pending)
    } catch {
      failure = error as? Errno ?? .ioError
    }
  }
}
