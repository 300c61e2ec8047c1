import Foundation

/// How one FastGPT server behaves, apart from what its apps have seen. Servers that differ are
/// values of this type that differ.
package struct ServerProfile: Sendable {
  /// The team-wide key that it accepts.
  package var key: String
  /// Decides what has happened yet, and what the `Date` header says.
  package var clock: @Sendable () -> Date
  /// The sources that a request may name.
  package var knownSources: [String]
  /// Where its buckets begin at midnight, which is also how it labels them.
  package var zone: TimeZone
  /// Whether it has the app-log API at all; a community edition has not.
  package var hasAppLogs: Bool
  /// Nil sends every response as the server made it.
  package var interceptor: Interceptor?

  /// A current server with the app-log API.
  package init(
    key: String,
    clock: @escaping @Sendable () -> Date,
    knownSources: [String] = ServerProfile.currentSources,
    zone: TimeZone = .gmt,
    hasAppLogs: Bool = true,
    interceptor: Interceptor? = nil
  ) {
    self.key = key
    self.clock = clock
    self.knownSources = knownSources
    self.zone = zone
    self.hasAppLogs = hasAppLogs
    self.interceptor = interceptor
  }

  /// Every source that a current server knows.
  package static let currentSources = [
    "test", "online", "share", "api", "cronJob", "team", "feishu", "official_account", "wecom",
    "mcp", "wechat",
  ]
}
