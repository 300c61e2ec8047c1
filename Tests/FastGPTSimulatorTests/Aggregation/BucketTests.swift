import Foundation
import Testing

struct BucketTests {
  @Test func `days without activity are absent`() throws {
    let fixture = Fixture([
      record("ann", "2025-09-01T10:00:00Z"), record("ann", "2025-09-04T23:59:59.999Z"),
    ])
    let chart = try fixture.chart(
      from: "2025-08-01T00:00:00.000Z", through: "2025-09-30T23:59:59.999Z")
    #expect(try chart.days() == ["2025-09-01", "2025-09-04"])
    #expect(chart.chats == [1, 1])
  }

  @Test func `an app without a record answers three empty series`() throws {
    let chart = try Fixture([]).chart(
      from: "2025-09-01T00:00:00.000Z", through: "2025-09-30T23:59:59.999Z")
    #expect(try chart.days() == [])
  }

  @Test func `a range inside a day answers a partial bucket`() throws {
    let fixture = Fixture([
      record("ann", "2025-09-01T09:59:59.999Z"), record("ben", "2025-09-01T10:00:00Z"),
      record("cem", "2025-09-01T10:59:59Z"), record("dan", "2025-09-01T11:00:00.001Z"),
    ])
    let chart = try fixture.chart(
      from: "2025-09-01T10:00:00.000Z", through: "2025-09-01T11:00:00.000Z")
    #expect(try chart.days() == ["2025-09-01"])
    #expect(chart.chats == [2])
  }

  @Test func `both edges of a range may cut a bucket`() throws {
    let fixture = Fixture([
      record("ann", "2025-09-23T10:00:00Z"), record("ann", "2025-09-23T18:00:00Z"),
      record("ann", "2025-09-24T10:00:00Z"), record("ann", "2025-09-24T18:00:00Z"),
      record("ann", "2025-09-25T10:00:00Z"), record("ann", "2025-09-25T18:00:00Z"),
    ])
    // A range of days of UTC+8 asked of a server that cuts at UTC midnight.
    let chart = try fixture.chart(
      from: "2025-09-23T16:00:00.000Z", through: "2025-09-25T15:59:59.999Z")
    #expect(try chart.days() == ["2025-09-23", "2025-09-24", "2025-09-25"])
    #expect(chart.chats == [1, 2, 1])
  }

  @Test(arguments: [
    ("2025-09-01T23:59:59.998Z", ["2025-09-01"], [1]),
    ("2025-09-01T23:59:59.999Z", ["2025-09-01"], [2]),
    ("2025-09-02T00:00:00.000Z", ["2025-09-01", "2025-09-02"], [2, 1]),
    ("2025-09-02T00:00:00.001Z", ["2025-09-01", "2025-09-02"], [2, 2]),
  ])
  func `the end is inclusive to the millisecond`(
    end: String, days: [String], chats: [Int]
  ) throws {
    let fixture = Fixture([
      record("ann", "2025-09-01T12:00:00Z"), record("ann", "2025-09-01T23:59:59.999Z"),
      record("ann", "2025-09-02T00:00:00.000Z"), record("ann", "2025-09-02T00:00:00.001Z"),
    ])
    let chart = try fixture.chart(from: "2025-09-01T00:00:00.000Z", through: end)
    #expect(try chart.days() == days)
    #expect(chart.chats == chats)
  }

  @Test(arguments: [
    ("2025-09-01T00:00:00.000Z", 2), ("2025-09-01T00:00:00.001Z", 1),
    ("2025-09-01T00:00:00.002Z", 0),
  ])
  func `the start is inclusive to the millisecond`(start: String, chats: Int) throws {
    let fixture = Fixture([
      record("ann", "2025-09-01T00:00:00.000Z"), record("ann", "2025-09-01T00:00:00.001Z"),
    ])
    let chart = try fixture.chart(from: start, through: "2025-09-01T23:59:59.999Z")
    #expect(chart.chats.reduce(0, +) == chats)
  }

  @Test func `a range that ends before it starts is empty`() throws {
    let fixture = Fixture([record("ann", "2025-09-01T00:00:00Z")])
    let chart = try fixture.chart(
      from: "2025-09-02T00:00:00.000Z", through: "2025-08-30T00:00:00.000Z")
    #expect(try chart.days() == [])
  }

  @Test func `a week asked for by days is partial under its Monday`() throws {
    // Monday 1 to Sunday 7 September 2025, one record a day at noon.
    let fixture = Fixture(
      (1...7).map { record("ann", "2025-09-0\($0)T12:00:00Z") })
    let chart = try fixture.chart(
      from: "2025-09-03T00:00:00.000Z", through: "2025-09-05T23:59:59.999Z", by: "week")
    #expect(try chart.days() == ["2025-09-01"])
    #expect(chart.chats == [3])
  }

