import Foundation

/// The variables that the program was started with; Foundation would copy them at every look.
enum Environment {
  static let variables = ProcessInfo.processInfo.environment
}
