/// Lets so many requests through at the same time, in the order in which they came.
actor Turnstile {
  private var free: Int
  private var waiting: [(ticket: Int, continuation: CheckedContinuation<Void, any Error>)] = []
  private var tickets = 0

  init(places: Int) {
    free = max(1, places)
  }

  /// Runs `body` as soon as there is a place; throws `CancellationError` if cancelled before.
  nonisolated func pass<Result: Sendable>(
    _ body: @Sendable () async throws -> Result
  ) async throws -> Result {
    try await enter()
    do {
      let result = try await body()
      await leave()
      return result
    } catch {
      await leave()
      throw error
    }
  }

  /// How many wait for a place.
  var queue: Int { waiting.count }

  private func enter() async throws {
    try Task.checkCancellation()
    if free > 0 {
      free -= 1
      return
    }
    let ticket = tickets
    tickets += 1
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation {
        (continuation: CheckedContinuation<Void, any Error>) in
        // Cancelled before it was in the queue: the handler below has come too early.
        if Task.isCancelled {
          continuation.resume(throwing: CancellationError())
        } else {
          waiting.append((ticket, continuation))
        }
      }
    } onCancel: {
      Task { await giveUp(ticket) }
    }
  }

  private func leave() {
    if waiting.isEmpty {
      free += 1
    } else {
      waiting.removeFirst().continuation.resume()
    }
  }

  private func giveUp(_ ticket: Int) {
    guard let place = waiting.firstIndex(where: { $0.ticket == ticket }) else { return }
    waiting.remove(at: place).continuation.resume(throwing: CancellationError())
  }
}
