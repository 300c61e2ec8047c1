import AlmanacCore
import Foundation
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The way out for results. Messages go to standard error.
enum StandardOutput {
  static func write(_ text: String) throws {
    try write { $0.write(text) }
  }

  /// Throws an ``AlmanacError`` if a write fails, as on a full disk.
  static func write(_ body: (inout FileStream) throws -> Void) throws {
    var stream = FileStream(.standardOutput)
    try body(&stream)
    do {
      try stream.finish()
    } catch {
      // A signal ends the program here, unless it is ignored, as below systemd.
      let isLeft = error == .brokenPipe
      throw AlmanacError(
        .failure, "writing the result to standard output",
        cause: isLeft ? "the program that reads it has ended" : error.description.lowercased(),
        hint: isLeft
          ? "what that program said tells why" : "make room where it goes, or send it elsewhere")
    }
  }

  /// The width in columns; `nil` if standard output is no terminal. The variable `COLUMNS` comes
  /// first.
  static var width: Int? {
    if let text = Environment.variables["COLUMNS"], let width = Int(text) {
      return min(width, 10_000)
    }
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 else { return nil }
    return Int(size.ws_col)
  }
}
