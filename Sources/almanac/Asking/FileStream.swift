#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Writes text to an open file, in large pieces.
struct FileStream: TextOutputStream {
  private let descriptor: Int32
  private var pending = ""
  /// The `errno` of a write that failed; nothing is written after it.
  private var failure: Int32?

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
  }

  mutating func write(_ text: String) {
    pending += text
    if pending.utf8.count >= 65_536 { flush() }
  }

  /// Writes the rest. Returns an `errno` if a write failed, as on a full disk.
  mutating func finish() -> Int32? {
    flush()
    return failure
  }

  private mutating func flush() {
    if failure == nil { failure = Self.write(&pending, to: descriptor) }
    pending = ""
  }

  private static func write(_ text: inout String, to descriptor: Int32) -> Int32? {
    text.withUTF8 { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let part = UnsafeBufferPointer(rebasing: rest)
        let count = systemWrite(descriptor, part.baseAddress, part.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return errno }
        rest = rest.dropFirst(count)
      }
      return nil
    }
  }
}

/// The system's `write`, whose name is taken within the type.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
