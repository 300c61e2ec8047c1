import Foundation

extension Fault {
  /// The values that some faults depend on.
  package struct Setting: Sendable {
    /// The key that two faults reveal.
    package var key: String
    /// The time from which a `Retry-After` date counts.
    package var clock: @Sendable () -> Date
    /// The target of the redirect.
    package var redirect: String
    /// The wait in `Retry-After`, in seconds.
    package var retryAfter: Int
    /// The pause between two bytes of a slow body.
    package var dripInterval: Duration

    /// Takes key and clock from the server that the faults are for.
    package init(
      for profile: ServerProfile, redirect: String = "https://login.example.com/",
      retryAfter: Int = 1, dripInterval: Duration = .milliseconds(50)
    ) {
      key = profile.key
      clock = profile.clock
      self.redirect = redirect
      self.retryAfter = retryAfter
      self.dripInterval = dripInterval
    }
  }
}
