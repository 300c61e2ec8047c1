import Foundation

/// A state that several threads change, one at a time. `Mutex` of the standard library would do, if
/// the thread sanitizer knew its lock.
final class Locked<State: Sendable>: @unchecked Sendable {
  private let lock = NSLock()
  /// Touched under the lock alone.
  private var state: State

  init(_ state: State) {
    self.state = state
  }

  func withLock<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
    try lock.withLock { try body(&state) }
  }
}