  @Test func `weeks are ISO weeks across a year's end`() throws {
    // 29 December 2025 is the Monday of 2026-W01; 28 December the Sunday of 2025-W52.
    let fixture = Fixture([
      record("ann", "2025-12-28T23:59:59.999Z"), record("ann", "2025-12-29T00:00:00Z"),
      record("ann", "2025-12-31T12:00:00Z"), record("ann", "2026-01-04T23:59:59Z"),
      record("ann", "2026-01-05T00:00:00Z"),
    ])
    let chart = try fixture.chart(
      from: "2025-12-01T00:00:00.000Z", through: "2026-01-31T23:59:59.999Z", by: "week")
    #expect(try chart.days() == ["2025-12-22", "2025-12-29", "2026-01-05"])
    #expect(chart.chats == [1, 3, 1])
  }

  @Test func `a year of 53 weeks has its last week`() throws {
    // 2026-W53 runs from Monday 28 December 2026 to Sunday 3 January 2027.
    let fixture = Fixture([
      record("ann", "2026-12-27T12:00:00Z"), record("ann", "2026-12-28T12:00:00Z"),
      record("ann", "2027-01-03T12:00:00Z"), record("ann", "2027-01-04T12:00:00Z"),
    ])
    let chart = try fixture.chart(
      from: "2026-12-01T00:00:00.000Z", through: "2027-01-31T23:59:59.999Z", by: "week")
    #expect(try chart.days() == ["2026-12-21", "2026-12-28", "2027-01-04"])
    #expect(chart.chats == [1, 2, 1])
  }

  @Test func `months begin on the first, leap day included`() throws {
    let fixture = Fixture([
      record("ann", "2024-01-31T23:59:59.999Z"), record("ann", "2024-02-01T00:00:00Z"),
      record("ann", "2024-02-29T23:59:59.999Z"), record("ann", "2024-03-01T00:00:00Z"),
    ])
    let chart = try fixture.chart(
      from: "2024-01-01T00:00:00.000Z", through: "2024-03-31T23:59:59.999Z", by: "month")
    #expect(try chart.days() == ["2024-01-01", "2024-02-01", "2024-03-01"])
    #expect(chart.chats == [1, 2, 1])
  }

  @Test func `quarters are three months each, across a year's end`() throws {
    let fixture = Fixture([
      record("ann", "2025-09-30T23:59:59.999Z"), record("ann", "2025-10-01T00:00:00Z"),
      record("ann", "2025-12-31T23:59:59.999Z"), record("ann", "2026-01-01T00:00:00Z"),
      record("ann", "2026-03-31T23:59:59.999Z"), record("ann", "2026-04-01T00:00:00Z"),
      record("ann", "2026-07-01T00:00:00Z"),
    ])
    let chart = try fixture.chart(
      from: "2025-01-01T00:00:00.000Z", through: "2026-12-31T23:59:59.999Z", by: "quarter")
    #expect(
      try chart.days() == [
        "2025-07-01", "2025-10-01", "2026-01-01", "2026-04-01", "2026-07-01",
      ])
    #expect(chart.chats == [1, 2, 2, 1, 1])
  }

  @Test func `each series has its own timespan`() throws {
    let fixture = Fixture([
      record("ann", "2025-09-30T12:00:00Z"), record("ann", "2025-10-01T12:00:00Z"),
    ])
    var body = Fixture.body(
      from: "2025-09-01T00:00:00.000Z", through: "2025-10-31T23:59:59.999Z")
    body["userTimespan"] = "week"
    body["chatTimespan"] = "month"
    body["appTimespan"] = "quarter"
    let chart = try Chart(fixture.post(body))
    #expect(chart.userData.map(\.timestamp) == [ms("2025-09-29T00:00:00Z")])
    #expect(
      chart.chatData.map(\.timestamp)
        == [ms("2025-09-01T00:00:00Z"), ms("2025-10-01T00:00:00Z")])
    #expect(
      chart.appData.map(\.timestamp)
        == [ms("2025-07-01T00:00:00Z"), ms("2025-10-01T00:00:00Z")])
  }

  @Test func `boundaries found for one range hold for a wider one`() throws {
    // The server keeps boundaries between requests; the second request reaches beyond both ends.
    let fixture = Fixture([
      record("ann", "2023-05-17T12:00:00Z"), record("ann", "2025-09-03T12:00:00Z"),
      record("ann", "2025-09-10T12:00:00Z"), record("ann", "2027-02-11T12:00:00Z"),
    ])
    let narrow = try fixture.chart(
      from: "2025-09-01T00:00:00.000Z", through: "2025-09-30T23:59:59.999Z", by: "week")
    #expect(try narrow.days() == ["2025-09-01", "2025-09-08"])
    let wide = try fixture.chart(
      from: "2023-01-01T00:00:00.000Z", through: "2027-12-31T23:59:59.999Z", by: "week")
    #expect(try wide.days() == ["2023-05-15", "2025-09-01", "2025-09-08", "2027-02-08"])
    let again = try fixture.chart(
      from: "2025-09-01T00:00:00.000Z", through: "2025-09-30T23:59:59.999Z", by: "week")
    #expect(try again.days() == ["2025-09-01", "2025-09-08"])
  }
}
