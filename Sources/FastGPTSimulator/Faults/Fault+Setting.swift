import Foundation

extension Fault {
  /// What some faults need to know.
  package struct Setting: Sendable {
    /// The key that two of them let out.
    package var key: String
    /// What `Retry-After` counts from where it is a date.
    package var clock: @Sendable () -> Date
    /// Where the redirect leads.
    package var redirect: String
    /// Seconds.
    package var retryAfter: Int
    /// Between two bytes of a slow drip.
    package var dripInterval: Duration

    /// Takes key and clock from the server whose responses are to go wrong.
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
