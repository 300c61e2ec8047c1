import AlmanacCore
import Foundation
import Testing

@Suite struct `A civil day` {
  /// 1600-01-01 to 2400-12-31: two whole cycles of the calendar, centuries that leap and not.
  private static let span = -135_140...157_419

  @Test func `is the C library's, from 1600 to 2400 and back`() {
    var wrong: [String] = []
    for number in Self.span {
      var seconds = time_t(number * 86_400)
      var parts = tm()
      gmtime_r(&seconds, &parts)
      let civil = (Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday))
      let day = Day(number: number)
      let again = Day(year: civil.0, month: civil.1, day: civil.2)
      if day.civil != civil || again != day || timegm(&parts) != seconds {
        wrong.append("\(number): \(day.civil), \(civil), \(again?.number ?? 0)")
      }
    }
    #expect(wrong.prefix(5) == [])
  }

  @Test func `has the weekday of the C library, Monday being 1`() {
    let wrong = Self.span.filter { number in
      var seconds = time_t(number * 86_400)
      var parts = tm()
      gmtime_r(&seconds, &parts)
      return Day(number: number).weekday != (parts.tm_wday == 0 ? 7 : Int(parts.tm_wday))
    }
    #expect(wrong.prefix(5) == [])
  }

  @Test func `is read back from its own text`() {
    let wrong = stride(from: Self.span.lowerBound, through: Self.span.upperBound, by: 17).filter {
      Day(Day(number: $0).description)?.number != $0
    }
    #expect(wrong.prefix(5) == [])
  }

  @Test(arguments: [
    ("1970-01-01", 0), ("1969-12-31", -1), ("2000-02-29", 11_016), ("1600-02-29", -135_081),
    ("2026-11-22", 20_779), ("0001-01-01", -719_162), ("0000-03-01", -719_468),
    ("9999-12-31", 2_932_896),
  ])
  func `is read from its text`(text: String, number: Int) {
    #expect(Day(text)?.number == number)
    #expect(Day(text[...])?.number == number)
    #expect(Day(number: number).description == text)
  }

  @Test(arguments: [
    "", "-", "--", "2026", "2026-01", "2026-1-01", "2026-01-1", "2026-001-1", "2026-02-29",
    "2024-02-30", "1900-02-29", "2100-02-29", "2026-04-31", "2026-13-01", "2026-00-10",
    "2026-01-00", "2026-01-32", "2026/01/01", "20260101", "2026-01-01T00:00:00Z", " 2026-01-01",
    "2026-01-01 ", "2026-01-01\n", "2026-01-01-", "-026-01-01", "+026-01-01", "2026--1-01",
    "12026-01-01", "２０２６-01-01", "2026-01-٠١", "2026-0x-01", "2026\u{2013}01\u{2013}01",
  ])
  func `is not read from anything else`(text: String) {
    #expect(Day(text) == nil)
  }

  @Test(arguments: [
    (2026, 13, 1), (2026, 0, 1), (2026, 2, 29), (2026, 2, 0), (2026, 2, -1), (2026, 1, 32),
    (2026, Int.max, 1), (2026, 1, 400), (10_000, 1, 1), (Int.min, 1, 1),
  ])
  func `does not exist outside the calendar`(year: Int, month: Int, day: Int) {
    #expect(Day(year: year, month: month, day: day) == nil)
  }

  @Test func `counts, compares and strides in days`() {
    let day = Day(number: 20_779)
    #expect(day.advanced(by: -20_780).description == "1969-12-31")
    #expect(day.distance(to: Day(number: 20_700)) == -79)
    #expect((day..<day.advanced(by: 3)).map(\.number) == [20_779, 20_780, 20_781])
    #expect(Day(number: -1) < Day(number: 0))
  }

  @Test(arguments: [
    (1, 2026, "2026-01-01"), (13, 2026, "2027-01-01"), (0, 2026, "2025-12-01"),
    (-11, 2026, "2025-01-01"), (-12, 2026, "2024-12-01"), (26, 2026, "2028-02-01"),
  ])
  func `that is a month's first is found in neighbour years`(
    month: Int, year: Int, text: String
  ) {
    #expect(Day.first(ofMonth: month, year: year).description == text)
  }

  @Test(arguments: [
    (7, 2, 3), (-7, 2, -4), (-8, 2, -4), (0, 5, 0), (-1, 86_400, -1), (-86_400, 86_400, -1),
    (-86_401, 86_400, -2),
  ])
  func `is divided for with the quotient rounded down`(dividend: Int, divisor: Int, result: Int) {
    #expect(floorDivide(dividend, divisor) == result)
  }
}
