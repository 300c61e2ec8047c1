import Foundation
import Testing

@testable import FastGPTSimulator

struct RetentionTests {
  @Test func `a day's users seen again T+offset days later are retained`() throws {
    let fixture = Fixture([
      record("ann", "2025-09-01T10:00:00Z"), record("ben", "2025-09-01T10:00:00Z"),
      record("cem", "2025-09-01T10:00:00Z"),
      record("ann", "2025-09-02T10:00:00Z"), record("ann", "2025-09-02T11:00:00Z"),
      record("dan", "2025-09-02T10:00:00Z"),
      record("ben", "2025-09-04T10:00:00Z"), record("ann", "2025-09-04T10:00:00Z"),
    ])
    let range = ("2025-09-01T00:00:00.000Z", "2025-09-04T23:59:59.999Z")
    // 1 → 2 September: ann. 2 → 3: nobody. 4 → 5: nobody.
    #expect(try fixture.chart(from: range.0, through: range.1, offset: 1).retained == [1, 0, 0])
    // 1 → 3: nobody. 2 → 4: ann.
    #expect(try fixture.chart(from: range.0, through: range.1, offset: 2).retained == [0, 1, 0])
    // 1 → 4: ann and ben.
    #expect(try fixture.chart(from: range.0, through: range.1, offset: 3).retained == [2, 0, 0])
  }

  @Test func `the later bucket is looked for beyond the range that was asked`() throws {
    let fixture = Fixture([
      record("ann", "2025-09-01T10:00:00Z"), record("ann", "2025-09-15T10:00:00Z"),
    ])
    let chart = try fixture.chart(
      from: "2025-09-01T00:00:00.000Z", through: "2025-09-01T23:59:59.999Z", offset: 14)
    #expect(try chart.days() == ["2025-09-01"])
    #expect(chart.retained == [1])
  }

  @Test func `the later range is as partial as the one that was asked`() throws {
    let fixture = Fixture([
      record("ann", "2025-09-01T10:00:00Z"), record("ann", "2025-09-02T20:00:00Z"),
      record("ben", "2025-09-01T10:00:00Z"), record("ben", "2025-09-02T11:00:00Z"),
    ])
    // The later range ends at noon too, so ann's evening is not seen.
    let chart = try fixture.chart(
      from: "2025-09-01T00:00:00.000Z", through: "2025-09-01T12:00:00.000Z")
    #expect(chart.retained == [1])
  }

  @Test func `a later visit counts only when it has happened and passes the filter`() throws {
    let records = [
      record("ann", "2025-09-01T10:00:00Z"), record("ann", "2025-09-02T20:00:00Z", source: "mcp"),
    ]
    let range = ("2025-09-01T00:00:00.000Z", "2025-09-01T23:59:59.999Z")
    let early = Fixture(records, now: "2025-09-02T12:00:00Z")
    #expect(try early.chart(from: range.0, through: range.1).retained == [0])
    let late = Fixture(records)
    #expect(try late.chart(from: range.0, through: range.1).retained == [1])
    #expect(try late.chart(from: range.0, through: range.1, source: ["api"]).retained == [0])
  }

