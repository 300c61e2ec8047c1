import FastGPT
import NIOConcurrencyHelpers

/// A clock that moves only when somebody sleeps, and a constant in place of chance.
final class VirtualTime: Sendable {
  private let state = NIOLockedValueBox<(now: Duration, sleeps: [Duration])>((.zero, []))
  private let chance: Double

  init(chance: Double = 1) {
    self.chance = chance
  }

  /// Every sleep so far.
  var sleeps: [Duration] { state.withLockedValue { $0.sleeps } }
  var now: Duration { state.withLockedValue { $0.now } }

  var timing: Timing {
    Timing(
      now: { [state] in state.withLockedValue { $0.now } },
      sleep: { [state] duration in
        try Task.checkCancellation()
        state.withLockedValue { state in
          state.now += duration
          state.sleeps.append(duration)
        }
      },
      random: { [chance] in chance })
  }
}
