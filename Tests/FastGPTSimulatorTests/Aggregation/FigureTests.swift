import FastGPTSimulator
import Foundation
import Testing

struct FigureTests {
  @Test func `every figure of a day is counted`() throws {
    let fixture = Fixture([
      record(
        "ann", "2025-09-23T10:00:00Z", source: "test", messages: 2, points: 0.5, seconds: 22.31),
      record(
        "ben", "2025-09-23T11:00:00Z", source: "share", messages: 6, errors: 2, points: 0.25,
        seconds: 3.5, good: 1),
      record(
        "ann", "2025-09-23T12:00:00Z", source: "share", messages: 4, errors: 1, points: 1,
        seconds: 1, good: 2, bad: 1),
    ])
    let chart = try fixture.chart(
      from: "2025-09-23T00:00:00.000Z", through: "2025-09-23T23:59:59.999Z")
    #expect(chart.userData.map(\.timestamp) == [1_758_585_600_000])
    #expect(
      chart.userData.map(\.summary) == [
        Chart.Users(
          userCount: 2, newUserCount: 2, retentionUserCount: 0, points: 1.75,
          sourceCountMap: ["test": 1, "share": 2])
      ])
    #expect(
      chart.chatData.map(\.summary) == [
        Chart.Chats(chatItemCount: 12, chatCount: 3, errorCount: 3, points: 1.75)
      ])
    #expect(
      chart.appData.map(\.summary) == [
        Chart.Apps(
          goodFeedBackCount: 3, badFeedBackCount: 1, chatCount: 3, totalResponseTime: 26.81)
      ])
  }

  @Test func `a user of two days is one user of the week`() throws {
    let fixture = Fixture([
      record("ann", "2025-09-01T10:00:00Z"), record("ann", "2025-09-01T11:00:00Z"),
      record("ann", "2025-09-02T10:00:00Z"), record("ben", "2025-09-02T10:00:00Z"),
    ])
    let range = ("2025-09-01T00:00:00.000Z", "2025-09-07T23:59:59.999Z")
    #expect(try fixture.chart(from: range.0, through: range.1).users == [1, 2])
    let week = try fixture.chart(from: range.0, through: range.1, by: "week")
    #expect(week.users == [2])
    #expect(week.userData[0].summary.sourceCountMap == ["api": 2])
  }

  @Test func `a user of two sources counts in both`() throws {
    let fixture = Fixture([
      record("ann", "2025-09-01T10:00:00Z", source: "api"),
      record("ann", "2025-09-01T11:00:00Z", source: "mcp"),
      record("ann", "2025-09-01T12:00:00Z", source: "api"),
    ])
    let chart = try fixture.chart(
      from: "2025-09-01T00:00:00.000Z", through: "2025-09-01T23:59:59.999Z")
    #expect(chart.users == [1])
    #expect(chart.userData[0].summary.sourceCountMap == ["api": 1, "mcp": 1])
  }

  @Test func `a user is new once, in the bucket of the first record ever`() throws {
    let fixture = Fixture([
      record("ann", "2025-08-15T10:00:00Z"), record("ann", "2025-09-01T10:00:00Z"),
      record("ben", "2025-09-01T11:00:00Z"), record("ben", "2025-09-01T12:00:00Z"),
      record("ben", "2025-09-02T10:00:00Z"), record("cem", "2025-09-02T10:00:00Z"),
    ])
    // Ann's first record lies before the range: she is not new in it.
    let chart = try fixture.chart(
      from: "2025-09-01T00:00:00.000Z", through: "2025-09-02T23:59:59.999Z")
    #expect(chart.users == [2, 2])
    #expect(chart.newUsers == [1, 1])
  }

  @Test func `a user whose first record the range cuts off is not new`() throws {
    let fixture = Fixture([
      record("ann", "2025-09-01T10:00:00Z"), record("ann", "2025-09-01T15:00:00Z"),
    ])
    let chart = try fixture.chart(
      from: "2025-09-01T12:00:00.000Z", through: "2025-09-01T23:59:59.999Z")
    #expect(chart.users == [1])
    #expect(chart.newUsers == [0])
  }

  @Test func `a source filter keeps what came in that way`() throws {
    let fixture = Fixture([
      record("ann", "2025-09-01T10:00:00Z", source: "share", points: 1),
      record("ann", "2025-09-02T10:00:00Z", source: "api", points: 2),
      record("ben", "2025-09-02T11:00:00Z", source: "api", points: 4),
      record("ben", "2025-09-02T12:00:00Z", source: "mcp", points: 8),
    ])
    let chart = try fixture.chart(
      from: "2025-09-01T00:00:00.000Z", through: "2025-09-02T23:59:59.999Z", source: ["api"])
    #expect(try chart.days() == ["2025-09-02"])
    // Ann began by `share`, so she is new to the app before this filter sees her.
    #expect(
      chart.userData.map(\.summary) == [
        Chart.Users(
          userCount: 2, newUserCount: 1, retentionUserCount: 0, points: 6,
          sourceCountMap: ["api": 2])
      ])
    let both = try fixture.chart(
      from: "2025-09-01T00:00:00.000Z", through: "2025-09-02T23:59:59.999Z",
      source: ["api", "share"])
    #expect(both.newUsers == [1, 1])
    #expect(both.chats == [1, 2])
  }

  @Test func `an empty list of sources means every source, as does none`() throws {
    let fixture = Fixture([
      record("ann", "2025-09-01T10:00:00Z", source: "share"),
      record("ann", "2025-09-01T11:00:00Z", source: "gone_since"),
    ])
    for source in [nil, [String]()] {
      let chart = try fixture.chart(
        from: "2025-09-01T00:00:00.000Z", through: "2025-09-01T23:59:59.999Z", source: source)
      #expect(chart.chats == [2])
      #expect(chart.userData[0].summary.sourceCountMap == ["share": 1, "gone_since": 1])
    }
  }

  @Test func `the future is not visible`() throws {
    let fixture = Fixture(
      [
        record("ann", "2025-09-01T10:00:00Z", messages: 2, points: 1),
        record("ann", "2025-09-01T12:00:00.000Z", messages: 4, points: 2),
        record("ben", "2025-09-01T12:00:00.001Z", messages: 8, points: 4),
      ], now: "2025-09-01T12:00:00.000Z")
    let range = ("2025-09-01T00:00:00.000Z", "2025-09-30T23:59:59.999Z")
    #expect(try fixture.chart(from: range.0, through: range.1).chats == [2])
    #expect(
      try Envelope<Totals>.success(fixture.totals())
        == Totals(totalUsers: 1, totalChats: 6, totalPoints: 3))
    fixture.server.reconfigure { $0.clock = { at("2025-09-01T12:00:00.001Z") } }
    #expect(try fixture.chart(from: range.0, through: range.1).users == [2])
    #expect(
      try Envelope<Totals>.success(fixture.totals())
        == Totals(totalUsers: 2, totalChats: 14, totalPoints: 7))
  }

  @Test func `totals count messages, distinct users and points`() throws {
    let fixture = Fixture([
      record("ann", "2023-01-01T10:00:00Z", messages: 2, points: 0.5),
      record("ann", "2024-01-01T10:00:00Z", source: "share", messages: 4, points: 0.25),
      record("ben", "2025-01-01T10:00:00Z", messages: 6, points: 1),
    ])
    #expect(
      try Envelope<Totals>.success(fixture.totals())
        == Totals(totalUsers: 2, totalChats: 12, totalPoints: 1.75))
  }

  @Test func `a changed past is answered at once`() throws {
    let fixture = Fixture([
      record("ann", "2025-09-01T10:00:00Z"), record("ben", "2025-09-01T11:00:00Z"),
    ])
    let range = ("2025-09-01T00:00:00.000Z", "2025-09-30T23:59:59.999Z")
    #expect(try fixture.chart(from: range.0, through: range.1).users == [2])
    fixture.server.changeRecords(of: Fixture.appID) { records in
      records.removeFirst()
      records[0].badFeedback = -1
      records[0].time = at("2025-09-02T00:00:01Z")
    }
    let chart = try fixture.chart(from: range.0, through: range.1)
    #expect(try chart.days() == ["2025-09-02"])
    #expect(chart.appData[0].summary.badFeedBackCount == -1)
  }

  @Test func `numbers are written as JavaScript writes them`() throws {
    let fixture = Fixture([
      record("ann", "2025-09-01T10:00:00Z", points: 0.1, seconds: 12),
      record("ann", "2025-09-01T11:00:00Z", points: 0.2),
    ])
    let body = Fixture.body(
      from: "2025-09-01T00:00:00.000Z", through: "2025-09-01T23:59:59.999Z")
    let text = String(decoding: try fixture.post(body).body, as: UTF8.self)
    #expect(
      text == """
        {"code":200,"statusText":"","message":"","data":{"userData":[{"timestamp":1756684800000,\
        "summary":{"userCount":1,"newUserCount":1,"retentionUserCount":0,\
        "points":0.30000000000000004,"sourceCountMap":{"api":1}}}],\
        "chatData":[{"timestamp":1756684800000,"summary":{"chatItemCount":4,"chatCount":2,\
        "errorCount":0,"points":0.30000000000000004}}],"appData":[{"timestamp":1756684800000,\
        "summary":{"goodFeedBackCount":0,"badFeedBackCount":0,"chatCount":2,\
        "totalResponseTime":12}}]}}
        """)
  }
}
