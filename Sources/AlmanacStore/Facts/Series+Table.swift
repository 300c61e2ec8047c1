import AlmanacCore

/// Each series of an answer has a table of facts.
extension Figure.Series {
  /// The name of the table.
  var table: String { Self.tables[rawValue] }
  /// The figures that have a column, in the order of the columns.
  var figures: [Figure] { Self.figures[rawValue] }
  /// The SQL that reads rows. Its arguments are app, source, grain, first day and last day; its
  /// columns are the day and the figures.
  var select: String { Self.selects[rawValue] }
  /// The upsert of rows. They share app, source, grain and run; each has its day and the figures.
  var upsert: Upsert { Self.upserts[rawValue] }

  // The texts are made once, since every answer asks for one.
  private static let tables = ["user_fact", "chat_fact", "app_fact"]
  private static let figures: [[Figure]] = [
    [.userCount, .newUserCount, .userPoints, .userInputTokens, .userOutputTokens],
    [.chatItemCount, .chatCount, .errorCount, .chatPoints, .inputTokens, .outputTokens],
    [.goodFeedBackCount, .badFeedBackCount, .appChatCount, .totalResponseTime],
  ]
  private static let selects = allCases.map(\.selectText)
  private static let upserts = allCases.map(\.newUpsert)

  private func column(_ figure: Figure) -> String {
    switch figure {
    case .userCount: "user_count"
    case .newUserCount: "new_user_count"
    case .userPoints, .chatPoints: "points"
    case .userInputTokens, .inputTokens: "input_tokens"
    case .userOutputTokens, .outputTokens: "output_tokens"
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
      SELECT day, \(columns) FROM \(table)
      WHERE app = ? AND source = ? AND grain = ? AND day BETWEEN ? AND ?
      """
  }

  private var newUpsert: Upsert {
    Upsert(
      into: table, key: ["app", "source", "grain"],
      run: self == .user ? "run_id" : "changed_run_id", figures.map(column))
  }
}
