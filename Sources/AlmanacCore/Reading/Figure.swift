/// One of the numbers that the server sends for a bucket and that the archive has a column for.
package enum Figure: Int, CaseIterable, Sendable {
  case userCount, newUserCount, userPoints
  case chatItemCount, chatCount, errorCount, chatPoints
  case goodFeedBackCount, badFeedBackCount, appChatCount, totalResponseTime
  /// Users of the bucket seen again T+offset later; the offset is that of the read.
  case retentionUserCount

  /// The array of the answer that carries a figure.
  package enum Series: Int, CaseIterable, Sendable {
    case user, chat, app

    /// The field of `data` in the answer.
    package var field: String {
      switch self {
      case .user: "userData"
      case .chat: "chatData"
      case .app: "appData"
      }
    }
  }

  package var series: Series {
    switch self {
    case .userCount, .newUserCount, .userPoints, .retentionUserCount: .user
    case .chatItemCount, .chatCount, .errorCount, .chatPoints: .chat
    case .goodFeedBackCount, .badFeedBackCount, .appChatCount, .totalResponseTime: .app
    }
  }

  /// The field of `summary` in the answer.
  package var field: String {
    switch self {
    case .userCount: "userCount"
    case .newUserCount: "newUserCount"
    case .userPoints, .chatPoints: "points"
    case .chatItemCount: "chatItemCount"
    case .chatCount, .appChatCount: "chatCount"
    case .errorCount: "errorCount"
    case .goodFeedBackCount: "goodFeedBackCount"
    case .badFeedBackCount: "badFeedBackCount"
    case .totalResponseTime: "totalResponseTime"
    case .retentionUserCount: "retentionUserCount"
    }
  }

  /// The name that people and views use.
  package var name: String {
    switch self {
    case .userCount: "users"
    case .newUserCount: "new_users"
    case .userPoints: "user_points"
    case .chatItemCount: "messages"
    case .chatCount: "chats"
    case .errorCount: "errors"
    case .chatPoints: "points"
    case .goodFeedBackCount: "good_feedback"
    case .badFeedBackCount: "bad_feedback"
    case .appChatCount: "app_chats"
    case .totalResponseTime: "response_seconds"
    case .retentionUserCount: "retained_users"
    }
  }

  /// Whole numbers; the others are sums of fractions.
  package var isCount: Bool {
    switch self {
    case .userPoints, .chatPoints, .totalResponseTime: false
    default: true
    }
  }

  /// Feedback taken back is booked on the newest record, so these may fall below zero.
  package var mayBeNegative: Bool {
    self == .goodFeedBackCount || self == .badFeedBackCount
  }

  /// Whether the figure of a week is the sum of its days, within one app and source.
  package var addsUpOverTime: Bool {
    switch self {
    case .userCount, .retentionUserCount: false
    default: true
    }
  }
}

/// The figures of one app, source and bucket; one that the server did not send is unknown.
package struct Figures: Sendable, Equatable {
  private var values = SIMD16<Double>(repeating: 0)
  private var known: UInt16 = 0

  package init() {}

  /// `nil` is unknown, which is not zero.
  package subscript(_ figure: Figure) -> Double? {
    get { known & (1 << figure.rawValue) == 0 ? nil : values[figure.rawValue] }
    set {
      values[figure.rawValue] = newValue ?? 0
      if newValue == nil {
        known &= ~(1 << figure.rawValue)
      } else {
        known |= 1 << figure.rawValue
      }
    }
  }

  /// Whether no figure is known.
  package var isEmpty: Bool { known == 0 }

  /// Whether any figure is known and not zero.
  package var isActive: Bool { values != SIMD16(repeating: 0) }

  /// These figures, and where one is unknown that of `other`.
  package func filled(from other: Figures) -> Figures {
    if known | other.known == known { return self }
    var filled = other
    for place in 0..<Self.count where known & (1 << place) != 0 {
      filled.values[place] = values[place]
    }
    filled.known |= known
    return filled
  }

  /// These figures, and where that of `other` is known too, the greater one.
  package func raised(to other: Figures) -> Figures {
    var raised = self
    for place in 0..<Self.count where known & other.known & (1 << place) != 0 {
      raised.values[place] = max(values[place], other.values[place])
    }
    return raised
  }

  /// The figures of some series alone.
  package func only(_ series: SeriesSet) -> Figures {
    var left = self
    for figure in Figure.allCases where !series.contains(figure.series) { left[figure] = nil }
    return left
  }

  private static let count = Figure.allCases.count
}

/// Some of the three series of an answer.
package struct SeriesSet: OptionSet, Sendable, Hashable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package init(_ series: Figure.Series) { rawValue = 1 << series.rawValue }

  package static let user = SeriesSet(.user)
  package static let chat = SeriesSet(.chat)
  package static let app = SeriesSet(.app)
  package static let all: SeriesSet = [.user, .chat, .app]

  package func contains(_ series: Figure.Series) -> Bool { contains(SeriesSet(series)) }
}
