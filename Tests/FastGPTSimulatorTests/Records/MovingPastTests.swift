import FastGPTSimulator
import Foundation
import Testing

struct MovingPastTests {
  private static let march = ("2026-03-01T00:00:00Z", "2026-03-31T23:59:59.999Z")

  /// `day: chats, messages, thumbs up` of each day of March that has a bucket.
  private func days(_ fixture: Fixture) throws -> [String] {
    let chart = try fixture.open(from: Self.march.0, through: Self.march.1)
    return zip(chart.chats, chart.apps).map { chat, app in
      let day = ((chat.timestamp ?? 0) - ms(Self.march.0)) / 86_400_000 + 1
      let figures = [chat["chatCount"], chat["chatItemCount"], app["goodFeedBackCount"]]
      return "\(day): " + figures.map { "\(Int($0 ?? -99))" }.joined(separator: ", ")
    }
  }

  @Test func `one server tells the story at whatever clock, forwards and back`() throws {
    let talk = record("ann", "2026-03-05T23:50:00Z")
    let other = record("ben", "2026-03-05T10:00:00Z")
    var gone = RecordChange(at: at("2026-03-20T00:00:00Z"), record: other.id)
    gone.removes = true
    let fixture = Fixture(
      [talk, other],
      changes: [
        gone,
        .thumbs(at: at("2026-03-18T09:00:00Z"), record: talk.id, up: 1),
        .talk(at: at("2026-03-05T23:58:00Z"), record: talk.id),
        .talk(at: at("2026-03-06T00:01:00Z"), record: talk.id),
        .thumbs(at: at("2026-03-19T09:00:00Z"), record: talk.id, up: -2),
        .thumbs(at: at("2026-03-19T09:00:00Z"), record: "nobody's", up: 40),
      ]
    ) { _ in }
    let story = [
      ("2026-03-05T09:00:00Z", []),
      ("2026-03-05T23:55:00Z", ["5: 2, 4, 0"]),
      ("2026-03-05T23:58:00Z", ["5: 2, 6, 0"]),
      // The earlier day falls over midnight.
      ("2026-03-06T00:00:59.999Z", ["5: 2, 6, 0"]),
      ("2026-03-06T00:01:00.000Z", ["5: 1, 2, 0", "6: 1, 6, 0"]),
      ("2026-03-18T09:00:00Z", ["5: 1, 2, 0", "6: 1, 6, 1"]),
      ("2026-03-19T09:00:00Z", ["5: 1, 2, 0", "6: 1, 6, -1"]),
      ("2026-03-20T00:00:00Z", ["6: 1, 6, -1"]),
    ]
    for (now, expected) in story + story.reversed() + story {
      fixture.setClock(now)
      #expect(try days(fixture) == expected, "at \(now)")
    }
  }

  @Test func `a talk over midnight takes its user along`() throws {
    let talk = record("ann", "2026-03-05T23:50:00Z")
    let fixture = Fixture(
      [talk], changes: [.talk(at: at("2026-03-06T00:01:00Z"), record: talk.id)],
      now: "2026-03-06T12:00:00Z"
    ) { _ in }
    let chart = try fixture.open(from: Self.march.0, through: Self.march.1)
    #expect(chart.users.map(\.timestamp) == [ms("2026-03-06T00:00:00Z")])
    #expect(chart.users.map { $0["newUserCount"] } == [1])
    #expect(try fixture.openTotals()["totalChats"] == 4)
  }

  @Test func `an app's records may be rewritten while its changes stay`() throws {
    let talk = record("ann", "2026-03-05T10:00:00Z")
    let fixture = Fixture(
      [talk], changes: [.thumbs(at: at("2026-03-08T10:00:00Z"), record: talk.id, up: 1)],
      now: "2026-03-10T00:00:00Z"
    ) { _ in }
    #expect(try days(fixture) == ["5: 1, 2, 1"])
    fixture.server.changeRecords(of: Fixture.appID) { $0[0].messages = 8 }
    #expect(try days(fixture) == ["5: 1, 8, 1"])
  }

  @Test func `deletion leaves the oldest day partial, totals smaller and users new again`() throws {
    let fixture = Fixture([
      record("ann", "2026-03-01T06:00:00Z", points: 1), record("ben", "2026-03-01T18:00:00Z"),
      record("ann", "2026-03-11T10:00:00Z", points: 2), record("ben", "2026-03-11T10:00:00Z"),
    ]) { $0.keepsDays = 10 }
    func seen(_ now: String) throws -> [String: [Double]] {
      fixture.setClock(now)
      let chart = try fixture.open(
        from: Self.march.0, through: Self.march.1, offset: 10)
      return [
        "chats": chart.chats.compactMap { $0["chatCount"] },
        "new": chart.users.compactMap { $0["newUserCount"] },
        "retained": chart.users.compactMap { $0["retentionUserCount"] },
        "totals": [
          try fixture.openTotals()["totalUsers"] ?? -1,
          try fixture.openTotals()["totalChats"] ?? -1,
        ],
      ]
    }
    // Ten days before this noon, ann's first record is gone and ben's is left.
    #expect(
      try seen("2026-03-11T12:00:00Z")
        == ["chats": [1, 2], "new": [1, 1], "retained": [1, 0], "totals": [2, 6]])
    // A record as old as that to the millisecond is still there.
    #expect(
      try seen("2026-03-11T18:00:00Z")
        == ["chats": [1, 2], "new": [1, 1], "retained": [1, 0], "totals": [2, 6]])
    #expect(
      try seen("2026-03-11T18:00:00.001Z")
        == ["chats": [2], "new": [2], "retained": [0], "totals": [2, 4]])
    fixture.server.reconfigure { $0.keepsDays = nil }
    #expect(
      try seen("2026-03-11T18:00:00.001Z")
        == ["chats": [2, 2], "new": [2, 0], "retained": [2, 0], "totals": [2, 8]])
  }

  @Test func `a moved record is as old as its last message`() throws {
    let talk = record("ann", "2026-03-05T23:50:00Z")
    let fixture = Fixture(
      [talk], changes: [.talk(at: at("2026-03-06T00:01:00Z"), record: talk.id)],
      now: "2026-03-16T00:01:00Z"
    ) { $0.keepsDays = 10 }
    #expect(try days(fixture) == ["6: 1, 4, 0"])
    fixture.setClock("2026-03-16T00:01:00.001Z")
    #expect(try days(fixture) == [])
  }
}
