import AlmanacCore
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Results; messages go to standard error.
enum StandardOutput {
  /// Throws an ``AlmanacError`` where it does not all go out, as on a full disk.
  static func write(_ text: String) throws {
    guard write(text, to: STDOUT_FILENO) else {
      throw AlmanacError(
        .failure, "writing the result to standard output",
        cause: String(cString: strerror(errno)).lowercased(),
        hint: "make room where it goes, or name another file with --output")
    }
  }

  /// Whether it all went out; else `errno` says why not.
  static func write(_ text: String, to descriptor: Int32) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let part = UnsafeBufferPointer(rebasing: rest)
        let count = systemWrite(descriptor, part.baseAddress, part.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
      }
      return true
    }
  }

  /// In columns; `nil` where it is not a terminal. `COLUMNS` comes first.
  static var width: Int? {
    if let text = Environment.variables["COLUMNS"], let width = Int(text) {
      return min(width, 10_000)
    }
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 else { return nil }
    return Int(size.ws_col)
  }
}

/// The system's; within the type the name is taken.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
