import AlmanacCore
import Foundation
import Testing

@testable import almanac

@Suite struct `The time at which the daemon collects` {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let at: String
    /// The moment before, and those that follow.
    let after: String
    let next: [String]
  }

  static let cases = [
    Case(
      testDescription: "once a day", at: "02:30 Asia/Shanghai", after: "2026-11-24T18:29:59Z",
      next: ["2026-11-24T18:30:00Z", "2026-11-25T18:30:00Z"]),
    Case(
      testDescription: "not again at the moment itself", at: "02:30 UTC",
      after: "2026-11-24T02:30:00Z", next: ["2026-11-25T02:30:00Z"]),
    Case(
      testDescription: "a time that the clock skips falls to the next instant",
      at: "02:30 Europe/Berlin", after: "2026-03-28T12:00:00Z",
      next: ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]),
    Case(
      testDescription: "a skipped midnight, too", at: "00:15 America/Santiago",
      after: "2026-09-05T12:00:00Z", next: ["2026-09-06T04:00:00Z", "2026-09-07T03:15:00Z"]),
    Case(
      testDescription: "a time that the clock shows twice counts once", at: "02:30 Europe/Berlin",
      after: "2026-10-24T12:00:00Z", next: ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
    Case(
      testDescription: "the second showing is none", at: "01:30 America/New_York",
      after: "2026-11-01T05:45:00Z", next: ["2026-11-02T06:30:00Z"]),
    Case(
      testDescription: "the hour of a change itself", at: "03:00 Europe/Berlin",
      after: "2026-03-28T12:00:00Z", next: ["2026-03-29T01:00:00Z", "2026-03-30T01:00:00Z"]),
  ]

  @Test(arguments: cases)
  func `comes`(_ story: Case) throws {
    let schedule = try #require(Schedule(story.at, host: .utc))
    var moment = try #require(Date(iso8601: story.after))
    for expected in story.next {
      moment = schedule.next(after: moment)
      #expect(moment.iso8601 == expected)
      #expect(schedule.last(until: moment) == moment)
      #expect(schedule.last(until: moment.addingTimeInterval(3600)) == moment)
    }
  }

  @Test(
    arguments: [
      "Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Asia/Shanghai",
      "Africa/Casablanca", "UTC-05:00",
    ], ["00:00", "00:30", "01:59", "02:00", "02:30", "03:00", "23:59"])
  func `comes once on every day of three years`(zone: String, time: String) throws {
    let schedule = try #require(Schedule("\(time) \(zone)", host: .utc))
    var moment = try #require(Date(iso8601: "2025-01-01T12:00:00Z"))
    var day = schedule.zone.day(holding: schedule.next(after: moment))
    for _ in 0..<1095 {
      let next = schedule.next(after: moment)
      #expect(schedule.zone.day(holding: next) == day, "\(next)")
      #expect(schedule.last(until: next.addingTimeInterval(-1)) < next)
      moment = next
      day = day.advanced(by: 1)
    }
  }

  @Test func `is in the host's zone unless it names one`() throws {
    let tokyo = try #require(BucketZone(identifier: "Asia/Tokyo"))
    #expect(Schedule("02:30", host: tokyo)?.zone == tokyo)
    #expect(Schedule("02:30 UTC+05:30", host: tokyo)?.zone.identifier == "UTC+05:30")
    #expect(
      Schedule("02:30", host: tokyo)?.text(of: Date(timeIntervalSince1970: 0))
        == "1970-01-01T09:00:00+09:00")
  }

  @Test(arguments: ["", "2:30", "24:00", "02:60", "02:30 CST", "02:30 Nowhere/City", "02:30:00"])
  func `is nothing else`(text: String) {
    #expect(Schedule(text, host: .utc) == nil)
  }
}

@Suite struct `The zone of a host` {
  private func zone(_ names: String..., clock: String) throws -> String? {
    let real = try #require(BucketZone(identifier: clock))
    let now = try #require(Date(iso8601: "2026-11-30T00:00:00Z"))
    return BucketZone.host(names: names, offset: real.offset, now: now)?.identifier
  }

  @Test func `is the first of its names that the clock agrees with`() throws {
    #expect(try zone("Europe/Berlin", clock: "Europe/Berlin") == "Europe/Berlin")
    #expect(try zone("America/Chicago", "Asia/Shanghai", clock: "Asia/Shanghai") == "Asia/Shanghai")
    #expect(try zone("UTC", clock: "UTC") == "UTC")
  }

  /// A copy of a zone's file has no name but an abbreviation, which Foundation takes for Chicago's.
  @Test func `is the clock's offset where no name is right and the clock never changes`() throws {
    #expect(try zone("America/Chicago", clock: "Asia/Shanghai") == "UTC+08:00")
    #expect(try zone("CST", clock: "Asia/Kolkata") == "UTC+05:30")
  }

  @Test func `is not known where no name is right and the clock changes`() throws {
    #expect(try zone("NZ", "CET", clock: "Europe/Berlin") == nil)
  }
}
