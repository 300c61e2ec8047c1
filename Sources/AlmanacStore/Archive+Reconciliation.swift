import AlmanacCore
import GRDB

/// The newest cumulative numbers of one app beside the sums of its days.
///
/// Only of an app whose days are all held, from as far back as the server remembers.
package struct Reconciliation: Sendable {
  /// What the server sums as its total of chats: messages, or conversations.
  package let counts: Figure
  package let totalChats: Int?
  /// Of the days that the server still knows wholly.
  package let heldChats: Int?
  package let totalPoints: Double?
  package let heldPoints: Double?
  /// Of the newest day that the server has lost; it may still know a part.
  fileprivate let chatsAtEnd: Int
  fileprivate let pointsAtEnd: Double

  /// What the days hold beyond the total; negative for less.
  package var chatsDifference: Int? {
    guard let totalChats, let heldChats else { return nil }
    return Int(
      exactly: Self.difference(Double(totalChats), Double(heldChats), Double(chatsAtEnd)))
  }

  package var pointsDifference: Double? {
    guard let totalPoints, let heldPoints else { return nil }
    return Self.difference(totalPoints, heldPoints, pointsAtEnd)
  }

  /// Rounding of sums of many fractions is no difference, and any part of the lost day may count.
  private static func difference(_ total: Double, _ held: Double, _ atEnd: Double) -> Double {
    let slack = 1e-9 * max(abs(total), abs(held), 1)
    if total < held - slack { return held - total }
    return total > held + atEnd + slack ? held + atEnd - total : 0
  }
}

extension Archive {
  private struct Sums {
    let app: AppID
    let server: String
    let totalChats: Int?
    let totalPoints: Double?
    let messages: Int?
    let chats: Int?
    let points: Double?
    let messagesAtEnd: Int
    let chatsAtEnd: Int
    let pointsAtEnd: Double
  }

  /// By app. Which of the two a server sums is what fits its apps better.
  static func reconciliations(_ db: Database) throws -> [AppID: Reconciliation] {
    let sums = try Record.fetchAll(
      db,
      sql: """
        SELECT app.app_id, server.name, total_chats, total_points,
          sum(chat_item_count) FILTER (WHERE day > forgotten),
          sum(chat_count) FILTER (WHERE day > forgotten),
          sum(points) FILTER (WHERE day > forgotten),
          ifnull(sum(chat_item_count) FILTER (WHERE day = forgotten), 0),
          ifnull(sum(chat_count) FILTER (WHERE day = forgotten), 0),
          total(points) FILTER (WHERE day = forgotten)
        FROM (SELECT *, ifnull(julianday(forgotten_date) - 2440587.5, -1000000) AS forgotten
          FROM app) AS app
        JOIN server ON server.id = app.server
        JOIN total_reading
          ON total_reading.id = (SELECT max(id) FROM total_reading WHERE app = app.id)
        CROSS JOIN chat_fact ON chat_fact.app = app.id AND chat_fact.source = 0
          AND chat_fact.grain = 0
          AND chat_fact.day >= app.forgotten
        WHERE app.retired = 0 AND app.since_date IS NULL
          AND NOT EXISTS (SELECT 1 FROM gap WHERE gap.app = app.id AND gap.grain = 0)
        GROUP BY app.id
        """
    ).map { row in
      try Sums(
        app: row[0], server: row[1], totalChats: row[2], totalPoints: row[3], messages: row[4],
        chats: row[5], points: row[6], messagesAtEnd: row[7], chatsAtEnd: row[8],
        pointsAtEnd: row[9])
    }
    var counts: [String: Figure] = [:]
    for (server, sums) in Dictionary(grouping: sums, by: \.server) {
      let distance = { (held: (Sums) -> Int?) in
        sums.reduce(0.0) { sum, app in
          guard let total = app.totalChats, let held = held(app) else { return sum }
          return sum + abs(Double(held) - Double(total))
        }
      }
      counts[server] = distance(\.chats) < distance(\.messages) ? .chatCount : .chatItemCount
    }
    return sums.reduce(into: [:]) { reconciliations, sums in
      let figure = counts[sums.server] ?? .chatItemCount
      reconciliations[sums.app] = Reconciliation(
        counts: figure, totalChats: sums.totalChats,
        heldChats: figure == .chatCount ? sums.chats : sums.messages,
        totalPoints: sums.totalPoints, heldPoints: sums.points,
        chatsAtEnd: figure == .chatCount ? sums.chatsAtEnd : sums.messagesAtEnd,
        pointsAtEnd: sums.pointsAtEnd)
    }
  }
}
