import Foundation
import UnixSignals

/// The end of a task by Ctrl-C or SIGTERM: what is committed stays whole, and the run is closed.
struct Interruption: ExitCoded, CustomStringConvertible {
  let signal: UnixSignal

  var exitCode: Int32 { 128 + signal.rawValue }

  var description: String { "interrupted; what was committed is kept" }

  /// Runs a task that is cancelled by the first signal; a second one ends the process at once.
  ///
  /// Throws an ``Interruption`` if a signal came, unless the task failed by itself.
  static func watching<T: Sendable>(
    _ body: @escaping @Sendable () async throws -> T
  ) async throws -> T {
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
    let task = Task(operation: body)
    let watch = Task {
      var caught: UnixSignal?
      for await signal in signals {
        if caught != nil { _exit(128 + signal.rawValue) }
        caught = signal
        task.cancel()
      }
      return caught
    }
    let result = await task.result
    watch.cancel()
    guard let signal = await watch.value else { return try result.get() }
    if case .failure(let error) = result, !(error is CancellationError) { throw error }
    throw Interruption(signal: signal)
  }
}
