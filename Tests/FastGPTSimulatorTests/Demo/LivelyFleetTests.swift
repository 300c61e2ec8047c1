import FastGPTSimulator
import Foundation
import Testing

struct LivelyFleetTests {
  private static let from = at("2025-11-01T00:00:00Z")
  private static let late = at("2026-01-20T00:00:00Z")
  private static let until = at("2026-05-20T12:00:00Z")
  private static let shanghai = TimeZone(identifier: "Asia/Shanghai") ?? .gmt
  private static let apps = fleet(seed: 5)

  private static func fleet(seed: UInt64) -> [SimulatedApp] {
    let quiet = DemoFleet.apps(count: 6, seed: seed, from: from, until: until)
    return DemoFleet.lively(
      [quiet[3], quiet[5]], seed: seed, late: late, until: until, zone: shanghai)
  }

  @Test func `the same seed gives the same changes, another seed others`() {
    #expect(Self.fleet(seed: 5) == Self.apps)
    #expect(Self.fleet(seed: 6).map(\.changes) != Self.apps.map(\.changes))
  }

  @Test func `every change is of a record of the app, in its time`() throws {
    for app in Self.apps {
      let records = Dictionary(uniqueKeysWithValues: app.records.map { ($0.id, $0) })
      #expect(app.changes.count > 100)
      for change in app.changes {
        let record = try #require(records[change.record])
        #expect(record.createdAt <= change.at && change.at <= Self.until)
      }
      for record in app.records(at: Self.until) {
        #expect(record.messages >= 0 && record.errors >= 0 && record.points >= 0)
      }
    }
  }

  @Test func `talks pass midnight in UTC and in the zone, message by message`() {
    for app in Self.apps {
      for offset in [0, 28_800] as [Double] {
        func day(_ date: Date) -> Double {
          ((date.timeIntervalSince1970 + offset) / 86_400).rounded(.down)
        }
        let now: [String: Date] = Dictionary(
          uniqueKeysWithValues: app.records(at: Self.until).map { ($0.id, $0.time) })
        let moved = app.records.count { record in
          day(now[record.id] ?? record.time) > day(record.time)
        }
        #expect(moved > 5, "offset \(offset)")
      }
      let messages = Dictionary(grouping: app.changes.filter { $0.time != nil }, by: \.record)
      for (id, changes) in messages {
        let start = app.records.first { $0.id == id }.map(\.time) ?? .distantPast
        #expect((1...5).contains(changes.count))
        for (earlier, later) in zip([start] + changes.map(\.at), changes.map(\.at)) {
          #expect(earlier < later && later.timeIntervalSince(earlier) < 15 * 60)
        }
      }
    }
  }

  @Test func `a thumb taken back may make a record's count negative`() {
    let counts = Self.apps.flatMap { $0.records(at: Self.until).map(\.goodFeedback) }
    #expect(counts.contains { $0 < 0 })
    #expect(counts.contains { $0 > 0 })
  }

  @Test func `odd sources appear on some day and not before`() {
    for app in Self.apps {
      for source in DemoFleet.oddSources {
        let times = app.records.filter { $0.source == source }.map(\.time)
        #expect(!times.isEmpty)
        #expect(times.allSatisfy { $0 > Self.late })
      }
    }
  }

  @Test(
    arguments: [
      "2026-01-19T12:00:00Z", "2026-02-10T16:05:00Z", "2026-03-31T00:00:00.000Z",
      "2026-04-15T23:59:00Z", "2026-05-20T12:00:00Z",
    ], [nil, 30])
  func `a plain count of the records agrees with the chart`(now: String, keepsDays: Int?) throws {
    for app in Self.apps {
      let fixture = Fixture(app, now: now) {
        $0.zone = Self.shanghai
        $0.keepsDays = keepsDays
      }
      let chart = try fixture.chart(
        from: "2025-10-01T00:00:00Z", through: "2026-06-30T00:00:00Z", offset: 1)
      let oldest = keepsDays.map { at(now) - Double($0) * 86_400 } ?? .distantPast
      var seen: [Int: Counted] = [:]
      var known: Set<String> = []
      for record in app.records(at: at(now)) where record.time >= oldest {
        let hours = Int((record.time.timeIntervalSince1970 / 3600).rounded(.down))
        seen[(hours + 8) / 24, default: Counted()].add(
          record, isNew: known.insert(record.userID).inserted)
      }
      let days = seen.keys.sorted()
      let shanghaiDay = { (stamp: Int) in (stamp / 3_600_000 + 8) / 24 }
      try #require(chart.userData.map { shanghaiDay($0.timestamp) } == days)
      for (place, day) in days.enumerated() {
        let count = try #require(seen[day])
        let users = chart.userData[place].summary
        let chats = chart.chatData[place].summary
        let apps = chart.appData[place].summary
        #expect(users.userCount == count.users.count && users.newUserCount == count.newUsers)
        #expect(
          users.retentionUserCount
            == count.users.intersection(seen[day + 1]?.users ?? []).count)
        #expect(users.sourceCountMap == count.bySource.mapValues(\.count))
        #expect(chats.chatCount == count.chats && chats.chatItemCount == count.messages)
        #expect(chats.errorCount == count.errors && abs(chats.points - count.points) < 1e-6)
        #expect(apps.goodFeedBackCount == count.good)
        #expect(abs(apps.totalResponseTime - count.seconds) < 1e-6)
      }
      let totals = try fixture.openTotals()
      #expect(totals["totalUsers"] == Double(known.count))
      #expect(totals["totalChats"] == Double(seen.values.reduce(0) { $0 + $1.messages }))
    }
  }

  private struct Counted {
    var users: Set<String> = []
    var bySource: [String: Set<String>] = [:]
    var newUsers = 0
    var chats = 0
    var messages = 0
    var errors = 0
    var good = 0
    var points = 0.0
    var seconds = 0.0

    mutating func add(_ record: ChatRecord, isNew: Bool) {
      users.insert(record.userID)
      bySource[record.source, default: []].insert(record.userID)
      newUsers += isNew ? 1 : 0
      chats += 1
      messages += record.messages
      errors += record.errors
      good += record.goodFeedback
      points += record.points
      seconds += record.responseSeconds
    }
  }
}
