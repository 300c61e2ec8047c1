import AlmanacCore
import Foundation
import Testing

@Suite struct `An instant in ISO 8601` {
  @Test(arguments: [-2_208_988_800, -1, 0, 951_782_400, 1_795_314_600, 4_102_444_800])
  func `is read back from its own text`(seconds: Int) {
    let date = Date(timeIntervalSince1970: Double(seconds))
    #expect(Date(iso8601: date.iso8601) == date)
    #expect(Date(iso8601: Date.iso8601(milliseconds: seconds * 1000)) == date)
  }

  @Test(arguments: [
    ("2026-11-22T02:30:00Z", 1_795_314_600.0), ("2026-11-22T10:30:00+08:00", 1_795_314_600),
    ("2026-11-22T02:30:00.250Z", 1_795_314_600.25), ("2026-11-22", 1_795_305_600),
    ("1969-12-31T23:59:59Z", -1), ("2024-02-29T23:59:59Z", 1_709_251_199),
  ])
  func `is read with or without a fraction, and a date is its midnight`(
    text: String, seconds: Double
  ) throws {
    let date = try #require(Date(iso8601: text))
    #expect(abs(date.timeIntervalSince1970 - seconds) < 0.000_1)
  }

  @Test(arguments: [
    "", "now", "2026-11-22T02:30:00", "2026-13-01T00:00:00Z", "2026-11-22 02:30:00Z",
    "2026-02-30", " 2026-11-22T02:30:00Z", "1795314600",
    "2026-11-22T02:30", "2026-11-22T1٢:30:00Z", "2026-11-22T02:30:00.Z",
    // Foundation reads these leniently.
    "2026-02-30T00:00:00Z", "2026-11-22T25:00:00Z", "2026-11-22T02:61:00Z",
    "2026-11-22T02:30:00Zjunk",
  ])
  func `is not read from what names none`(text: String) {
    #expect(Date(iso8601: text) == nil)
  }

  @Test(arguments: [
    (1_758_297_600_000, "2025-09-19T16:00:00.000Z"),
    (1_758_988_799_999, "2025-09-27T15:59:59.999Z"), (7, "1970-01-01T00:00:00.007Z"),
    (-1, "1969-12-31T23:59:59.999Z"), (-1000, "1969-12-31T23:59:59.000Z"),
  ])
  func `is written for the server to the millisecond`(milliseconds: Int, text: String) {
    #expect(Date.iso8601(milliseconds: milliseconds) == text)
  }

  @Test func `is written in whole seconds of UTC`() {
    #expect(Date(timeIntervalSince1970: 1_795_314_600.4).iso8601 == "2026-11-22T02:30:00Z")
  }
}
