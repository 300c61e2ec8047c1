import AlmanacCollector
import AlmanacCore
import AlmanacStore
import Foundation
import Testing

@Suite("Finding the bucket zone of a server")
struct ZoneSearchTests {
  private func find(
    _ server: ZoneServer, now: Int, apps: Int = 1, labels: Set<BucketLabel> = [],
    configured: BucketZone? = nil, atMost most: Int
  ) async throws -> ZoneFinding? {
    let before = await server.log.ranges.count
    let finding = try await server.search(now: now).find(
      apps: (1...apps).map { try zoneApp($0) }, labels: labels, configured: configured)
    let asked = await server.log.ranges.count - before
    #expect(asked <= most, "\(asked) requests")
    #expect(finding?.requests ?? asked == asked)
    if apps == 1 { try await expectNoWaste(server, since: before) }
    return finding
  }

  /// No range is asked that lies in one asked before and found empty.
  private func expectNoWaste(_ server: ZoneServer, since: Int) async throws {
    let app = try zoneApp(1)
    var empty: [ClosedRange<Int>] = []
    for range in await server.log.ranges.dropFirst(since) {
      #expect(!empty.contains { $0.contains(range) })
      if server.answer(app, range).isEmpty { empty.append(range) }
    }
  }

  @Test func `honest labels of +08:00 take two requests`() async throws {
    var server = try ZoneServer("Asia/Shanghai", .ownMidnight)
    server.fill(try zoneApp(1), days: 200, until: winter, hours: officeHours)
    let finding = try #require(await find(server, now: winter, atMost: 2))
    #expect(finding.zone.identifier == "UTC+08:00")
    #expect(finding.isProved)
    #expect(finding.proofs.count == 2)
    #expect(finding.proofs.agree(with: finding.zone))
  }

  @Test(arguments: [winter, summer])
  func `UTC is proved by activity around the clock`(now: Int) async throws {
    var server = try ZoneServer("UTC", .ownMidnight)
    server.fill(try zoneApp(1), days: 200, until: now, hours: allHours)
    let finding = try #require(await find(server, now: now, atMost: 18))
    #expect(finding.zone == .utc)
    #expect(finding.isProved)
  }

  @Test func `UTC is proved by three apps of which each has other hours`() async throws {
    var server = try ZoneServer("UTC", .ownMidnight)
    server.fill(try zoneApp(1), days: 200, until: winter, hours: officeHours)
    server.fill(try zoneApp(2), days: 200, until: winter, hours: [20, 21, 22, 23])
    server.fill(try zoneApp(3), days: 200, until: winter, hours: [0, 1, 2, 3])
    let finding = try #require(await find(server, now: winter, apps: 3, atMost: 30))
    #expect(finding.zone == .utc)
    #expect(finding.isProved)
  }

