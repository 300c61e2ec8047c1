import NIOConcurrencyHelpers

/// The responses that are being held back, so that a closing server need not wait for them.
final class ResponseDelays: Sendable {
  private struct State {
    var isOver = false
    var lastNumber = 0
    var running: [Int: Task<Void, any Error>] = [:]
  }

  private let state = NIOLockedValueBox(State())

  /// - Throws: `CancellationError` if the server closes before the time is over
  func wait(for duration: Duration) async throws {
    let sleep = Task { try await Task.sleep(for: duration) }
    let number = state.withLockedValue { state in
      if state.isOver { sleep.cancel() }
      state.lastNumber += 1
      state.running[state.lastNumber] = sleep
      return state.lastNumber
    }
    defer { state.withLockedValue { $0.running[number] = nil } }
    try await sleep.value
  }

  /// Ends every delay, also those to come.
  func end() {
    let running = state.withLockedValue { state in
      state.isOver = true
      return state.running.values
    }
    for sleep in running { sleep.cancel() }
  }
}
