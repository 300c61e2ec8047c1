import FastGPTSimulator
import Foundation

/// Apps small enough to count by hand.
package enum Fixtures {
  package static let appID = "68c46a70d950e8850ae564ba"
  package static let otherID = "68c46a70d950e8850ae564bb"

  /// A conversation of one user at an instant.
  package static func record(
    _ user: String, _ time: Date, source: String = "api", messages: Int = 2, errors: Int = 0,
    points: Double = 0.5, good: Int = 0
  ) -> ChatRecord {
    ChatRecord(
      id: "\(user)-\(time.timeIntervalSince1970)-\(source)", userID: user, source: source,
      createdAt: time, time: time, messages: messages, errors: errors, points: points,
      responseSeconds: 1.5, goodFeedback: good, badFeedback: 0)
  }

  /// Two users each day at noon UTC, the second one every other day and by another source.
  package static func steady(
    _ id: String = appID, name: String = "Support bot", from first: Date, days: Int
  ) -> SimulatedApp {
    let noon = first.addingTimeInterval(43_200)
    let records = (0..<days).flatMap { day -> [ChatRecord] in
      let time = noon.addingTimeInterval(86_400 * Double(day))
      return [record("ann", time)]
        + (day % 2 == 0 ? [record("bob", time.addingTimeInterval(60), source: "share")] : [])
    }
    return SimulatedApp(id: id, name: name, records: records)
  }
}
