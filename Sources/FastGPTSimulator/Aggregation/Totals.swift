/// The answer of `getTotalData`: the sums over all visible records of one app.
struct Totals: Sendable, Hashable {
  /// Distinct users.
  var totalUsers = 0
  /// Upstream sums `chatItemCount`, which is messages; some servers count conversations.
  var totalChats = 0
  var totalPoints = 0.0
  /// The number of messages, even if `totalChats` counts conversations.
  var totalMessages = 0

  init(of log: AppLog, visible: Range<Int>, countsConversations: Bool = false) {
    for index in visible {
      if log.previous[index] < visible.lowerBound { totalUsers += 1 }
      totalChats += countsConversations ? 1 : log.records[index].messages
      totalMessages += log.records[index].messages
      totalPoints += log.records[index].points
    }
  }
}
