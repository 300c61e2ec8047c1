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
    var text = text
    try text.withUTF8 { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let part = UnsafeBufferPointer(rebasing: rest)
        let count = systemWrite(STDOUT_FILENO, part.baseAddress, part.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else {
          throw AlmanacError(
            .failure, "writing the result to standard output",
            cause: String(cString: strerror(errno)).lowercased(),
            hint: "make room where it goes, or name another file with --output")
        }
        rest = rest.dropFirst(count)
      }
    }
  }

  /// In columns; `nil` where it is not a terminal. `COLUMNS` comes first.
  static var width: Int? {
    if let text = Environment.variables["COLUMNS"], let width = Int(text) {
      return width
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
