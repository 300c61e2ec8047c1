import Foundation

/// The way out for messages, progress and logs. Results go to standard output.
enum StandardError {
  static func write(_ text: String) {
    FileHandle.standardError.write(Data(text.utf8))
  }

  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}
