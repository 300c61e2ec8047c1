import AlmanacCore

/// One of the three tables of facts: its columns and the figures in them.
enum FactTable: CaseIterable {
  case user, chat, app

  var name: String {
    switch self {
    case .user: "user_fact"
    case .chat: "chat_fact"
    case .app: "app_fact"
    }
  }

  /// In the order of the columns.
  var figures: [Figure] {
    switch self {
    case .user: [.userCount, .newUserCount, .userPoints]
    case .chat: [.chatItemCount, .chatCount, .errorCount, .chatPoints]
    case .app: [.goodFeedBackCount, .badFeedBackCount, .appChatCount, .totalResponseTime]
    }
  }

  private func column(_ figure: Figure) -> String {
    switch figure {
    case .userCount: "user_count"
    case .newUserCount: "new_user_count"
    case .userPoints, .chatPoints: "points"
    case .chatItemCount: "chat_item_count"
    case .chatCount, .appChatCount: "chat_count"
    case .errorCount: "error_count"
    case .goodFeedBackCount: "good_feed_back_count"
    case .badFeedBackCount: "bad_feed_back_count"
    case .totalResponseTime: "total_response_time"
    case .retentionUserCount: "retention_user_count"
    }
  }

  /// Arguments: app, source, grain, first day, last day.
  var select: String {
    let columns = figures.map(column).joined(separator: ", ")
    return """
      SELECT day, \(columns) FROM \(name)
      WHERE app = ? AND source = ? AND grain = ? AND day BETWEEN ? AND ?
      """
  }

  /// Arguments: app, source, grain, day, the figures, and for the users the run.
  var upsert: String {
    let columns = figures.map(column) + (self == .user ? ["run_id"] : [])
    let places = Array(repeating: "?", count: columns.count + 4).joined(separator: ", ")
    let sets = columns.map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
    return """
      INSERT INTO \(name) (app, source, grain, day, \(columns.joined(separator: ", ")))
      VALUES (\(places))
      ON CONFLICT (app, source, grain, day) DO UPDATE SET \(sets)
      """
  }

  /// Arguments: app, app, grain, day.
  var deleteSources: String {
    """
    DELETE FROM \(name)
    WHERE app = ? AND source IN (SELECT source FROM app_source WHERE app = ?) AND grain = ?
      AND day = ?
    """
  }
}
