import AlmanacCollector
import AlmanacCore
import AlmanacStore
import AlmanacTestSupport
import Foundation
import Testing

@Suite("Whatever the activity, a proved zone is the true one")
struct ZonePropertyTests {
  /// Knuth's MMIX generator; the high half of its state.
  private struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      var bits: UInt64 = 0
      for _ in 0..<2 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bits = bits << 32 | state >> 32
      }
      return bits
    }
  }

  private static let likely = [
    "UTC", "Asia/Shanghai", "America/New_York", "Europe/London", "Europe/Berlin", "Asia/Tokyo",
    "Asia/Kolkata", "America/Los_Angeles", "Australia/Sydney", "Pacific/Auckland",
  ]

  private static func server(_ dice: inout Dice, now: Int) throws -> ZoneServer {
    let isLikely = Bool.random(using: &dice)
    let names = isLikely ? likely : TimeZone.knownTimeZoneIdentifiers
    let name = try #require(names.randomElement(using: &dice))
    let labelling: ZoneServer.Labelling =
      Int.random(in: 0..<3, using: &dice) == 0
      ? .ownMidnight : .utcMidnight
    var server = try ZoneServer(name, labelling)
    for number in 1...Int.random(in: 1...3, using: &dice) {
      let app = try zoneApp(number)
      let days = [1, 3, 15, 40, 120, 190].randomElement(using: &dice) ?? 1
      let first = Int.random(in: 0..<24, using: &dice)
      let hours = [2, 6, 9, 14, 24].randomElement(using: &dice) ?? 2
      let each = [1, 5, 20, 60].randomElement(using: &dice) ?? 1
      let quiet = [0, 0, 30].randomElement(using: &dice) ?? 0
      for back in quiet..<max(quiet + 1, days) {
        for _ in 0..<each {
          let hour = first + Int.random(in: 0..<hours, using: &dice)
          let instant =
            (now - back * 86_400) / 86_400 * 86_400 + hour % 24 * 3600
            + Int.random(in: 0..<3600, using: &dice)
          if instant <= now { server.instants[app, default: []].append(instant * 1000 + 1) }
        }
      }
    }
    return server
  }

  @Test(arguments: 0..<UInt64(1 + Repetition.seeds.count))
  func `a proved zone cuts every instant seen as the server does`(block: UInt64) async throws {
    var proved = 0
    for seed in block * 20..<(block + 1) * 20 {
      var dice = Dice(state: seed &* 7919 &+ 11)
      let now = winter + Int.random(in: 0..<365 * 86_400, using: &dice)
      let server = try Self.server(&dice, now: now)
      let apps = server.instants.keys.sorted()
      let labels = Bool.random(using: &dice) ? server.quarterLabels : []
      let finding = try await server.search(now: now).find(
        apps: apps, labels: labels, configured: nil)
      let ranges = await server.log.ranges
      #expect(ranges.count <= ZoneSearch.mostRequests, "seed \(seed)")
      guard let finding else {
        #expect(server.instants.values.joined().isEmpty, "seed \(seed)")
        continue
      }
      #expect(finding.proofs.agree(with: finding.zone), "seed \(seed)")
      guard finding.isProved else { continue }
      proved += 1
      let calendar = server.calendar
      let wrong = server.instants.values.joined().filter { instant in
        guard ranges.contains(where: { $0.contains(instant) }) else { return false }
        let day = finding.zone.day(holding: instant / 1000)
        let date = Date(timeIntervalSince1970: Double(instant) / 1000)
        let start = Int(calendar.startOfDay(for: date).timeIntervalSince1970)
        let civil = calendar.dateComponents([.year, .month, .day], from: date)
        return finding.zone.start(of: day) != start
          || day.number * 86_400_000 != ZoneServer.utcMidnight(civil)
      }
      #expect(
        wrong.isEmpty,
        "seed \(seed): \(finding.zone) proved for \(server.zone.identifier) \(server.labelling)")
    }
    // The property would hold of a search that proves nothing.
    #expect(proved >= 5)
  }
}
