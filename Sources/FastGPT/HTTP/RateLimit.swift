/// Spaces the requests to one server evenly, and pauses them all when the server asks for it.
actor RateLimit {
  private let interval: Duration
  private let timing: Timing
  /// The earliest moment for the next request, on the clock of `timing`.
  private var earliest: Duration

  /// Requests are not spaced if `requestsPerSecond` is zero.
  init(requestsPerSecond: Double, timing: Timing) {
    interval = requestsPerSecond > 0 ? .seconds(1 / requestsPerSecond) : .zero
    self.timing = timing
    earliest = timing.now()
  }

  /// Returns when the next request may begin.
  func waitForTurn() async throws {
    let now = timing.now()
    let turn = max(now, earliest)
    earliest = turn + interval
    if turn > now { try await timing.sleep(turn - now) }
  }

  /// Lets no further request begin before `delay` is over.
  func pause(for delay: Duration) {
    earliest = max(earliest, timing.now() + delay)
  }
}
