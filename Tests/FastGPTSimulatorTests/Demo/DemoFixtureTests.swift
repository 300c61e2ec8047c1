import FastGPTSimulator
import Foundation
import Testing

struct DemoFixtureTests {
  @Test(arguments: ["Asia/Shanghai", "America/New_York", "UTC"])
  func `an office app is used in office hours only`(identifier: String) throws {
    let zone = try #require(TimeZone(identifier: identifier))
    let from = at("2026-02-01T00:00:00Z")
    let until = at("2026-12-01T15:00:00Z")
    let app = DemoFleet.officeApp(seed: 3, zone: zone, from: from, until: until)
    #expect(app == DemoFleet.officeApp(seed: 3, zone: zone, from: from, until: until))
    #expect(app != DemoFleet.officeApp(seed: 4, zone: zone, from: from, until: until))
    #expect(app.records.count > 600)
    #expect(Set(app.records.map(\.id)).count == app.records.count)
    for record in app.records {
      for instant in [record.createdAt, record.time] {
        // 1 January 1970 was a Thursday.
        let offset = zone.secondsFromGMT(for: instant)
        let seconds = Int(instant.timeIntervalSince1970) + offset
        #expect((9 * 3600..<18 * 3600).contains(seconds % 86_400))
        #expect((seconds / 86_400 + 3) % 7 < 5)
      }
      #expect(record.createdAt < record.time && record.time <= until)
    }
    let longer = DemoFleet.officeApp(seed: 3, zone: zone, from: from, until: until + 86_400 * 9)
    #expect(longer.records.filter { $0.time <= until } == app.records)
  }

  @Test func `one app had a single conversation and one none`() throws {
    let time = at("2026-03-05T10:00:00Z")
    let server = SimulatedServer(
      profile: ServerProfile(key: "secret", clock: { at("2026-03-06T00:00:00Z") }),
      apps: [DemoFleet.unusedApp(), DemoFleet.appOfOneConversation(at: time)])
    #expect(DemoFleet.unusedApp().records.isEmpty)
    #expect(DemoFleet.appOfOneConversation(at: time).records.map(\.time) == [time])
    for (id, users) in [
      (DemoFleet.unusedApp().id, 0), (DemoFleet.appOfOneConversation(at: time).id, 1),
    ] {
      let response = server.respond(
        method: "GET", target: "/api/proApi/core/app/logs/getTotalData?appId=\(id)",
        authorization: "Bearer secret", body: [])
      #expect(try Envelope<Totals>.success(response).totalUsers == users)
    }
  }
}
