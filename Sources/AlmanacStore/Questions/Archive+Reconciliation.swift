import AlmanacCore
import Foundation
import GRDB

/// The server's totals of one app, compared with the sums of the app's days.
///
/// A total must be at least the sum of the days that had ended when it was read. It must be at most
/// that sum plus all that was counted on the day of the reading. Only a total outside this range
/// makes a difference. An app is compared only if all its days are held, from as far back as the
/// server remembers.
package struct Reconciliation: Sendable {
  /// The figure that the server sums as its total of chats: messages, or conversations.
  package let counts: Figure
  package let totalChats: Int?
  /// The number of chats in the held days; of all numbers that are possible, the one nearest to the
  /// total.
  package let heldChats: Int?
  package let totalPoints: Double?
  package let heldPoints: Double?

  fileprivate init(_ sums: Archive.Sums, counts: Figure) {
    self.counts = counts
    let chats = counts == .chatCount ? sums.chats : sums.messages
    totalChats = sums.reading.chats
    heldChats = totalChats.flatMap { total in
      chats.flatMap { Int(exactly: $0.nearest(to: Double(total))) }
    }
    totalPoints = sums.reading.points
    heldPoints = totalPoints.flatMap { sums.points?.nearest(to: $0) }
  }

  /// The chats that the days hold beyond the total; negative if they hold fewer.
  package var chatsDifference: Int? {
    guard let totalChats, let heldChats else { return nil }
    return Int(exactly: Double(heldChats) - Double(totalChats))
  }

  /// The points that the days hold beyond the total; negative if they hold fewer.
  package var pointsDifference: Double? {
    guard let totalPoints, let heldPoints else { return nil }
    return heldPoints - totalPoints
  }
}

extension Archive {
  /// A reading of an app's totals that is confirmed: the day on which it was made was read after
  /// it.
  fileprivate struct ConfirmedReading {
    let chats: Int?
    let points: Double?
    /// The days that may not have ended when the server counted.
    let days: ClosedRange<Day>
  }

  /// The newest confirmed reading of each app, by the app's key. A later reading cannot be
  /// compared: the days that are held are older than it.
  private static func confirmedReadings(_ db: Database) throws -> [Int: ConfirmedReading] {
    var confirmed: [Int: ConfirmedReading] = [:]
    var asked: [Int: [Int: Day]] = [:]
    let readings = try db.cachedStatement(
      sql: """
        SELECT run_id, read_at, total_chats, total_points FROM total_reading
        WHERE app = ? ORDER BY id DESC
        """)
    let facts = try db.cachedStatement(
      sql: """
        SELECT run_id FROM user_fact WHERE app = ? AND source = 0 AND grain = 0 AND day = ?
        """)
    for row in try CheckedRow.fetchAll(
      db,
      sql: """
        SELECT app.id, server.zone FROM app JOIN server ON server.id = app.server
        WHERE first_date IS NOT NULL AND server.zone IS NOT NULL
        """)
    {
      let app: Int = try row[0]
      let zone: BucketZone = try row[1]
      let rows = try CheckedRow.fetchCursor(readings, arguments: [app])
      while let reading = try rows.next() {
        let run: Int = try reading[0]
        guard let readAt = Date(iso8601: try reading[1] as String) else { continue }
        let today = zone.day(holding: readAt)
        // The row of the day carries the run that last saw something new in it. If that run is
        // older, the ledger tells whether there was nothing new or nobody looked.
        let seen = try Int.fetchOne(facts, arguments: [app, today.number])
        if seen.map({ $0 < run }) ?? true {
          let last = try asked[run] ?? lastDaysAsked(db, run)
          asked[run] = last
          guard seen != nil, let last = last[app], last > today else { continue }
        }
        // Two clocks may be five minutes apart, and an answer takes its time.
        let days = [-300.0, 300].map { zone.day(holding: readAt.addingTimeInterval($0)) }
        confirmed[app] = try ConfirmedReading(
          chats: reading[2], points: reading[3], days: days[0]...days[1])
        break
      }
    }
    return confirmed
  }

  /// The last day, of all sources together, that a run asked for after it had read the totals; by
  /// app. That day is a spare one.
  private static func lastDaysAsked(_ db: Database, _ run: Int) throws -> [Int: Day] {
    var last: [Int: Day] = [:]
    var hasTotals: Set<Int> = []
    for row in try CheckedRow.fetchAll(
      db,
      sql: """
        SELECT app, endpoint = 'getTotalData', last_date FROM request
        WHERE run_id = ? AND outcome = 'ok' AND (endpoint = 'getTotalData'
          OR (source = 0 AND grain = 0 AND "offset" = 1))
        ORDER BY id
        """, arguments: [run])
    {
      let app: Int = try row[0]
      if try row[1] {
        hasTotals.insert(app)
      } else if hasTotals.contains(app), let day: Day = try row[2] {
        last[app] = max(last[app] ?? day, day)
      }
    }
    return last
  }

