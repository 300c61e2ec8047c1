import AlmanacCollector
import AlmanacCore
import AlmanacStore
import Foundation
import Testing

@Suite("Proving a zone again, each day")
struct ZoneConfirmTests {
  private static let shanghai = BucketZone(secondsFromUTC: 8 * 3600)

  private func server(
    _ labelling: ZoneServer.Labelling, hours: [Double] = allHours
  ) throws -> ZoneServer {
    var server = try ZoneServer("Asia/Shanghai", labelling)
    server.fill(try zoneApp(1), days: 10, until: winter, hours: hours)
    return server
  }

  private var day: Day { Self.shanghai.day(holding: winter).advanced(by: -3) }

  @Test(arguments: ZoneServer.Labelling.allCases)
  func `one request suffices where the wide answer is known`(
    labelling: ZoneServer.Labelling
  ) async throws {
    let verdict = try await server(labelling).search(now: winter).confirm(
      Self.shanghai, app: zoneApp(1), day: day, volume: 72)
    #expect(verdict.outcome == .agrees)
    #expect(verdict.requests == 1)
    #expect(verdict.proof?.agrees(with: Self.shanghai) == true)
    // Labels at UTC midnight are those of UTC, too.
    #expect(verdict.proof?.agrees(with: .utc) == (labelling == .utcMidnight))
  }

  @Test(arguments: [nil, 71.0])
  func `a wide answer that is old is asked for again`(volume: Double?) async throws {
    let verdict = try await server(.utcMidnight).search(now: winter).confirm(
      Self.shanghai, app: zoneApp(1), day: day, volume: volume)
    #expect(verdict.outcome == .agrees)
    #expect(verdict.requests == 2)
  }

  @Test func `a day that is not believed says nothing, and least of all that the zone is another`()
    async throws
  {
    let server = try server(.ownMidnight)
    let (start, end) = (
      Self.shanghai.start(of: day), Self.shanghai.start(of: day.advanced(by: 1))
    )
    let alone = start * 1000...end * 1000 - 1
    let search = ZoneSearch(now: winter) { app, range in
      range == alone
        ? ZoneAnswer([:], refused: [start * 1000]) : ZoneAnswer(server.answer(app, range))
    }
    let verdict = try await search.confirm(Self.shanghai, app: zoneApp(1), day: day, volume: 72)
    #expect(verdict.outcome == .saysNothing && verdict.proof == nil && verdict.requests == 1)
  }

  @Test(arguments: ZoneServer.Labelling.allCases)
  func `a zone that is not the server's is contradicted`(
    labelling: ZoneServer.Labelling
  ) async throws {
    for wrong in [0, 7, 9, -5].map({ BucketZone(secondsFromUTC: $0 * 3600) }) {
      let verdict = try await server(labelling).search(now: winter).confirm(
        wrong, app: zoneApp(1), day: day, volume: 72)
      #expect(verdict.outcome == .contradicts)
      #expect(verdict.proof?.agrees(with: wrong) == false)
      #expect(verdict.proof?.agrees(with: Self.shanghai) == true)
    }
  }

  @Test func `a part of the day outside the range asked is a contradiction by itself`()
    async throws
  {
    var server = try server(.utcMidnight)
    for app in server.instants.keys {
      server.instants[app]?.removeAll { Self.shanghai.day(holding: $0 / 1000) != day }
    }
    let verdict = try await server.search(now: winter).confirm(
      BucketZone(secondsFromUTC: 7 * 3600), app: zoneApp(1), day: day)
    #expect(verdict.outcome == .contradicts)
    let proof = try #require(verdict.proof)
    #expect(proof.labels == [day.number * 86_400_000])
    #expect(proof.partial == proof.labels)
    #expect(proof.agrees(with: Self.shanghai))
    #expect(!proof.agrees(with: BucketZone(secondsFromUTC: 7 * 3600)))
  }

  @Test func `no activity says nothing`() async throws {
    let verdict = try await server(.utcMidnight).search(now: winter).confirm(
      Self.shanghai, app: zoneApp(1), day: day.advanced(by: -30), volume: 72)
    #expect(verdict.outcome == .saysNothing)
    #expect(verdict.proof == nil)
  }

  @Test func `a stray label is no contradiction`() async throws {
    for labelling in ZoneServer.Labelling.allCases {
      var server = try server(labelling)
      let other = (day.number * 24 - (labelling == .utcMidnight ? 8 : 0)) * 3_600_000
      server.stray = [0: 5, other: 1, other + 1_800_000: 1]
      let verdict = try await server.search(now: winter).confirm(
        Self.shanghai, app: zoneApp(1), day: day, volume: 72)
      #expect(verdict.outcome == .agrees)
      #expect(verdict.proof?.labels.count == 1)
    }
  }

  @Test func `clocks that change replace an offset, another offset does not`() throws {
    let day = { (label: Int, start: Int) in
      ZoneProof(instants: start * 1000...start * 1000 + 86_399_999, labels: [label * 1000])
    }
    let offset = BucketZone(secondsFromUTC: -5 * 3600)
    // 2026-02-10T05:00Z, and 2026-07-10T04:00Z.
    let before = day(1_770_699_600, 1_770_699_600)
    let after = day(1_783_656_000, 1_783_656_000)
    #expect([before].replacement(for: offset, now: summer) == nil)
    let named = [before, after].replacement(for: offset, now: summer)
    #expect(named?.identifier == "America/New_York")
    // The owner of the key has moved from +08:00 to +09:00: 2026-02-09T16:00Z, then T15:00Z.
    let moved = [day(1_770_652_800, 1_770_652_800), day(1_770_735_600, 1_770_735_600)]
    #expect(moved.replacement(for: Self.shanghai, now: summer) == nil)
  }

  @Test func `a label replaces an offset, unless a day that is held was cut by it`() {
    let offset = BucketZone(secondsFromUTC: -5 * 3600)
    // 2026-02-10T05:00Z, and 2026-07-10T04:00Z.
    let winterDay = ZoneProof(
      instants: 1_770_699_600_000...1_770_785_999_999, labels: [1_770_699_600_000])
    let label = BucketLabel(.day, 1_783_656_000_000)
    let stray = BucketLabel(.week, 1_783_656_000_123)
    let named = [winterDay].replacement(for: offset, naming: [label, stray], now: summer)
    #expect(named?.identifier == "America/New_York")
    #expect([winterDay].replacement(for: offset, naming: [stray], now: summer) == nil)
    // 2025-07-10T05:00Z is midnight of no summer day in New York.
    let held = [winterDay].replacement(
      for: offset, naming: [label], starts: [1_752_123_600], now: summer)
    #expect(held == nil)
  }

  @Test func `a set of proofs keeps to one way of labelling`() {
    let hour = 1_770_652_800_000...1_770_656_400_000
    let own = ZoneProof(instants: hour, labels: [1_770_652_800_000])
    let utc = ZoneProof(instants: hour, labels: [1_770_681_600_000])
    #expect(own.agrees(with: Self.shanghai))
    #expect(utc.agrees(with: Self.shanghai))
    #expect(![own, utc].agree(with: Self.shanghai))
  }
}
