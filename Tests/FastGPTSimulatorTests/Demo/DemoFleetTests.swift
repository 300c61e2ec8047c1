import FastGPTSimulator
import Foundation
import Testing

struct DemoFleetTests {
  private static let from = at("2024-09-01T00:00:00Z")
  private static let until = at("2025-11-01T08:30:00Z")
  private static let fleet = DemoFleet.apps(count: 10, seed: 7, from: from, until: until)

  private func app(_ name: String) throws -> SimulatedApp {
    try #require(Self.fleet.first { $0.name == name })
  }

  @Test func `the same seed gives the same records, another seed others`() {
    #expect(
      DemoFleet.apps(count: 10, seed: 7, from: Self.from, until: Self.until) == Self.fleet)
    let other = DemoFleet.apps(count: 10, seed: 8, from: Self.from, until: Self.until)
    #expect(other.map(\.records) != Self.fleet.map(\.records))
    #expect(Set(other.map(\.id)).isDisjoint(with: Self.fleet.map(\.id)))
  }

  @Test func `a later end keeps the past`() {
    let longer = DemoFleet.apps(
      count: 12, seed: 7, from: Self.from, until: Self.until + 40 * 86_400)
    #expect(longer.count == 12)
    for (today, later) in zip(Self.fleet, longer) {
      #expect(today.id == later.id)
      #expect(later.records.filter { $0.time <= Self.until } == today.records)
    }
    #expect(longer[0].records.count > Self.fleet[0].records.count)
  }

  @Test func `a conversation that is still going on at the end is not there`() throws {
    let record = try #require(try app("客服助手").records.last)
    for (until, isThere) in [(record.time - 0.001, false), (record.time, true)] {
      let apps = DemoFleet.apps(count: 1, seed: 7, from: Self.from, until: until)
      #expect(apps[0].records.contains(record) == isThere)
    }
  }

  @Test func `records lie in the range, under ids of their own`() {
    for app in Self.fleet {
      #expect(app.id.count == 24 && app.id.allSatisfy(\.isHexDigit))
      #expect(Set(app.records.map(\.id)).count == app.records.count)
      for record in app.records {
        #expect(Self.from <= record.time && record.time <= Self.until)
        #expect(record.createdAt < record.time)
        #expect(record.messages >= 2 && record.errors <= record.messages / 2)
        #expect(ServerProfile.currentSources.contains(record.source))
      }
    }
    #expect(Set(Self.fleet.map(\.id)).count == 10)
  }

  @Test func `some apps are quiet`() throws {
    #expect(try app("Onboarding guide").records.isEmpty)
    #expect(try app("面试陪练").records.count == 1)
    let silent = try app("Legacy FAQ").records
    #expect(silent.count > 500)
    #expect(try #require(silent.last).time < Self.until - 100 * 86_400)
  }

  @Test func `office bots rest at the weekend, consumers come in the evening`() throws {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(identifier: "Asia/Shanghai"))
    func share(_ app: SimulatedApp, _ holds: (DateComponents) -> Bool) -> Double {
      let parts = app.records.map {
        calendar.dateComponents([.weekday, .hour], from: $0.createdAt)
      }
      return Double(parts.count(where: holds)) / Double(parts.count)
    }
    let weekend = { (parts: DateComponents) in parts.weekday == 1 || parts.weekday == 7 }
    let evening = { (parts: DateComponents) in (19...22).contains(parts.hour ?? 0) }
    #expect(try share(app("Docs search"), weekend) < 0.12)
    #expect(try share(app("旅行规划"), weekend) > 0.3)
    #expect(try share(app("Docs search"), evening) < 0.12)
    #expect(try share(app("旅行规划"), evening) > 0.3)
  }

  @Test func `an incident makes two days of one app slow and faulty`() throws {
    func days(_ range: Range<Int>) throws -> (errorRate: Double, pace: Double) {
      let first = at("2024-08-31T16:00:00Z")
      let records = try app("Support bot").records.filter {
        range.contains(Int($0.createdAt.timeIntervalSince(first) / 86_400))
      }
      let answers = Double(records.reduce(0) { $0 + $1.messages / 2 })
      return (
        Double(records.reduce(0) { $0 + $1.errors }) / answers,
        records.reduce(0) { $0 + $1.responseSeconds } / answers
      )
    }
    let before = try days(370..<398)
    let incident = try days(398..<400)
    let after = try days(400..<425)
    #expect(incident.errorRate > 10 * before.errorRate)
    #expect(incident.errorRate > 10 * after.errorRate)
    #expect(incident.pace > 3 * before.pace)
    #expect(incident.pace > 3 * after.pace)
  }

  @Test func `an app grows, its users return and come in by several ways`() throws {
    let records = try app("客服助手").records
    let middle = Self.from + Self.until.timeIntervalSince(Self.from) / 2
    let late = records.count { $0.time > middle }
    #expect(Double(late) > 1.3 * Double(records.count - late))
    let users = Dictionary(grouping: records, by: \.userID)
    let returned = users.values.count { visits in
      visits[visits.count - 1].time.timeIntervalSince(visits[0].time) > 86_400
    }
    #expect((0.2...0.6).contains(Double(returned) / Double(users.count)))
    #expect(Set(records.map(\.source)).count == 4)
    #expect(records.contains { $0.goodFeedback > 0 } && records.contains { $0.badFeedback > 0 })
  }

  @Test func `the server answers the fleet`() throws {
    let server = SimulatedServer(
      profile: ServerProfile(key: "secret", clock: { Self.until }), apps: Self.fleet)
    let app = try app("旅行规划")
    let response = server.respond(
      method: "GET", target: "/api/proApi/core/app/logs/getTotalData?appId=\(app.id)",
      authorization: "Bearer secret", body: [])
    let totals = try Envelope<Totals>.success(response)
    #expect(totals.totalUsers == Set(app.records.map(\.userID)).count)
    #expect(totals.totalChats == app.records.reduce(0) { $0 + $1.messages })
  }
}
