import SystemPackage

/// A text stream into an open file, which gets the text in large pieces.
struct FileStream: TextOutputStream {
  private let file: FileDescriptor
  private var pending = ""
  /// The error of a write that failed; nothing is written after it.
  private var failure: Errno?

  init(_ file: FileDescriptor) {
    self.file = file
  }

  mutating func write(_ text: String) {
    pending += text
    if pending.utf8.count >= 65_536 { flush() }
  }

  /// Writes the rest of the text. Throws an `Errno` if any write failed, as on a full disk.
  mutating func finish() throws(Errno) {
    flush()
    if let failure { throw failure }
  }

  private mutating func flush() {
    defer { pending = "" }
    guard failure == nil else { return }
    do {
      try pending.withUTF8 { _ = try file.writeAll($0) }
    } catch {
      failure = error as? Errno ?? .ioError
    }
  }
}