  /// The range that an app's days allow for the server's total of one figure.
  fileprivate struct Span {
    /// The sum of the days that had ended and are not forgotten.
    let least: Double
    /// The sum that includes the day of the reading and the forgotten days; the server may still
    /// count a part of these.
    let most: Double
    /// The sum that includes the day of the reading, without the forgotten days.
    let likeliest: Double

    /// The number in the range that is nearest to a total. The rounding of long sums makes no
    /// difference.
    func nearest(to total: Double) -> Double {
      let slack = 1e-9 * max(abs(total), abs(most), 1)
      if total >= least - slack, total <= most + slack { return total }
      return total < least ? least : most
    }
  }

  fileprivate struct Sums {
    let app: AppID
    let server: String
    let reading: ConfirmedReading
    let messages: Span?
    let chats: Span?
    let points: Span?

    /// The distance of the total of chats from a span, and from the likeliest number in it.
    func distance(_ span: Span?) -> (Double, Double) {
      guard let span, let chats = reading.chats else { return (0, 0) }
      let total = Double(chats)
      return (abs(span.nearest(to: total) - total), abs(span.likeliest - total))
    }
  }

  /// The reconciliation of each app. A server is taken to sum messages or conversations, whichever
  /// fits its apps better.
  static func reconciliations(_ db: Database) throws -> [AppID: Reconciliation] {
    let readings = try confirmedReadings(db)
    let sums = try CheckedRow.fetchAll(
      db,
      sql: """
        SELECT app.id, app.app_id, server.name, forgotten_date
        FROM app JOIN server ON server.id = app.server
        WHERE retired = 0 AND since_date IS NULL
          AND NOT EXISTS (SELECT 1 FROM gap WHERE gap.app = app.id AND gap.grain = 0)
        """
    ).compactMap { row -> Sums? in
      let app: Int = try row[0]
      guard let reading = readings[app] else { return nil }
      let spans = try spans(db, app, forgotten: row[3], reading.days)
      return try Sums(
        app: row[1], server: row[2], reading: reading, messages: spans[0], chats: spans[1],
        points: spans[2])
    }
    var counts: [String: Figure] = [:]
    for (server, sums) in Dictionary(grouping: sums, by: \.server) {
      let distance = { (span: (Sums) -> Span?) in
        sums.map { $0.distance(span($0)) }.reduce((0, 0)) { ($0.0 + $1.0, $0.1 + $1.1) }
      }
      counts[server] = distance(\.chats) < distance(\.messages) ? .chatCount : .chatItemCount
    }
    return sums.reduce(into: [:]) { reconciliations, sums in
      reconciliations[sums.app] = Reconciliation(
        sums, counts: counts[sums.server] ?? .chatItemCount)
    }
  }

  /// The spans of messages, conversations and points, in this order; `nil` for a figure that the
  /// server does not send.
  private static func spans(
    _ db: Database, _ app: Int, forgotten: Day?, _ days: ClosedRange<Day>
  ) throws -> [Span?] {
    let columns = ["chat_item_count", "chat_count", "points"].flatMap { column in
      ["count(\(column))"]
        + ["day > ?2 AND day < ?3", "day >= ?3", "day = ?2 AND day < ?3"].map { days in
          // A sum that is too large for a number is unknown.
          let sum = "total(\(column)) FILTER (WHERE \(days))"
          return "CASE WHEN abs(\(sum)) <= 1.7976931348623157e308 THEN \(sum) END"
        }
    }
    let row = try CheckedRow.fetchOne(
      db,
      sql: """
        SELECT \(columns.joined(separator: ", ")) FROM chat_fact
        WHERE app = ?1 AND source = 0 AND grain = 0 AND day >= ?2 AND day <= ?4
        """,
      arguments: [
        app, forgotten?.number ?? ClosedRange.days.lowerBound - 1, days.lowerBound.number,
        days.upperBound.number,
      ])
    guard let row else { return [nil, nil, nil] }
    return try [0, 4, 8].map { place in
      guard try row[place] as Int > 0, let ended: Double = try row[place + 1],
        let open: Double = try row[place + 2], let lost: Double = try row[place + 3],
        (ended + open + lost).isFinite
      else { return nil }
      return Span(least: ended, most: ended + open + lost, likeliest: ended + open)
    }
  }
}
