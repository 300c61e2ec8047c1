import Foundation

/// The variables that the program was started with. Foundation would copy them at every look.
enum Environment {
  static let variables = ProcessInfo.processInfo.environment

  /// The value of a variable. An empty one counts as one that is not set.
  static subscript(_ name: String) -> String? {
    variables[name].flatMap { $0.isEmpty ? nil : $0 }
  }
}
