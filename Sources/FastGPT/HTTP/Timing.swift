/// Waiting and chance, handed in so that a test neither waits nor gambles.
package struct Timing: Sendable {
  /// What a clock that never jumps shows, since some moment of its own.
  package var now: @Sendable () -> Duration
  /// Throws `CancellationError` as soon as the task is cancelled.
  package var sleep: @Sendable (Duration) async throws -> Void
  /// Evenly spread from 0 to 1.
  package var random: @Sendable () -> Double

  package init(
    now: @escaping @Sendable () -> Duration,
    sleep: @escaping @Sendable (Duration) async throws -> Void,
    random: @escaping @Sendable () -> Double
  ) {
    self.now = now
    self.sleep = sleep
    self.random = random
  }

  /// The machine's own clock and dice.
  package static var real: Timing {
    let start = ContinuousClock.now
    return Timing(
      now: { ContinuousClock.now - start },
      sleep: { try await Task.sleep(for: $0) },
      random: { Double.random(in: 0...1) })
  }
}
