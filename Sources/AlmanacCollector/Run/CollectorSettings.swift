import AlmanacCore
import Foundation

/// The settings that a team has made for collecting.
package struct CollectorSettings: Sendable {
  /// The grains that are read; `day` is always one of them.
  package var grains: [Grain]
  /// Retention offsets by grain, in units of the grain; each grain has 1.
  package var retentionOffsets: [Grain: [Int]]
  /// Whether chat and app figures are read for each source by itself, at day grain.
  package var bySource: Bool
  /// Days after a bucket's end during which it is read again.
  package var lookBack: Int
  /// Days after which the whole past is read again.
  package var deepEvery: Int
  /// Days for which answers are kept as they came.
  package var keepCaptures: Int
  /// Apps that are read at one time.
  package var concurrency: Int

  package init(
    grains: [Grain] = Grain.allCases,
    retentionOffsets: [Grain: [Int]] = [
      .day: [1, 3, 7, 14], .week: [1, 4], .month: [1, 3], .quarter: [1],
    ],
    bySource: Bool = true, lookBack: Int = 15, deepEvery: Int = 30, keepCaptures: Int = 14,
    concurrency: Int = 8
  ) {
    self.grains = Set(grains + [.day]).sorted()
    self.retentionOffsets = retentionOffsets.mapValues { Set($0 + [1]).sorted() }
    self.bySource = bySource
    self.lookBack = lookBack
    self.deepEvery = deepEvery
    self.keepCaptures = keepCaptures
    self.concurrency = max(1, concurrency)
  }

  /// The retention offsets of a grain, ascending from 1.
  func offsets(_ grain: Grain) -> [Int] { retentionOffsets[grain] ?? [1] }
}

/// The clock that tells a run the date.
package struct CivilClock: Sendable {
  package var now: @Sendable () -> Date
  /// A clock set for a rehearsal is not corrected by what servers say.
  package var isRehearsed: Bool

  package init(isRehearsed: Bool = false, now: @escaping @Sendable () -> Date) {
    self.now = now
    self.isRehearsed = isRehearsed
  }

  /// Seconds between the host's clock and the server's, if they matter and are more than five
  /// minutes.
  func skew(serverDate: Date?) -> Int? {
    guard !isRehearsed, let serverDate else { return nil }
    let seconds = Int(serverDate.timeIntervalSince(now()))
    return abs(seconds) > 300 ? seconds : nil
  }

  /// The earlier of the host's clock and the server's, so that no bucket ends too soon.
  func believed(serverDate: Date?) -> Date {
    let own = now()
    guard !isRehearsed, let serverDate else { return own }
    return min(own, serverDate)
  }
}

/// The task of one run.
package struct RunRequest: Sendable {
  /// Only these apps; `nil` for all.
  package var only: Set<AppID>?
  /// Read these days again and nothing else; `nil` brings the archive up to date.
  package var days: Range<Day>?
  /// Read the whole past again, due or not.
  package var isDeep: Bool
  /// The command's arguments as typed; the archive keeps them with the run.
  package var arguments: String
  package var version: String

  package init(
    only: Set<AppID>? = nil, days: Range<Day>? = nil, isDeep: Bool = false, arguments: String,
    version: String
  ) {
    self.only = only
    self.days = days
    self.isDeep = isDeep
    self.arguments = arguments
    self.version = version
  }
}
