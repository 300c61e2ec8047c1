import AlmanacCore

/// One of the three tables of facts: its columns and the figures in them.
enum FactTable: Int, CaseIterable {
  case user, chat, app

  var name: String {
    switch self {
    case .user: "user_fact"
    case .chat: "chat_fact"
    case .app: "app_fact"
    }
  }

  var series: Figure.Series {
    switch self {
    case .user: .user
    case .chat: .chat
    case .app: .app
    }
  }

  /// The figures in the order of the columns.
  var figures: [Figure] { Self.figures[rawValue] }
  /// Arguments: app, source, grain, first day, last day. Columns: the day, the figures.
  var select: String { Self.selects[rawValue] }
  /// Values: app, source, grain, day, the figures, and for the users the run.
  var upsert: Upsert { Self.upserts[rawValue] }

  // Texts are made once: one is asked for with every answer.
  private static let figures: [[Figure]] = [
    [.userCount, .newUserCount, .userPoints],
    [.chatItemCount, .chatCount, .errorCount, .chatPoints],
    [.goodFeedBackCount, .badFeedBackCount, .appChatCount, .totalResponseTime],
  ]
  private static let selects = allCases.map(\.selectText)
  private static let upserts = allCases.map(\.newUpsert)

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

  private var selectText: String {
    let columns = figures.map(column).joined(separator: ", ")
    return """
      SELECT day, \(columns) FROM \(name)
      WHERE app = ? AND source = ? AND grain = ? AND day BETWEEN ? AND ?
      """
  }

  private var newUpsert: Upsert {
    Upsert(
      into: name, key: ["app", "source", "grain", "day"],
      figures.map(column) + (self == .user ? ["run_id"] : []))
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
