import AlmanacCore
import Foundation
import Testing

@Suite struct `The buckets of a grain` {
  /// Foundation's own count of ISO weeks and months.
  private static let calendar: Calendar = {
    var calendar = Calendar(identifier: .iso8601)
    calendar.timeZone = .gmt
    return calendar
  }()

  private static func start(_ grain: Grain, _ number: Int) -> Int? {
    let date = Date(timeIntervalSince1970: Double(number) * 86_400)
    let start: Date?
    switch grain {
    case .day:
      start = date
    case .week:
      start = calendar.dateInterval(of: .weekOfYear, for: date)?.start
    case .month:
      start = calendar.dateInterval(of: .month, for: date)?.start
    case .quarter:
      var parts = calendar.dateComponents([.year, .month], from: date)
      parts.month = parts.month.map { [1, 1, 1, 4, 4, 4, 7, 7, 7, 10, 10, 10][$0 - 1] }
      start = calendar.date(from: parts)
    }
    return start.map { Int($0.timeIntervalSince1970) / 86_400 }
  }

  /// 2015, 2020 and 2026 have a week 53; 2016, 2020, 2024 and 2028 a leap day.
  @Test(arguments: Grain.allCases)
  func `start where Foundation's ISO calendar has them start`(grain: Grain) throws {
    let first = try #require(Day("2014-12-01"))
    let last = try #require(Day("2029-02-01"))
    var wrong: [String] = []
    for day in first..<last where grain.start(of: day).number != Self.start(grain, day.number) {
      wrong.append("\(day): \(grain.start(of: day))")
    }
    #expect(wrong.prefix(5) == [])
  }

  @Test(arguments: [
    (Grain.week, "2026-12-31", "2026-12-28"), (.week, "2027-01-03", "2026-12-28"),
    (.week, "2027-01-04", "2027-01-04"), (.week, "2021-01-01", "2020-12-28"),
    (.week, "2024-12-30", "2024-12-30"), (.week, "2024-02-29", "2024-02-26"),
    (.month, "2024-02-29", "2024-02-01"), (.quarter, "2024-02-29", "2024-01-01"),
    (.quarter, "2026-03-31", "2026-01-01"), (.quarter, "2026-12-31", "2026-10-01"),
    (.week, "1969-12-31", "1969-12-29"), (.day, "2024-02-29", "2024-02-29"),
  ])
  func `start on the days that a calendar on the wall shows`(
    grain: Grain, day: String, start: String
  ) throws {
    #expect(grain.start(of: try #require(Day(day))).description == start)
  }

  @Test(arguments: [
    (Grain.day, "2024-03-01", -1, "2024-02-29"), (.week, "2026-12-31", 1, "2027-01-04"),
    (.week, "2027-01-05", -1, "2026-12-28"), (.week, "2026-11-22", -53, "2025-11-10"),
    (.month, "2026-01-31", 1, "2026-02-01"), (.month, "2026-01-31", -1, "2025-12-01"),
    (.month, "2026-01-31", -13, "2024-12-01"), (.month, "2026-12-31", 14, "2028-02-01"),
    (.quarter, "2026-02-14", -1, "2025-10-01"), (.quarter, "2026-11-22", 1, "2027-01-01"),
    (.quarter, "2026-11-22", -9, "2024-07-01"), (.quarter, "2026-11-22", 0, "2026-10-01"),
  ])
  func `are counted forward and back`(
    grain: Grain, day: String, count: Int, start: String
  ) throws {
    let day = try #require(Day(day))
    #expect(grain.start(of: day, advancedBy: count).description == start)
    let bucket = Bucket(grain, holding: day).advanced(by: count)
    #expect(bucket.start.description == start)
    #expect(bucket.advanced(by: -count) == Bucket(grain, holding: day))
  }

  @Test(arguments: Grain.allCases)
  func `follow one another without hole or overlap`(grain: Grain) throws {
    var bucket = Bucket(grain, holding: try #require(Day("1999-12-31")))
    for _ in 0..<400 {
      let next = bucket.advanced(by: 1)
      #expect(bucket.end == next.start)
      #expect(bucket.days.allSatisfy { Bucket(grain, holding: $0) == bucket })
      #expect(bucket < next)
      bucket = next
    }
  }

  @Test func `are ordered by their start, then by grain`() throws {
    let day = try #require(Day("2026-06-01"))
    let buckets = Grain.allCases.map { Bucket($0, holding: day) }
    #expect(
      buckets.shuffled().sorted().map(\.description)
        == ["quarter 2026-04-01", "day 2026-06-01", "week 2026-06-01", "month 2026-06-01"])
  }

  @Test func `have the server's words for names`() {
    #expect(Grain.allCases.map(\.name) == ["day", "week", "month", "quarter"])
    #expect(Grain.allCases.map { Grain(name: $0.name) } == Grain.allCases)
    #expect(Grain(name: "Day") == nil)
    #expect(Grain(name: "year") == nil)
  }
}
