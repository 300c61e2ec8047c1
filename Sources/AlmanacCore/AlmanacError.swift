/// An error for a person: what was done to what, why it failed, and what to do next.
package struct AlmanacError: Error, CustomStringConvertible {
  /// The class of an error, which decides the exit code.
  package enum Code: String, Sendable {
    /// The archive or a file is not usable.
    case unusableArchive = "unusable archive"
    /// Another run holds the lock.
    case locked
    /// The configuration is wrong.
    case configuration
    /// Wrong usage, or a question without a true answer.
    case usage
    /// Anything else.
    case failure
  }

  package let code: Code
  /// `<doing what> <to what>`, such as `reading the configuration almanac.yaml`.
  package let action: String
  package let cause: String
  /// The next thing to do.
  package let hint: String

  package init(_ code: Code, _ action: String, cause: String, hint: String) {
    self.code = code
    self.action = action
    self.cause = cause
    self.hint = hint
  }

  /// `<doing what> <to what>: <cause>`, and a line with the hint.
  package var description: String { "\(action): \(cause)\nhint: \(hint)" }
}
