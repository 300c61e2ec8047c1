import AlmanacCore
import AlmanacStore
import FastGPTSimulator
import Foundation

/// Holds an archive against a recount, bucket by bucket and source by source.
package struct ArchiveComparison {
  private let collection: SimulatedCollection
  private let app: SimulatedApp
  private let now: Date
  private let recount: Recount
  private let first: String?
  /// The oldest active day of the other apps.
  private let otherFirst: String?

  /// The day that has not ended.
  private let today: String

  package init(
    _ collection: SimulatedCollection, _ app: SimulatedApp, now: Date, secondsFromUTC: Int = 0
  ) {
    self.collection = collection
    self.app = app
    self.now = now
    recount = Recount(app, now: now, secondsFromUTC: secondsFromUTC)
    first = recount.buckets("day", now: now).keys.min()
    otherFirst =
      collection.apps.filter { $0.id.text != app.id }
      .compactMap { collection.server.app($0.id.text)?.records.first?.time }
      .min().map { Recount.start("day", Int($0.timeIntervalSince1970) + secondsFromUTC) }
    today = Recount.start("day", Int(now.timeIntervalSince1970) + secondsFromUTC)
  }

  private static let views = [
    "day": "daily", "week": "weekly", "month": "monthly", "quarter": "quarterly",
  ]
  private static let offsets = [
    "day": [1, 3, 7, 14], "week": [1, 4], "month": [1, 3], "quarter": [1],
  ]

  /// The differences, a line each; empty if the archive is right.
  package func differences() throws -> [String] {
    var differences: [String] = []
    for grain in Recount.grains {
      let buckets = recount.buckets(grain, now: now)
      differences += try figures(grain, source: nil, buckets)
      for source in recount.sources.sorted() {
        differences += try figures(
          grain, source: source, recount.buckets(grain, source: source, now: now))
      }
      differences += try retention(grain, buckets)
    }
    return differences
  }

  private func figures(
    _ grain: String, source: String?, _ expected: [String: Recount.Bucket]
  ) throws -> [String] {
    let view = (Self.views[grain] ?? "") + (source == nil ? "" : "_by_source")
    let rows = try collection.rows(
      """
      SELECT date, users, new_users, points, messages, chats, errors, good_feedback,
        bad_feedback, response_seconds, state, time FROM \(view)
      WHERE app_id = '\(app.id)' \(source.map { "AND source = '\($0)'" } ?? "") ORDER BY date
      """)
    let place = "\(app.name) \(grain) \(source ?? "all")"
    var differences: [String] = []
    if rows.map({ $0[0] ?? "" }) != expected.keys.sorted() {
      let held = Set(rows.map { $0[0] ?? "" })
      differences.append(
        "\(place): missing \(Set(expected.keys).subtracting(held).sorted().prefix(5)), "
          + "too many \(held.subtracting(expected.keys).sorted().prefix(5))")
    }
    for row in rows {
      guard let date = row[0], let bucket = expected[date] else { continue }
      let whole: [String?] = [
        String(bucket.users.count),
        source != nil && grain != "day" ? nil : String(bucket.newUsers), row[3],
        String(bucket.messages), String(bucket.chats), String(bucket.errors),
        String(bucket.good), String(bucket.bad),
      ]
      if Array(row[1...8]) != whole {
        differences.append("\(place) \(date): held \(row[1...8]), counted \(whole)")
      }
      for (held, counted) in [(row[3], bucket.points), (row[9], bucket.responseSeconds)] {
        guard let held = held.flatMap(Double.init), abs(held - counted) < 1e-6 else {
          differences.append("\(place) \(date): held \(held ?? "NULL"), counted \(counted)")
          continue
        }
      }
      let state = state(grain, date)
      if row[10] != state {
        differences.append("\(place) \(date): says \(row[10] ?? "NULL"), is \(state)")
      }
    }
    return differences
  }

  /// The state of a bucket after a run every day, with a look-back of 15 days. The oldest active
  /// day and the buckets that hold it are whole only if another app is known to be older.
  private func state(_ grain: String, _ start: String) -> String {
    let end = Recount.later(grain, start, by: 1)
    if end > today { return "open" }
    if let first, start <= first, first < end,
      otherFirst.map({ $0 >= start }) ?? true
    {
      return "partial"
    }
    return Recount.later("day", end, by: 15) <= today ? "settled" : "settling"
  }

  private func retention(
    _ grain: String, _ buckets: [String: Recount.Bucket]
  ) throws -> [String] {
    var differences: [String] = []
    for offset in Self.offsets[grain] ?? [] {
      let rows = try collection.rows(
        """
        SELECT date, cohort_users, retained_users, mature, base FROM retention
        WHERE app_id = '\(app.id)' AND grain = '\(grain)' AND offset = \(offset)
        """)
      let held = Dictionary(uniqueKeysWithValues: rows.map { ($0[0] ?? "", $0) })
      for (start, bucket) in buckets {
        let later = Recount.later(grain, start, by: offset)
        let isMature = Recount.later(grain, later, by: 1) <= today
        let again = bucket.users.intersection(buckets[later]?.users ?? [])
        let place = "\(app.name) \(grain) \(start) T+\(offset)"
        if isMature {
          let expected = [String(bucket.users.count), String(again.count), "1", "users"]
          if held[start].map({ Array($0[1...]) }) != expected {
            differences.append("\(place): held \(held[start] ?? []), counted \(expected)")
          }
        } else if held[start]?[2] != nil || held[start]?[3] == "1" {
          differences.append("\(place): immature, and \(held[start] ?? [])")
        }
      }
    }
    return differences
  }
}
