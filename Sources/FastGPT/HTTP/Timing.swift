/// The clock, the sleep and the chance that retries depend on, so that a test can replace them.
package struct Timing: Sendable {
  /// The time since an arbitrary moment, on a clock that never jumps.
  package var now: @Sendable () -> Duration
  /// Waits; throws `CancellationError` as soon as the task is cancelled.
  package var sleep: @Sendable (Duration) async throws -> Void
  /// A number from 0 to 1, evenly distributed.
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

  /// The clock and the random numbers of the machine.
  package static var real: Timing {
    let start = ContinuousClock.now
    return Timing(
      now: { ContinuousClock.now - start },
      sleep: { try await Task.sleep(for: $0) },
      random: { Double.random(in: 0...1) })
  }
}
