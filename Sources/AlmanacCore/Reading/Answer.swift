import Foundation

/// The outcome of one read, validated but not yet believed.
package struct Answer: Sendable {
  /// An observation for each timestamp, oldest first.
  package var observations: [Observation]
  /// Buckets with a value that cannot be right. No observation stands for them.
  package var refused: [RefusedBucket]
  /// The figures for which any bucket of the answer held a number.
  package var sent: Set<Figure>
  /// The signs of the server's generation.
  package var signs: GenerationSigns
  /// The circumstances in which the answer came.
  package var delivery: Delivery

  package init(
    observations: [Observation], refused: [RefusedBucket] = [], sent: Set<Figure>,
    signs: GenerationSigns = [], delivery: Delivery
  ) {
    self.observations = observations
    self.refused = refused
    self.sent = sent
    self.signs = signs
    self.delivery = delivery
  }
}

/// Signs of the server's generation in the form of an answer; an answer without data shows none
/// (docs/server.md, trap 11).
package struct GenerationSigns: OptionSet, Sendable {
  package let rawValue: Int

  package init(rawValue: Int) { self.rawValue = rawValue }

  /// A timestamp in milliseconds.
  package static let milliseconds = GenerationSigns(rawValue: 1)
  /// Users by source in `userData`.
  package static let mapInUsers = GenerationSigns(rawValue: 2)
  /// Conversations in `appData`.
  package static let chatsInApps = GenerationSigns(rawValue: 4)
  /// A timestamp in seconds.
  package static let seconds = GenerationSigns(rawValue: 8)
  /// Users by source in `appData`.
  package static let mapInApps = GenerationSigns(rawValue: 16)
  /// A point of `appData` without conversations.
  package static let noChatsInApps = GenerationSigns(rawValue: 32)

  /// The signs of a server whose retention counts all users of a bucket.
  package static let newer: GenerationSigns = [.milliseconds, .mapInUsers, .chatsInApps]
  /// The signs of a server whose retention counts the new users of a bucket.
  package static let older: GenerationSigns = [.seconds, .mapInApps, .noChatsInApps]
}

/// The users of a bucket for whom the server looks again in later buckets.
package enum RetentionBase: String, Sendable {
  /// Everybody who was active in the bucket. Newer servers do so.
  case activeUsers = "users"
  /// The users whose first conversation began in the bucket. Older servers do so.
  case newUsers = "new_users"
}

/// The circumstances of an answer.
package struct Delivery: Sendable {
  /// The body as it came, the key redacted.
  package var body: [UInt8]
  /// The `Date` header, to the second.
  package var serverDate: Date?
  /// Requests made until this answer came, at least 1.
  package var attempts: Int

  package init(body: [UInt8] = [], serverDate: Date? = nil, attempts: Int = 1) {
    self.body = body
    self.serverDate = serverDate
    self.attempts = attempts
  }
}

/// One bucket as one answer tells it, over its three series.
package struct Observation: Sendable, Equatable {
  /// The server's timestamp, in Unix milliseconds whatever its generation sends.
  package var serverTimestamp: Int
  /// The series that hold the bucket; in the others it is absent, which means zero.
  package var series: SeriesSet
  package var figures: Figures
  /// Distinct users by source; `nil` where the server sent no map.
  package var usersBySource: UsersBySource?
  package var further: [FurtherFigure]

  package init(
    serverTimestamp: Int, series: SeriesSet = [], figures: Figures = Figures(),
    usersBySource: UsersBySource? = nil, further: [FurtherFigure] = []
  ) {
    self.serverTimestamp = serverTimestamp
    self.series = series
    self.figures = figures
    self.usersBySource = usersBySource
    self.further = further
  }
}

/// A bucket of an answer that cannot be believed.
package struct RefusedBucket: Sendable, Equatable {
  /// The timestamp in Unix milliseconds; `nil` where it cannot be read.
  package var serverTimestamp: Int?
  /// The field that is wrong, such as `chatData.summary.errorCount`.
  package var field: String
  /// The reason in words for a person. It quotes at most 40 characters of the value.
  package var reason: String
  /// Whether the bucket cannot be placed. It may be any bucket that its answer lacks, so that
  /// absence proves nothing there.
  package var isUnplaceable: Bool

  package init(serverTimestamp: Int?, field: String, reason: String, isUnplaceable: Bool = false) {
    self.serverTimestamp = serverTimestamp
    self.field = field
    self.reason = reason
    self.isUnplaceable = isUnplaceable || serverTimestamp == nil
  }
}

/// The cumulative numbers of one app.
package struct TotalsAnswer: Sendable {
  package var users: Double?
  package var chats: Double?
  package var points: Double?
  package var inputTokens: Double?
  package var outputTokens: Double?
  /// Totals that almanac has no column for, by the server's name.
  package var further: [Name: Double]
  package var delivery: Delivery

  package init(
    users: Double? = nil, chats: Double? = nil, points: Double? = nil,
    inputTokens: Double? = nil, outputTokens: Double? = nil, further: [Name: Double] = [:],
    delivery: Delivery
  ) {
    self.users = users
    self.chats = chats
    self.points = points
    self.inputTokens = inputTokens
    self.outputTokens = outputTokens
    self.further = further
    self.delivery = delivery
  }

  /// Whether the answer holds any total.
  package var tellsAny: Bool { !known.isEmpty }

  /// Whether any total is above 0.
  package var isAboveZero: Bool { known.contains { $0 > 0 } }

  private var known: [Double] {
    [users, chats, points, inputTokens, outputTokens].compactMap { $0 } + further.values
  }
}
