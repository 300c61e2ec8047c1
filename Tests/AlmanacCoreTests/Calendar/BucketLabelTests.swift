import AlmanacCore
import Foundation
import Testing

@Suite struct `A server's timestamp` {
  @Test(arguments: [
    // The published example: cut and labelled in UTC, and in Shanghai.
    ("UTC", Grain.day, "2025-09-23T00:00:00.000Z", "2025-09-23"),
    ("Asia/Shanghai", .day, "2025-09-22T16:00:00.000Z", "2025-09-23"),
    // Cut in the zone, labelled at UTC midnight.
    ("Asia/Shanghai", .day, "2025-09-23T00:00:00.000Z", "2025-09-23"),
    ("America/New_York", .day, "2026-01-05T00:00:00.000Z", "2026-01-05"),
    ("America/New_York", .day, "2026-01-05T05:00:00.000Z", "2026-01-05"),
    ("UTC-12:00", .day, "2026-01-05T12:00:00.000Z", "2026-01-05"),
    ("UTC+14:00", .day, "2026-01-04T10:00:00.000Z", "2026-01-05"),
    // Summer and winter, and the days on which the clocks change.
    ("Europe/London", .day, "2026-06-30T23:00:00.000Z", "2026-07-01"),
    ("Europe/London", .day, "2026-07-01T00:00:00.000Z", "2026-07-01"),
    ("Europe/London", .day, "2026-12-01T00:00:00.000Z", "2026-12-01"),
    ("America/Sao_Paulo", .day, "2018-11-04T03:00:00.000Z", "2018-11-04"),
    ("Asia/Shanghai", .week, "2026-12-27T16:00:00.000Z", "2026-12-28"),
    ("Asia/Shanghai", .week, "2026-12-28T00:00:00.000Z", "2026-12-28"),
    ("Asia/Shanghai", .month, "2026-01-31T16:00:00.000Z", "2026-02-01"),
    ("Asia/Shanghai", .quarter, "2026-12-31T16:00:00.000Z", "2027-01-01"),
    ("UTC", .quarter, "1969-10-01T00:00:00.000Z", "1969-10-01"),
  ])
  func `names the bucket that it starts`(
    name: String, grain: Grain, label: String, start: String
  ) throws {
    let zone = try #require(BucketZone(identifier: name))
    let bucket = zone.bucket(grain, labelled: try Self.milliseconds(label))
    #expect(bucket?.start.description == start)
    #expect(bucket?.grain == grain)
  }

  @Test(arguments: [
    ("Asia/Shanghai", Grain.day, "2025-09-22T16:00:00.001Z"),
    ("UTC", .day, "2025-09-22T23:59:59.999Z"), ("UTC", .day, "2025-09-22T16:00:00.000Z"),
    ("Asia/Shanghai", .day, "2025-09-22T15:00:00.000Z"),
    ("Asia/Shanghai", .day, "2025-09-22T16:00:01.000Z"),
    ("UTC", .week, "2026-12-29T00:00:00.000Z"), ("UTC", .week, "2026-12-27T00:00:00.000Z"),
    ("Asia/Shanghai", .week, "2026-12-28T16:00:00.000Z"),
    ("UTC", .month, "2026-02-02T00:00:00.000Z"), ("UTC", .quarter, "2026-02-01T00:00:00.000Z"),
    ("Asia/Shanghai", .quarter, "2026-01-31T16:00:00.000Z"),
    ("Europe/London", .day, "2026-12-01T23:00:00.000Z"),
    ("UTC", .day, "1969-12-31T23:59:59.500Z"),
  ])
  func `that starts no bucket names none`(name: String, grain: Grain, label: String) throws {
    let zone = try #require(BucketZone(identifier: name))
    #expect(zone.bucket(grain, labelled: try Self.milliseconds(label)) == nil)
  }

  @Test(arguments: Grain.allCases)
  func `names every bucket by either style of label`(grain: Grain) throws {
    for name in ["UTC", "Asia/Shanghai", "America/New_York", "Asia/Beirut", "UTC-09:30"] {
      let zone = try #require(BucketZone(identifier: name))
      var bucket = Bucket(grain, holding: try #require(Day("2019-01-01")))
      for _ in 0..<700 {
        let own = zone.bucket(grain, labelled: zone.start(of: bucket.start) * 1000)
        let utc = zone.bucket(grain, labelled: bucket.start.number * 86_400_000)
        #expect(own == bucket, "\(name)")
        #expect(utc == bucket, "\(name)")
        bucket = bucket.advanced(by: 1)
      }
    }
  }

  private static func milliseconds(_ text: String) throws -> Int {
    Int((try #require(Date(iso8601: text)).timeIntervalSince1970 * 1000).rounded())
  }
}
