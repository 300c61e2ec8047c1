import AlmanacCollector
import AlmanacCore
import AlmanacStore
import Foundation
import Testing

/// The part of a FastGPT server that has a zone: instants of activity, filtered by the range asked,
/// then cut by Foundation's Calendar.
struct ZoneServer: Sendable {
  enum Labelling: String, CaseIterable, Sendable {
    case ownMidnight, utcMidnight
  }

  struct Failure: Error {}

  /// Every range that was asked, in order.
  actor Log {
    private(set) var ranges: [ClosedRange<Int>] = []

    func note(_ range: ClosedRange<Int>) -> Int {
      ranges.append(range)
      return ranges.count
    }
  }

  let zone: TimeZone
  let labelling: Labelling
  /// Unix milliseconds, by app.
  var instants: [AppID: [Int]] = [:]
  /// Added to every answer.
  var stray: [Int: Double] = [:]
  /// Number of the first request that fails.
  var failsFrom = Int.max
  let log = Log()

  init(_ identifier: String, _ labelling: Labelling) throws {
    zone = try #require(TimeZone(identifier: identifier))
    self.labelling = labelling
  }

  var calendar: Calendar {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = zone
    return calendar
  }

  func label(_ instant: Int, _ calendar: Calendar) -> Int {
    let date = Date(timeIntervalSince1970: Double(instant) / 1000)
    switch labelling {
    case .ownMidnight:
      return Int(calendar.startOfDay(for: date).timeIntervalSince1970) * 1000
    case .utcMidnight:
      return Self.utcMidnight(calendar.dateComponents([.year, .month, .day], from: date))
    }
  }

  static func utcMidnight(_ civil: DateComponents) -> Int {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    return Int((calendar.date(from: civil)?.timeIntervalSince1970 ?? 0)) * 1000
  }

  func answer(_ app: AppID, _ range: ClosedRange<Int>) -> [Int: Double] {
    let calendar = calendar
    // No clock of this century changes within a quarter of an hour.
    var labels: [Int: Int] = [:]
    return (instants[app] ?? []).reduce(into: stray) { answer, instant in
      guard range.contains(instant) else { return }
      let known = labels[instant / 900_000] ?? label(instant, calendar)
      labels[instant / 900_000] = known
      answer[known, default: 0] += 1
    }
  }

  func search(now: Int) -> ZoneSearch {
    ZoneSearch(now: now) { app, range in
      guard await log.note(range) < failsFrom else { throw Failure() }
      return ZoneAnswer(answer(app, range))
    }
  }

  /// Quarters as the server labels them, of all apps.
  var quarterLabels: Set<BucketLabel> {
    let calendar = calendar
    return instants.values.joined().reduce(into: []) { labels, instant in
      var civil = calendar.dateComponents(
        [.year, .month], from: Date(timeIntervalSince1970: Double(instant) / 1000))
      civil.month = ((civil.month ?? 1) - 1) / 3 * 3 + 1
      civil.day = 1
      switch labelling {
      case .ownMidnight:
        let start = calendar.date(from: civil)?.timeIntervalSince1970 ?? 0
        labels.insert(BucketLabel(.quarter, Int(start) * 1000))
      case .utcMidnight: labels.insert(BucketLabel(.quarter, Self.utcMidnight(civil)))
      }
    }
  }

  /// Adds messages at the given hours, of the zone's clock, of every day until `now`.
  mutating func fill(
    _ app: AppID, days: Int, until now: Int, hours: [Double], each count: Int = 3
  ) {
    let calendar = calendar
    let today = calendar.startOfDay(for: Date(timeIntervalSince1970: Double(now)))
    for back in 0..<days {
      guard let day = calendar.date(byAdding: .day, value: -back, to: today) else { continue }
      let start = Int(day.timeIntervalSince1970)
      for hour in hours {
        for number in 0..<count {
          let second = start + Int(hour * 3600) + number * 3600 / count + (back * 37) % 300
          if second <= now { instants[app, default: []].append(second * 1000 + number) }
        }
      }
    }
  }
}

/// 2026-02-10T12:00:00Z, when the north has winter.
let winter = 1_770_724_800
/// 2026-07-15T12:00:00Z.
let summer = 1_784_116_800

let allHours = (0..<24).map(Double.init)
let officeHours = (9..<18).map(Double.init)

func zoneApp(_ number: Int) throws -> AppID {
  try #require(AppID(String(repeating: "0", count: 23) + "\(number)"))
}

@Suite("A server in which zones can be found")
struct ZoneServerTests {
  @Test func `it filters by the range, then cuts`() throws {
    let app = try zoneApp(1)
    var server = try ZoneServer("Asia/Shanghai", .utcMidnight)
    // 2026-02-09T15:59Z and T16:00Z are on either side of midnight in Shanghai.
    server.instants[app] = [1_770_652_740_000, 1_770_652_800_000]
    #expect(server.answer(app, 0...winter * 1000) == [1_770_595_200_000: 1, 1_770_681_600_000: 1])
    #expect(server.answer(app, 1_770_652_740_001...winter * 1000) == [1_770_681_600_000: 1])
    let own = try ZoneServer("Asia/Shanghai", .ownMidnight)
    #expect(own.label(1_770_652_800_000, own.calendar) == 1_770_652_800_000)
  }
}
