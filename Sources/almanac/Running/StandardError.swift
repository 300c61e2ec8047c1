import Foundation

/// The way out for messages, progress and logs. Results go to standard output.
enum StandardError {
  static func write(_ text: String) {
    // Nobody reads what cannot be written, and the run matters more.
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}