  @Test func `weeks are retained by weeks`() throws {
    let fixture = Fixture([
      record("ann", "2025-09-07T23:00:00Z"), record("ann", "2025-09-08T01:00:00Z"),
      record("ben", "2025-09-01T10:00:00Z"), record("ben", "2025-09-28T10:00:00Z"),
    ])
    let range = ("2025-09-01T00:00:00.000Z", "2025-09-07T23:59:59.999Z")
    #expect(
      try fixture.chart(from: range.0, through: range.1, by: "week", offset: 1).retained == [1])
    // The fourth week on ends on 5 October, the third on 28 September.
    #expect(
      try fixture.chart(from: range.0, through: range.1, by: "week", offset: 3).retained == [1])
    #expect(
      try fixture.chart(from: range.0, through: range.1, by: "week", offset: 4).retained == [0])
  }

  @Test func `months are retained by months, across a year's end`() throws {
    let fixture = Fixture([
      record("ann", "2025-12-31T23:00:00Z"), record("ann", "2026-01-01T01:00:00Z"),
      record("ben", "2025-12-01T10:00:00Z"), record("ben", "2026-03-31T10:00:00Z"),
    ])
    let range = ("2025-12-01T00:00:00.000Z", "2025-12-31T23:59:59.999Z")
    #expect(
      try fixture.chart(from: range.0, through: range.1, by: "month", offset: 1).retained == [1])
    #expect(
      try fixture.chart(from: range.0, through: range.1, by: "month", offset: 3).retained == [1])
  }

  @Test func `quarters are retained by quarters`() throws {
    let fixture = Fixture([
      record("ann", "2025-10-05T10:00:00Z"), record("ann", "2026-02-01T10:00:00Z"),
      record("ben", "2025-11-05T10:00:00Z"), record("ben", "2026-04-01T10:00:00Z"),
    ])
    let chart = try fixture.chart(
      from: "2025-10-01T00:00:00.000Z", through: "2025-12-31T23:59:59.999Z", by: "quarter")
    #expect(chart.retained == [1])
  }

  @Test(arguments: [
    // Ends on 28 February, so the later range ends on 28 March.
    ("2025-02-28T23:59:59.999Z", 1),
    // Ends on 31 March, so the later range ends on 31 April, which is 1 May.
    ("2025-03-31T23:59:59.999Z", 2),
  ])
  func `an end of 28 February misses the last days of March`(end: String, retained: Int) throws {
    let fixture = Fixture([
      record("ann", "2025-02-10T10:00:00Z"), record("ann", "2025-03-28T23:59:59.999Z"),
      record("ben", "2025-02-10T10:00:00Z"), record("ben", "2025-03-29T00:00:00Z"),
    ])
    let chart = try fixture.chart(
      from: "2025-02-01T00:00:00.000Z", through: end, by: "month", offset: 1)
    #expect(chart.retained.first == retained)
  }

  @Test(arguments: [
    // 31 January plus a month is 31 February, which is 3 March: all of February is missed.
    ("2025-01-31T00:00:00.000Z", 0),
    // 28 January plus a month is 28 February: the visit of the 28th is seen.
    ("2025-01-28T00:00:00.000Z", 1),
    ("2025-01-01T00:00:00.000Z", 2),
  ])
  func `a start of 31 January spills into March`(start: String, retained: Int) throws {
    let fixture = Fixture([
      record("ann", "2025-01-31T10:00:00Z"), record("ann", "2025-02-10T10:00:00Z"),
      record("ben", "2025-01-31T10:00:00Z"), record("ben", "2025-02-28T10:00:00Z"),
    ])
    let chart = try fixture.chart(
      from: start, through: "2025-01-31T23:59:59.999Z", by: "month", offset: 1)
    #expect(chart.retained == [retained])
  }

  @Test(arguments: [
    ("2024-01-31T12:00:00.000Z", "2024-03-02T12:00:00.000Z", 1, "month"),
    ("2025-01-31T12:00:00.000Z", "2025-03-03T12:00:00.000Z", 1, "month"),
    ("2025-01-30T12:00:00.000Z", "2025-03-02T12:00:00.000Z", 1, "month"),
    ("2025-11-30T12:00:00.000Z", "2026-03-02T12:00:00.000Z", 1, "quarter"),
    ("2025-10-31T12:00:00.000Z", "2026-01-31T12:00:00.000Z", 1, "quarter"),
    ("2025-03-29T12:00:00.000Z", "2025-04-12T12:00:00.000Z", 2, "week"),
    ("2025-12-31T12:00:00.000Z", "2026-01-14T12:00:00.000Z", 14, "day"),
  ])
  func `an instant moves as JavaScript's Date moves it`(
    instant: String, expected: String, count: Int, unit: String
  ) throws {
    let timespan = try #require(Timespan(rawValue: unit))
    #expect(JavaScriptCalendar().moving(ms(instant), by: count, of: timespan) == ms(expected))
  }
}
