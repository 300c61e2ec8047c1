import Foundation

/// The behaviour of one FastGPT server, apart from the records of its apps.
package struct ServerProfile: Sendable {
  /// The team-wide key that it accepts.
  package var key: String
  /// App keys that it accepts too, each with the id of the one app that it answers for, whatever
  /// app a request names.
  package var appKeys: [String: String]
  /// The current time: later records are invisible, and the `Date` header shows it.
  package var clock: @Sendable () -> Date
  /// The sources that a request may name. Records of others count all the same.
  package var knownSources: [String]
  /// The zone of the server's process or of its key's owner. Buckets begin at its midnight, except
  /// in the newest generation, where the request says where.
  package var zone: TimeZone
  /// The timestamps that label its buckets.
  package var labels: LabelStyle
  /// The fields that it has, and their spelling.
  package var generation: Generation
  /// Whether `sourceCountMap` holds every known source, with zeros.
  package var mapsEverySource: Bool
  /// The number of days after which records are deleted, to the millisecond; nil keeps all.
  package var keepsDays: Int?
  /// Whether the totals sum conversations instead of messages.
  package var totalsCountConversations: Bool
  /// The mistakes that it makes.
  package var quirks: Quirks
  /// Whether it has the app-log API, which the community edition lacks.
  package var hasAppLogs: Bool
  /// Whether repeated requests are answered from memory, so that a benchmark measures the client
  /// alone. The records must not change meanwhile.
  package var remembersAnswers: Bool
  /// Replaces responses; nil sends each one as the server made it.
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

  /// The choice of the timestamp that labels a bucket.
  package enum LabelStyle: Sendable {
    /// The first instant of the bucket.
    case ownMidnight
    /// UTC midnight of the bucket's first civil day, in whatever zone it was cut.
    case utcMidnight
    /// UTC midnight before the bucket's first record, in whatever zone it was cut. Such labels fit
    /// no zone.
    case utcMidnightOfFirstRecord
  }

  /// The generations of servers, which write answers differently.
  package enum Generation: String, Sendable, CaseIterable {
    /// The form of the published API page.
    case current
    /// The older form: seconds, the source map in `appData`, no `chatCount` there, `totalChat`, and
    /// retention of new users only.
    case older
    /// The current form with token counts.
    case tokens
    /// Buckets are cut at the offset that the text of `dateStart` carries. Token counts have longer
    /// names in the points of conversations, and come with those of users too.
    case newest

    /// Every source that a server of the generation knows.
    package var sources: [String] {
      currentSources.filter { self != .newest || $0 != "team" }
    }
  }

  /// Every source that a current server knows.
  package static let currentSources = [
    "test", "online", "share", "api", "cronJob", "team", "feishu", "official_account", "wecom",
    "mcp", "wechat",
  ]

  /// The zone in which buckets are cut for a request.
  func zone(for question: ChartQuestion) -> TimeZone {
    guard generation == .newest, let offset = question.startOffset else { return zone }
    return TimeZone(secondsFromGMT: offset) ?? .gmt
  }
}
