import AlmanacCore
import AlmanacStore
import Foundation

/// Asks about a zone, and writes every request into the ledger.
actor ZoneLedger {
  private let archive: Archive
  private let feed: Feed
  private let health: ServerHealth
  private let run: Int
  private let keys: [AppID: Int]
  private let now: @Sendable () -> Date
  /// Requests made, by app.
  private(set) var requests: [AppID: Int] = [:]
  /// Apps that the server would not answer about, and why.
  private(set) var failures: [AppID: ReadFailure] = [:]

  init(
    archive: Archive, feed: Feed, health: ServerHealth, run: Int, keys: [AppID: Int],
    now: @escaping @Sendable () -> Date
  ) {
    self.archive = archive
    self.feed = feed
    self.health = health
    self.run = run
    self.keys = keys
    self.now = now
  }

  /// The activity of an app in a range of Unix milliseconds.
  ///
  /// - Parameter zone: the zone whose offset the text of the range carries
  func ask(
    _ app: AppID, _ instants: ClosedRange<Int>, in zone: BucketZone
  ) async throws -> ZoneAnswer {
    let start = ContinuousClock.now
    requests[app, default: 0] += 1
    let entry = { [run, keys, now] (delivery: Delivery, failure: ReadFailure?) in
      var entry = RequestRecord(
        run: run, app: keys[app] ?? 0, endpoint: .chart, answeredAt: now(),
        seconds: start.duration(to: .now) / .seconds(1), delivery: delivery, failure: failure)
      entry.source = .all
      entry.grain = .day
      entry.offset = 1
      let first = BucketZone.utc.day(holding: floorDivide(instants.lowerBound, 1000))
      let last = BucketZone.utc.day(holding: floorDivide(instants.upperBound, 1000))
      entry.asked = first..<last.advanced(by: 1)
      return entry
    }
    do {
      let answer = try await feed.chart(
        ChartRead(
          app: app, source: .all, grain: .day, offset: 1, instants: instants, zone: zone))
      await health.noteAnswer()
      try await archive.record(entry(answer.delivery, nil))
      return ZoneAnswer(
        answer.observations.reduce(into: [:]) { $0[$1.serverTimestamp] = $1.volume },
        refused: Set(answer.refused.filter { !$0.isUnplaceable }.compactMap(\.serverTimestamp)))
    } catch let failure as ReadFailure {
      await health.note(failure, of: app)
      failures[app] = failure
      try await archive.record(entry(failure.delivery, failure))
      throw failure
    }
  }
}
