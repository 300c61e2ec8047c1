/// Spaces the requests of one server evenly, and holds them all back when it asks for that.
actor Pace {
  private let interval: Duration
  private let timing: Timing
  /// The earliest moment for the next request.
  private var next: Duration

  init(requestsPerSecond: Double, timing: Timing) {
    interval = requestsPerSecond > 0 ? .seconds(1 / requestsPerSecond) : .zero
    self.timing = timing
    next = timing.now()
  }

  /// Returns when it is this request's turn.
  func turn() async throws {
    let now = timing.now()
    let slot = max(now, next)
    next = slot + interval
    if slot > now { try await timing.sleep(slot - now) }
  }

  /// Lets no further request begin before `delay` is over.
  func hold(for delay: Duration) {
    next = max(next, timing.now() + delay)
  }
}
