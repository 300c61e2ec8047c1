import Foundation

/// How one FastGPT server behaves, apart from what its apps have seen. Servers that differ are
/// values of this type that differ.
package struct ServerProfile: Sendable {
  /// The team-wide key that it accepts.
  package var key: String
  /// App keys that it accepts too, each with the id of the one app that it answers for, whatever
  /// app a request names.
  package var appKeys: [String: String]
  /// Decides what has happened yet, and what the `Date` header says.
  package var clock: @Sendable () -> Date
  /// The sources that a request may name. Records of others count all the same.
  package var knownSources: [String]
  /// Where its buckets begin at midnight.
  package var zone: TimeZone
  /// What its buckets are called.
  package var labels: LabelStyle
  /// Which fields it has and how it spells them.
  package var generation: Generation
  /// Whether `sourceCountMap` holds every known source, with zeros.
  package var mapsEverySource: Bool
  /// Records older than so many days, to the millisecond, are deleted; nil keeps all.
  package var keepsDays: Int?
  /// Whether the totals sum conversations instead of messages.
  package var totalsCountConversations: Bool
  /// What it gets wrong.
  package var quirks: Quirks
  /// Whether it has the app-log API at all; a community edition has not.
  package var hasAppLogs: Bool
  /// Whether what was asked before is answered from memory, so that a measurement is of whoever
  /// asks. The past must stay as it is.
  package var remembersAnswers: Bool
  /// Nil sends every response as the server made it.
  package var interceptor: Interceptor?

  /// A current server with the app-log API.
  package init(
    key: String,
    appKeys: [String: String] = [:],
    clock: @escaping @Sendable () -> Date,
    knownSources: [String] = ServerProfile.currentSources,
    zone: TimeZone = .gmt,
    labels: LabelStyle = .ownMidnight,
    generation: Generation = .current,
    mapsEverySource: Bool = false,
    keepsDays: Int? = nil,
    totalsCountConversations: Bool = false,
    quirks: Quirks = [],
    hasAppLogs: Bool = true,
    remembersAnswers: Bool = false,
    interceptor: Interceptor? = nil
  ) {
    self.key = key
    self.appKeys = appKeys
    self.clock = clock
    self.knownSources = knownSources
    self.zone = zone
    self.labels = labels
    self.generation = generation
    self.mapsEverySource = mapsEverySource
    self.keepsDays = keepsDays
    self.totalsCountConversations = totalsCountConversations
    self.quirks = quirks
    self.hasAppLogs = hasAppLogs
    self.remembersAnswers = remembersAnswers
    self.interceptor = interceptor
  }

  /// Whether an `Authorization` header carries a key that it knows.
  func accepts(_ authorization: String?) -> Bool {
    ([key] + appKeys.keys).contains { authorization == "Bearer \($0)" }
  }

  /// Which timestamp names a bucket.
  package enum LabelStyle: Sendable {
    /// Its own first instant.
    case ownMidnight
    /// UTC midnight of its first civil day, wherever it was cut.
    case utcMidnight
    /// UTC midnight of the day, in UTC, of the first record in it, wherever it was cut: no zone's.
    case utcMidnightOfFirstRecord
  }

  /// How answers are written.
  package enum Generation: Sendable, CaseIterable {
    /// As the published page has them.
    case current
    /// Seconds, the source map with the apps, no conversations there, `totalChat`, and retention
    /// of new users.
    case older
    /// With figures that no client knows yet.
    case tokens
  }

  /// Every source that a current server knows.
  package static let currentSources = [
    "test", "online", "share", "api", "cronJob", "team", "feishu", "official_account", "wecom",
    "mcp", "wechat",
  ]
}
