/// What `getTotalData` answers: everything that the server knows of one app at that moment.
struct Totals: Sendable, Hashable {
  /// Distinct users.
  var totalUsers = 0
  /// Messages, not conversations: upstream sums `chatItemCount`.
  var totalChats = 0
  var totalPoints = 0.0

  init(of log: AppLog, visible: Range<Int>) {
    for index in visible {
      if log.previous[index] < visible.lowerBound { totalUsers += 1 }
      totalChats += log.app.records[index].messages
      totalPoints += log.app.records[index].points
    }
  }
}
