import Foundation

extension DemoFleet {
  /// An app that nobody has ever used.
  package static func unusedApp(id: String = "68c46a70d950e8850ae56400") -> SimulatedApp {
    SimulatedApp(id: id, name: "Unused")
  }

  /// An app with one conversation, which ended at an instant.
  package static func appOfOneConversation(
    id: String = "68c46a70d950e8850ae56401", at time: Date
  ) -> SimulatedApp {
    SimulatedApp(
      id: id, name: "Tried once",
      records: [
        ChatRecord(
          id: "only", userID: "visitor", source: "test", createdAt: time - 60, time: time,
          messages: 4, points: 0.75, responseSeconds: 6.5)
      ])
  }

  /// An app used only from Monday to Friday, between 9 and 18 o'clock in a zone. Its records cannot
  /// show where a server cuts its days.
  ///
  /// Every working day has three to eight conversations. Each day draws its random numbers from a
  /// stream of its own, so a later end keeps the past.
  package static func officeApp(
    id: String = "68c46a70d950e8850ae56402", seed: UInt64, zone: TimeZone, from: Date, until: Date
  ) -> SimulatedApp {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = zone
    var records: [ChatRecord] = []
    var day = calendar.startOfDay(for: from)
    while day <= until, let next = calendar.date(byAdding: .day, value: 1, to: day) {
      defer { day = next }
      guard (2...6).contains(calendar.component(.weekday, from: day)),
        let nine = calendar.date(bySettingHour: 9, minute: 0, second: 0, of: day)
      else { continue }
      records += workday(from: nine, seed: seed)
    }
    return SimulatedApp(
      id: id, name: "Office hours",
      records: records.filter { from <= $0.time && $0.time <= until })
  }

  private static func workday(from nine: Date, seed: UInt64) -> [ChatRecord] {
    let opening = Int(nine.timeIntervalSince1970)
    var random = SplitMix64(seed: seed, opening)
    return (0..<Int(random.between(3, 9))).map { number in
      // The latest one begins at 17:45 and ends ten minutes later.
      let start = nine + random.between(0, 8.75 * 3600).rounded(.down)
      return ChatRecord(
        id: "\(opening)-\(number)", userID: "clerk\(Int(random.between(0, 6)))", source: "online",
        createdAt: start, time: start + random.between(30, 600).rounded(.down),
        messages: 2 * Int(random.between(1, 5)), points: 0.5, responseSeconds: 4)
    }
  }
}
