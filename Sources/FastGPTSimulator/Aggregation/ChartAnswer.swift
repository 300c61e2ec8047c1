/// The three series of one chart, each with its active buckets, ascending. This is the form before
/// any server generation spells it.
struct ChartAnswer: Sendable, Hashable {
  var users: [UserBucket] = []
  var chats: [ChatBucket] = []
  var apps: [AppBucket] = []

  /// One entry of `userData`.
  struct UserBucket: Sendable, Hashable {
    /// The bucket's label in epoch milliseconds; nil where the server lost it.
    var timestamp: Int?
    var userCount = 0
    var newUserCount = 0
    var retentionUserCount = 0
    var points = 0.0
    var messages = 0
    /// Distinct users by source, seen sources only.
    var sourceCountMap: [ExactText: Int] = [:]
  }

  /// One entry of `chatData`.
  struct ChatBucket: Sendable, Hashable {
    /// The bucket's label in epoch milliseconds; nil where the server lost it.
    var timestamp: Int?
    var chatItemCount = 0
    var chatCount = 0
    var errorCount = 0
    var points = 0.0
  }

  /// One entry of `appData`.
  struct AppBucket: Sendable, Hashable {
    /// The bucket's label in epoch milliseconds; nil where the server lost it.
    var timestamp: Int?
    var goodFeedBackCount = 0
    var badFeedBackCount = 0
    var chatCount = 0
    /// Seconds.
    var totalResponseTime = 0.0
    /// Distinct users by source, where the server counts them with the app; seen sources only.
    var sourceCountMap: [ExactText: Int] = [:]
  }
}