  @Test func `days cut in Shanghai and labelled at UTC midnight`() async throws {
    var server = try ZoneServer("Asia/Shanghai", .utcMidnight)
    server.fill(try zoneApp(1), days: 60, until: winter, hours: allHours)
    let finding = try #require(
      await find(server, now: winter, labels: server.quarterLabels, atMost: 24))
    #expect(finding.zone.identifier == "UTC+08:00")
    #expect(finding.isProved)
  }

  @Test func `the same with a quiet night`() async throws {
    var server = try ZoneServer("Asia/Shanghai", .utcMidnight)
    let app = try zoneApp(1)
    server.fill(app, days: 120, until: winter, hours: (8..<22).map(Double.init), each: 8)
    for back in stride(from: 3, to: 90, by: 4) {
      // About 23:47 and 00:40 in Shanghai, now and then.
      let midnight = (winter / 86_400 - back) * 86_400_000 + 16 * 3_600_000
      server.instants[app]? += [midnight - 800_000, midnight + 2_400_000]
    }
    let finding = try #require(await find(server, now: winter, atMost: 64))
    #expect(finding.zone.identifier == "UTC+08:00")
    #expect(finding.isProved)
  }

  @Test func `office hours leave UTC an assumption`() async throws {
    var server = try ZoneServer("Asia/Shanghai", .utcMidnight)
    server.fill(try zoneApp(1), days: 120, until: winter, hours: officeHours)
    let finding = try #require(await find(server, now: winter, atMost: 64))
    #expect(finding.zone == .utc)
    #expect(!finding.isProved)
  }

  @Test(arguments: ["Asia/Shanghai", "UTC+08:00"])
  func `a configured zone that is not disproved is kept`(name: String) async throws {
    let configured = try #require(BucketZone(identifier: name))
    var server = try ZoneServer("Asia/Shanghai", .utcMidnight)
    server.fill(try zoneApp(1), days: 120, until: winter, hours: officeHours)
    let assumed = try #require(await find(server, now: winter, configured: configured, atMost: 64))
    #expect(assumed.zone == configured)
    #expect(!assumed.isProved)
    server.fill(try zoneApp(1), days: 120, until: winter, hours: allHours)
    let proved = try #require(await find(server, now: winter, configured: configured, atMost: 18))
    #expect(proved.zone == configured)
    #expect(proved.isProved)
  }

  @Test func `a configured zone that is wrong is not returned`() async throws {
    var server = try ZoneServer("Asia/Shanghai", .utcMidnight)
    server.fill(try zoneApp(1), days: 120, until: winter, hours: allHours)
    let finding = try #require(await find(server, now: winter, configured: .utc, atMost: 30))
    #expect(finding.zone.identifier == "UTC+08:00")
    #expect(finding.isProved)
    #expect(!finding.proofs.agree(with: .utc))
  }

  @Test(arguments: [("Asia/Kathmandu", "UTC+05:45"), ("GMT-0330", "UTC-03:30")])
  func `halves and quarters of an hour`(zone: (String, String)) async throws {
    for labelling in ZoneServer.Labelling.allCases {
      var server = try ZoneServer(zone.0, labelling)
      server.fill(try zoneApp(1), days: 200, until: winter, hours: allHours, each: 10)
      let most = labelling == .ownMidnight ? 3 : 40
      let finding = try #require(await find(server, now: winter, atMost: most))
      #expect(finding.zone.identifier == zone.1)
      #expect(finding.isProved)
    }
  }

  @Test(arguments: ["America/New_York", "Europe/London"], [winter, summer])
  func `clocks that change`(name: String, now: Int) async throws {
    for labelling in ZoneServer.Labelling.allCases {
      var server = try ZoneServer(name, labelling)
      server.fill(try zoneApp(1), days: 183, until: now, hours: allHours, each: 5)
      let most = labelling == .ownMidnight ? 12 : 64
      let finding = try #require(await find(server, now: now, atMost: most))
      #expect(finding.zone.identifier == name)
      #expect(finding.isProved)
    }
  }

  @Test func `honest labels of one season name an offset`() async throws {
    var server = try ZoneServer("America/New_York", .ownMidnight)
    server.fill(try zoneApp(1), days: 18, until: winter, hours: officeHours)
    let finding = try #require(await find(server, now: winter, atMost: 3))
    #expect(finding.zone.identifier == "UTC-05:00")
    #expect(finding.isProved)
  }

  @Test func `an offset is enough for one season, until the next disagrees`() async throws {
    var server = try ZoneServer("Europe/London", .utcMidnight)
    server.fill(try zoneApp(1), days: 40, until: winter, hours: allHours)
    let finding = try #require(await find(server, now: winter, atMost: 18))
    #expect(finding.zone == .utc)
    #expect(finding.isProved)
    #expect(finding.proofs.replacement(for: .utc, now: winter) == nil)

    server.fill(try zoneApp(1), days: 10, until: summer, hours: allHours)
    let day = BucketZone.utc.day(holding: summer).advanced(by: -2)
    let verdict = try await server.search(now: summer).confirm(.utc, app: zoneApp(1), day: day)
    #expect(verdict.outcome == .contradicts)
    let proofs = finding.proofs + [try #require(verdict.proof)]
    let other = proofs.replacement(for: .utc, now: summer)
    #expect(other?.identifier == "Europe/London")
  }

  @Test(
    arguments: [
      ("Pacific/Honolulu", "UTC-10:00"), ("Pacific/Kiritimati", "UTC+14:00"),
      ("Pacific/Tongatapu", "UTC+13:00"), ("Pacific/Pago_Pago", "UTC-11:00"),
      ("Pacific/Fiji", "UTC+12:00"), ("Etc/GMT+12", "UTC-12:00"),
    ])
  func `quarters decide between two zones a day apart`(zone: (String, String)) async throws {
    var server = try ZoneServer(zone.0, .ownMidnight)
    server.fill(try zoneApp(1), days: 250, until: winter, hours: officeHours)
    let labels = server.quarterLabels
    let finding = try #require(await find(server, now: winter, labels: labels, atMost: 4))
    #expect(finding.zone.identifier == zone.1)
    #expect(finding.isProved)
  }

  @Test(
    arguments: [
      ("Pacific/Honolulu", "UTC-10:00"), ("Pacific/Tongatapu", "UTC+13:00"),
      ("Pacific/Fiji", "UTC+12:00"),
    ])
  func `without quarters the likelier of the two is assumed`(zone: (String, String)) async throws {
    var server = try ZoneServer(zone.0, .ownMidnight)
    server.fill(try zoneApp(1), days: 250, until: winter, hours: officeHours)
    let finding = try #require(await find(server, now: winter, atMost: 10))
    #expect(finding.zone.identifier == zone.1)
    #expect(!finding.isProved)
  }

  @Test func `a single conversation proves nothing`() async throws {
    var server = try ZoneServer("Asia/Shanghai", .utcMidnight)
    server.instants[try zoneApp(1)] = [(winter - 5 * 86_400) * 1000 + 123]
    let finding = try #require(await find(server, now: winter, atMost: 16))
    #expect(finding.zone == .utc)
    #expect(!finding.isProved)
  }

  @Test func `no activity finds what was configured, or a label, or nothing`() async throws {
    let server = try ZoneServer("Asia/Shanghai", .ownMidnight)
    let configured = try #require(BucketZone(identifier: "Asia/Tokyo"))
    #expect(try await find(server, now: winter, atMost: 2) == nil)
    let kept = try #require(await find(server, now: winter, configured: configured, atMost: 2))
    #expect(kept.zone == configured)
    #expect(!kept.isProved)
    // 2024-12-31T16:00Z.
    let labelled = try #require(
      await find(server, now: winter, labels: [BucketLabel(.quarter, 1_735_660_800_000)], atMost: 2)
    )
    #expect(labelled.zone.identifier == "UTC+08:00")
    #expect(!labelled.isProved)
  }

  @Test func `a stray label does not vote`() async throws {
    for stray in [0, 1_770_595_200_000, 1_770_595_200_000 + 4 * 3_600_000, 1_770_600_000_123] {
      var server = try ZoneServer("Asia/Shanghai", .ownMidnight)
      server.fill(try zoneApp(1), days: 30, until: winter, hours: officeHours)
      server.stray = [stray: 2]
      let finding = try #require(await find(server, now: winter, atMost: 4))
      #expect(finding.zone.identifier == "UTC+08:00")
      #expect(finding.isProved)
      #expect(finding.proofs.allSatisfy { !$0.labels.contains(stray) })
    }
  }

  @Test func `nor does a label when the days are labelled at UTC midnight`() async throws {
    var server = try ZoneServer("Asia/Shanghai", .utcMidnight)
    server.fill(try zoneApp(1), days: 30, until: winter, hours: allHours)
    server.stray = [0: 2, 1_770_652_800_000: 1]
    let finding = try #require(await find(server, now: winter, atMost: 30))
    #expect(finding.zone.identifier == "UTC+08:00")
    #expect(finding.isProved)
  }

  @Test(arguments: [true, false])
  func `the hour before midnight tells +08:00 from +09:00`(hasLateActivity: Bool) async throws {
    var server = try ZoneServer("Asia/Shanghai", .utcMidnight)
    let hours = hasLateActivity ? allHours : Array(allHours.dropLast())
    server.fill(try zoneApp(1), days: 60, until: winter, hours: hours)
    for app in server.instants.keys {
      // The fill strays a few minutes past its hours.
      server.instants[app]?.removeAll { instant in
        !hasLateActivity && instant / 3_600_000 % 24 == 15
      }
    }
    let finding = try #require(await find(server, now: winter, atMost: 64))
    #expect(finding.zone.identifier == "UTC+08:00")
    #expect(finding.isProved == hasLateActivity)
  }

  @Test func `one true day outweighs a label of another time`() async throws {
    var server = try ZoneServer("Asia/Shanghai", .ownMidnight)
    server.instants[try zoneApp(1)] = [(winter - 5 * 86_400) * 1000]
    server.stray = [0: 1]
    let finding = try #require(await find(server, now: winter, atMost: 3))
    #expect(finding.zone.identifier == "UTC+08:00")
    #expect(finding.isProved)
  }

  @Test func `a zone that is in use nowhere is told as a contradiction`() async throws {
    var server = try ZoneServer("GMT+0820", .utcMidnight)
    server.fill(try zoneApp(1), days: 60, until: winter, hours: allHours, each: 60)
    await expectContradiction(server.search(now: winter))
    let own = try ZoneServer("GMT+0823", .ownMidnight)
    let label = own.label(winter * 1000, own.calendar)
    await expectContradiction(ZoneSearch(now: winter) { _, _ in [label: 5] })
  }

  private func expectContradiction(
    _ search: ZoneSearch, configured: BucketZone? = nil, _ told: Comment? = nil
  ) async {
    await #expect(throws: ZoneContradiction.self, told) {
      let app = try zoneApp(1)
      _ = try await search.find(apps: [app], labels: [], configured: configured)
    }
  }

  /// Ways to name a day that no zone has, of its instants and its start.
  private static let liars: [(name: String, label: @Sendable ([Int], Int) -> Int)] = [
    ("UTC midnight of the first record", { instants, _ in midnight(instants[0]) }),
    ("UTC midnight of the last", { instants, _ in midnight(instants[instants.count - 1]) }),
    ("the next day's midnight", { _, start in start + 86_400_000 }),
    ("the midnight before", { _, start in start - 86_400_000 }),
    ("noon in UTC of the day", { instants, _ in midnight(instants[0]) + 43_200_000 }),
  ]

  private static func midnight(_ instant: Int) -> Int { instant - instant % 86_400_000 }

  @Test(arguments: liars.indices, [nil, BucketZone.utc, BucketZone(secondsFromUTC: 28_800)])
  func `days that are named by no zone are told as a contradiction`(
    liar: Int, configured: BucketZone?
  ) async throws {
    var server = try ZoneServer("Asia/Shanghai", .ownMidnight)
    server.fill(try zoneApp(1), days: 40, until: winter, hours: allHours)
    let search = ZoneSearch(now: winter) { [server] app, range in
      let seen = (server.instants[app] ?? []).filter(range.contains).sorted()
      let days = Dictionary(grouping: seen) { server.label($0, server.calendar) }
      // The decoder refuses both of two days with one name.
      let named = Dictionary(grouping: days) { Self.liars[liar].label($0.value, $0.key) }
      return ZoneAnswer(
        named.filter { $0.value.count == 1 }.mapValues { Double($0[0].value.count) })
    }
    await expectContradiction(search, configured: configured, "\(Self.liars[liar].name)")
  }

  @Test func `a zone that changes while it is searched for is not proved`() async throws {
    var before = try ZoneServer("Asia/Shanghai", .ownMidnight)
    before.fill(try zoneApp(1), days: 30, until: winter, hours: allHours)
    var after = try ZoneServer("Asia/Tokyo", .ownMidnight)
    after.instants = before.instants
    let search = ZoneSearch(now: winter) { [before, after] app, range in
      ZoneAnswer(
        range.count > 7 * 86_400_000 ? before.answer(app, range) : after.answer(app, range))
    }
    await expectContradiction(search)
  }

  @Test func `an answer that contradicts the others leaves nothing proved`() async throws {
    var server = try ZoneServer("UTC", .ownMidnight)
    server.fill(try zoneApp(1), days: 30, until: winter, hours: allHours)
    let honest = server
    for liar in 2...4 {
      let log = ZoneServer.Log()
      let search = ZoneSearch(now: winter) { app, range in
        let answer = honest.answer(app, range)
        guard await log.note(range) == liar else { return ZoneAnswer(answer) }
        let next = range.lowerBound % 86_400_000 == 0 ? -86_400_000 : 86_400_000
        return ZoneAnswer(
          Dictionary(uniqueKeysWithValues: answer.map { ($0.key + next, $0.value) }))
      }
      await expectContradiction(search, "\(liar)")
    }
  }

  @Test func `few messages are worth few requests`() async throws {
    var server = try ZoneServer("Asia/Shanghai", .utcMidnight)
    server.fill(try zoneApp(1), days: 8, until: winter, hours: [10], each: 1)
    let finding = try #require(await find(server, now: winter, atMost: 32))
    #expect(!finding.isProved)
  }

  @Test(arguments: [1, 2, 5])
  func `a failure is passed on`(request: Int) async throws {
    var server = try ZoneServer("Asia/Shanghai", .utcMidnight)
    server.fill(try zoneApp(1), days: 60, until: winter, hours: allHours)
    server.failsFrom = request
    let search = server.search(now: winter)
    await #expect(throws: ZoneServer.Failure.self) {
      try await search.find(apps: [zoneApp(1)], labels: [], configured: nil)
    }
    #expect(await server.log.ranges.count == request)
  }
}
