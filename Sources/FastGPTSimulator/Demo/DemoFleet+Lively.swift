import Foundation

extension DemoFleet {
  /// Names of sources that no server knows by itself: Chinese, with quotes, very long. A request
  /// may name them only if they are added to `ServerProfile.knownSources`.
  package static let oddSources = [
    "小程序", #"a "quoted" 'source'; --"#, String(repeating: "long", count: 75),
  ]

  /// Gives apps a past that changes. Thumbs come late, and some are taken back. Talks go on over
  /// midnight, in UTC and in a zone. An upgrade counts one month anew, and new sources appear.
  ///
  /// This is a pure function of its parameters. No talk passes midnight before `late`, and nothing
  /// happens after `until`. The upgrade comes two thirds of the way between them.
  package static func lively(
    _ apps: [SimulatedApp], seed: UInt64, late: Date, until: Date, zone: TimeZone = .gmt
  ) -> [SimulatedApp] {
    apps.enumerated().map { place, app in
      var random = SplitMix64(seed: seed, place, 77)
      var records = app.records
      var changes = thumbs(records, until: until, &random)
      let talks = midnightTalks(late: late, until: until, zone: zone, &random)
      records += talks.records
      changes += talks.changes
      let days = Int(until.timeIntervalSince(late) / 86_400)
      for (number, source) in oddSources.enumerated() {
        let first = late.addingTimeInterval(86_400 * Double(days / 4 * (number + 1)))
        records += visits(from: source, number: number, first: first, until: until, &random)
      }
      changes += upgrade(records, at: late.addingTimeInterval(57_600 * Double(days)))
      if zone.secondsFromGMT(for: late) != 0 || zone.secondsFromGMT(for: until) != 0 {
        let others = midnightTalks(late: late, until: until, zone: .gmt, &random)
        let ids = Set(records.map(\.id))
        records += others.records.filter { !ids.contains($0.id) }
        changes += others.changes.filter { !ids.contains($0.record) }
      }
      return SimulatedApp(id: app.id, name: app.name, records: records, changes: changes)
    }
  }

  /// A thumb up for one record in six, from a minute to sixty days later. Every fourth is taken
  /// back, which counts against the newest record that its user has by then.
  private static func thumbs(
    _ records: [ChatRecord], until: Date, _ random: inout SplitMix64
  ) -> [RecordChange] {
    let records = records.sorted { ($0.time, $0.id) < ($1.time, $1.id) }
    let byUser = Dictionary(grouping: records, by: \.userID)
    var changes: [RecordChange] = []
    for record in records where random.chance(1.0 / 6) {
      let at = record.time.addingTimeInterval(random.between(60, 60 * 86_400))
      changes.append(.thumbs(at: at, record: record.id, up: 1))
      if random.chance(0.25) {
        let back = at.addingTimeInterval(random.between(60, 10 * 86_400))
        let newest = byUser[record.userID]?.last { $0.time <= back } ?? record
        changes.append(.thumbs(at: back, record: newest.id, up: -1))
      }
    }
    return changes.filter { $0.at <= until }
  }

  /// Talks on about every third day that begin in the last twenty minutes and go on over midnight.
  private static func midnightTalks(
    late: Date, until: Date, zone: TimeZone, _ random: inout SplitMix64
  ) -> (records: [ChatRecord], changes: [RecordChange]) {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = zone
    var records: [ChatRecord] = []
    var changes: [RecordChange] = []
    var midnight = calendar.startOfDay(for: late)
    while midnight < until {
      midnight = calendar.date(byAdding: .day, value: 1, to: midnight) ?? until
      guard random.chance(1.0 / 3) else { continue }
      let start = midnight.addingTimeInterval(-random.between(60, 1200).rounded())
      let id = "night-\(Int(start.timeIntervalSince1970))"
      records.append(
        ChatRecord(
          id: id, userID: "owl\(Int(random.between(0, 4)))", source: "api", createdAt: start,
          time: start, messages: 2, points: 0.5, responseSeconds: 3))
      var time = start
      for _ in 0..<Int(random.between(1, 6)) {
        time = time.addingTimeInterval(random.between(120, 890).rounded())
        if time <= until { changes.append(.talk(at: time, record: id)) }
      }
    }
    return (records, changes)
  }

  private static func visits(
    from source: String, number: Int, first: Date, until: Date, _ random: inout SplitMix64
  ) -> [ChatRecord] {
    var records: [ChatRecord] = []
    var time = first
    while time <= until {
      records.append(
        ChatRecord(
          id: "odd\(number)-\(records.count)", userID: "guest\(Int(random.between(0, 5)))",
          source: source, time: time, points: 0.25, responseSeconds: 1.5))
      time = time.addingTimeInterval(random.between(3_600, 4 * 86_400).rounded())
    }
    return records
  }

  /// An upgrade at an instant. From then on, the records of the thirty days that ended forty days
  /// earlier cost half as much again, and every seventh has one failed message more.
  private static func upgrade(_ records: [ChatRecord], at: Date) -> [RecordChange] {
    let end = at.addingTimeInterval(-40 * 86_400)
    let start = end.addingTimeInterval(-30 * 86_400)
    return records.filter { (start...end).contains($0.time) }.enumerated().map { index, record in
      var change = RecordChange(at: at, record: record.id)
      change.points = record.points / 2
      change.errors = index % 7 == 0 ? 1 : 0
      return change
    }
  }
}
