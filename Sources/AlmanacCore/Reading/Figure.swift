/// A number that the server sends for a bucket and the archive has a column for.
package enum Figure: Int, CaseIterable, Sendable {
  case userCount, newUserCount, userPoints, userInputTokens, userOutputTokens
  /// Tokens are those of the chat series, else those of the user series; never both added.
  case chatItemCount, chatCount, errorCount, chatPoints, inputTokens, outputTokens
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
    case .userCount, .newUserCount, .userPoints, .userInputTokens, .userOutputTokens,
      .retentionUserCount:
      .user
    case .chatItemCount, .chatCount, .errorCount, .chatPoints, .inputTokens, .outputTokens: .chat
    case .goodFeedBackCount, .badFeedBackCount, .appChatCount, .totalResponseTime: .app
    }
  }

  /// The field of `summary` in the answer.
  package var field: String {
    switch self {
    case .userCount: "userCount"
    case .newUserCount: "newUserCount"
    case .userPoints, .chatPoints: "points"
    case .userInputTokens, .inputTokens: "inputTokens"
    case .userOutputTokens, .outputTokens: "outputTokens"
    case .chatItemCount: "chatItemCount"
    case .chatCount, .appChatCount: "chatCount"
    case .errorCount: "errorCount"
    case .goodFeedBackCount: "goodFeedBackCount"
    case .badFeedBackCount: "badFeedBackCount"
    case .totalResponseTime: "totalResponseTime"
    case .retentionUserCount: "retentionUserCount"
    }
  }

  /// Another spelling of the field (docs/server.md, trap 10). Where both are sent, ``field`` counts
  /// and this one is a further figure.
  package var longField: String? {
    switch self {
    case .userInputTokens, .inputTokens: "totalInputTokens"
    case .userOutputTokens, .outputTokens: "totalOutputTokens"
    default: nil
    }
  }

  /// The name that people and views use.
  package var name: String {
    switch self {
    case .userCount: "users"
    case .newUserCount: "new_users"
    case .userPoints: "user_points"
    case .userInputTokens: "user_input_tokens"
    case .userOutputTokens: "user_output_tokens"
    case .chatItemCount: "messages"
    case .chatCount: "chats"
    case .errorCount: "errors"
    case .chatPoints: "points"
    case .inputTokens: "input_tokens"
    case .outputTokens: "output_tokens"
    case .goodFeedBackCount: "good_feedback"
    case .badFeedBackCount: "bad_feedback"
    case .appChatCount: "app_chats"
    case .totalResponseTime: "response_seconds"
    case .retentionUserCount: "retained_users"
    }
  }

  /// Whether it is a whole number. The others are sums of fractions.
  package var isCount: Bool {
    switch self {
    case .userPoints, .chatPoints, .totalResponseTime: false
    default: true
    }
  }

  /// Whether it may fall below zero: feedback that is taken back is booked on the newest record.
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
