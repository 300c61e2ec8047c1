import Dispatch
import Foundation

/// Turns Ctrl-C and SIGTERM into the end of a task, so that what is committed stays whole and the
/// run is closed.
final class Interruption: Sendable {
  private let caught = Locked<Int32?>(nil)

  /// 128 and the signal's number, if one came.
  var exitCode: Int32? { caught.withLock { $0.map { 128 + $0 } } }

  /// Runs a task that is cancelled by the first signal; a second one ends the process at once.
  func watching<T: Sendable>(
    _ body: @escaping @Sendable () async throws -> T
  ) async throws -> T {
    let task = Task { try await body() }
    let sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [self] in
        let isSecond = caught.withLock { caught in
          defer { caught = caught ?? number }
          return caught != nil
        }
        if isSecond { _exit(128 + number) }
        task.cancel()
      }
      source.resume()
      return source
    }
    defer {
      for source in sources { source.cancel() }
    }
    return try await task.value
  }
}
