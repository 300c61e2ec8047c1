import AlmanacCore
import Foundation
import Testing

@Suite struct `A bucket zone` {
  @Test(arguments: [
    ("UTC", "UTC"), ("UTC+08:00", "UTC+08:00"), ("UTC-03:30", "UTC-03:30"), ("UTC+00:00", "UTC"),
    ("UTC+14:00", "UTC+14:00"), ("Asia/Shanghai", "Asia/Shanghai"),
    ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
    ("Asia/Calcutta", "Asia/Calcutta"), ("Europe/London", "Europe/London"),
  ])
  func `is read by its name`(text: String, identifier: String) throws {
    let zone = try #require(BucketZone(identifier: text))
    #expect(zone.identifier == identifier)
    #expect(BucketZone(identifier: zone.identifier) == zone, "it is not read back as itself")
  }

  @Test(arguments: [
    "", " ", "CST", "EST", "PST", "GMT", "CET", "Z", "utc", "UTC+8", "UTC+8:00", "UTC+08", "+08:00",
    "UTC+0800", "UTC+25:00", "UTC+14:30", "UTC-15:00", "UTC+08:60", "UTC+08:00 ", "UTC 08:00",
    "UTC+٠٨:00", "GMT+8", "GMT+08:00", "Asia", "Asia/", "/", "Asia/Nowhere", "asia/shanghai",
    "Asia/Shanghai ", "../etc/localtime", "auto",
  ])
  func `is not read from abbreviations or what no zone has`(text: String) {
    #expect(BucketZone(identifier: text) == nil)
  }

  @Test(arguments: [
    (0, "UTC"), (28_800, "UTC+08:00"), (-12_600, "UTC-03:30"), (-1800, "UTC-00:30"),
    (20_700, "UTC+05:45"), (59, "UTC"), (-59, "UTC"), (28_859, "UTC+08:00"),
  ])
  func `of fixed offset is named by whole minutes`(seconds: Int, identifier: String) {
    let zone = BucketZone(secondsFromUTC: seconds)
    #expect(zone.identifier == identifier)
    #expect(zone.start(of: Day(number: 20_000)) == 20_000 * 86_400 - seconds / 60 * 60)
  }

  /// The zones skip midnight (Sao Paulo, Cairo, Beirut), had a day less (Apia) or shift by half an
  /// hour (Lord Howe), in these years.
  @Test(arguments: [
    ("Asia/Shanghai", 1986...1992), ("Asia/Shanghai", 2024...2026),
    ("America/New_York", 2023...2027), ("Europe/London", 2023...2027),
    ("Africa/Cairo", 2007...2011), ("Africa/Cairo", 2023...2026),
    ("America/Sao_Paulo", 2007...2020), ("Asia/Beirut", 2018...2026), ("Pacific/Apia", 2010...2013),
    ("Australia/Lord_Howe", 2023...2027), ("Asia/Kathmandu", 1985...1987),
    ("UTC+05:45", 2026...2026),
  ])
  func `cuts the days that Foundation's calendar cuts`(
    name: String, years: ClosedRange<Int>
  ) throws {
    let zone = try #require(BucketZone(identifier: name))
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(
      name.hasPrefix("UTC") ? TimeZone(secondsFromGMT: 20_700) : TimeZone(identifier: name))
    let first = try #require(Day(year: years.lowerBound, month: 1, day: 1))
    let end = try #require(Day(year: years.upperBound + 1, month: 1, day: 1))
    var wrong: [String] = []
    for instant in stride(from: first.number * 86_400, to: end.number * 86_400, by: 21_000) {
      let date = Date(timeIntervalSince1970: Double(instant))
      let parts = calendar.dateComponents([.year, .month, .day], from: date)
      let day = try #require(
        Day(year: parts.year ?? 0, month: parts.month ?? 0, day: parts.day ?? 0))
      let start = Int(calendar.startOfDay(for: date).timeIntervalSince1970)
      if zone.day(holding: instant) != day || zone.start(of: day) != start {
        wrong.append("\(date.iso8601): \(zone.day(holding: instant)), \(day) \(start)")
      }
    }
    #expect(wrong.prefix(5) == [])
  }

  /// Checks without Foundation's calendar that a start is the first instant of its day.
  @Test(arguments: [
    "Asia/Shanghai", "America/New_York", "Europe/London", "Africa/Cairo", "America/Sao_Paulo",
    "Asia/Beirut", "Australia/Lord_Howe", "Asia/Amman", "America/St_Johns", "America/Havana",
    "America/Santiago",
  ])
  func `starts each day at its first instant, after the day before`(name: String) throws {
    let zone = try #require(BucketZone(identifier: name))
    let first = try #require(Day("2005-01-01"))
    let wrong = (first..<first.advanced(by: 365 * 22)).filter { day in
      let start = zone.start(of: day)
      return zone.day(holding: start) != day || zone.day(holding: start - 1) >= day
        || !(82_000...91_000).contains(zone.start(of: day.advanced(by: 1)) - start)
    }
    #expect(wrong.prefix(5) == [])
  }

  @Test func `that skips a day starts it with the next one`() throws {
    let apia = try #require(BucketZone(identifier: "Pacific/Apia"))
    let skipped = try #require(Day("2011-12-30"))
    let next = try #require(Date(iso8601: "2011-12-30T10:00:00Z"))
    #expect(apia.start(of: skipped) == Int(next.timeIntervalSince1970))
    #expect(apia.start(of: skipped.advanced(by: 1)) == Int(next.timeIntervalSince1970))
    #expect(apia.day(holding: next) == skipped.advanced(by: 1))
    #expect(apia.day(holding: next.addingTimeInterval(-1)) == skipped.advanced(by: -1))
  }

  @Test(arguments: [
    ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"),
    ("America/Sao_Paulo", "2018-11-05", "2018-11-05T02:00:00Z"),
    ("Asia/Beirut", "2026-03-29", "2026-03-28T22:00:00Z"),
    ("Asia/Shanghai", "2026-11-22", "2026-11-21T16:00:00Z"),
    ("Europe/London", "2026-03-29", "2026-03-29T00:00:00Z"),
    ("Europe/London", "2026-03-30", "2026-03-29T23:00:00Z"),
    ("America/New_York", "2026-11-02", "2026-11-02T05:00:00Z"),
  ])
  func `starts a day when the clocks on the wall do`(
    name: String, day: String, instant: String
  ) throws {
    let zone = try #require(BucketZone(identifier: name))
    let start = zone.start(of: try #require(Day(day)))
    #expect(Date(timeIntervalSince1970: Double(start)).iso8601 == instant)
  }

  @Test func `holds the instants before 1970 and fractions of a second in the earlier day`() {
    #expect(BucketZone.utc.day(holding: -1).number == -1)
    #expect(BucketZone.utc.day(holding: Date(timeIntervalSince1970: -0.5)).number == -1)
    #expect(BucketZone.utc.day(holding: Date(timeIntervalSince1970: 86_399.999)).number == 0)
  }
}
