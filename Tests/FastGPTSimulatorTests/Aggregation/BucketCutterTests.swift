import Foundation
import Testing

@testable import FastGPTSimulator

struct BucketCutterTests {
  @Test func `a day of UTC+8 starts at 16 o'clock in UTC`() throws {
    let cutter = BucketCutter(zone: try #require(TimeZone(identifier: "Asia/Shanghai")))
    let boundaries = cutter.boundaries(
      of: .day, around: ms("2025-12-31T15:59:59.999Z")...ms("2025-12-31T16:00:00Z"))
    #expect(
      Array(boundaries) == [
        ms("2025-12-30T16:00:00Z"), ms("2025-12-31T16:00:00Z"), ms("2026-01-01T16:00:00Z"),
      ])
  }

  @Test func `boundaries shift by an hour with daylight saving`() throws {
    // Berlin goes to summer time on 30 March 2025, so that day has 23 hours.
    let cutter = BucketCutter(zone: try #require(TimeZone(identifier: "Europe/Berlin")))
    let days = cutter.boundaries(
      of: .day, around: ms("2025-03-29T12:00:00Z")...ms("2025-03-30T12:00:00Z"))
    #expect(
      Array(days) == [
        ms("2025-03-28T23:00:00Z"), ms("2025-03-29T23:00:00Z"), ms("2025-03-30T22:00:00Z"),
      ])
    let months = cutter.boundaries(
      of: .month, around: ms("2025-03-15T12:00:00Z")...ms("2025-04-15T12:00:00Z"))
    #expect(
      Array(months) == [
        ms("2025-02-28T23:00:00Z"), ms("2025-03-31T22:00:00Z"), ms("2025-04-30T22:00:00Z"),
      ])
    #expect(
      cutter.start(of: .week, after: ms("2025-03-23T23:00:00Z"), by: 1)
        == ms("2025-03-30T22:00:00Z"))
  }

  @Test func `a day without a midnight does not shift the days after it`() throws {
    // 30 March 2025 begins at 1 o'clock in Beirut.
    let cutter = BucketCutter(zone: try #require(TimeZone(identifier: "Asia/Beirut")))
    let days = cutter.boundaries(
      of: .day, around: ms("2025-03-29T12:00:00Z")...ms("2025-03-30T22:00:00Z"))
    #expect(
      Array(days) == [
        ms("2025-03-28T22:00:00Z"), ms("2025-03-29T22:00:00Z"), ms("2025-03-30T21:00:00Z"),
        ms("2025-03-31T21:00:00Z"),
      ])
  }
}
