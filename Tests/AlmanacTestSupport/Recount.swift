import FastGPTSimulator
import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// The facts that an archive should hold of one app, counted from its conversation records alone.
///
/// Uses neither the calendar of AlmanacCore nor the simulator's aggregation: days are cut by the
/// C library's `gmtime` and `timegm`.
package struct Recount {
  package struct Bucket: Equatable {
    package var users: Set<String> = []
    package var newcomers: Set<String> = []
    package var newUsers = 0
    package var points = 0.0
    package var messages = 0
    package var chats = 0
    package var errors = 0
    package var good = 0
    package var bad = 0
    package var responseSeconds = 0.0

    fileprivate mutating func add(_ record: ChatRecord, isFirst: Bool) {
      users.insert(record.userID)
      newUsers += isFirst ? 1 : 0
      if isFirst { newcomers.insert(record.userID) }
      points += record.points
      messages += record.messages
      chats += 1
      errors += record.errors
      good += record.goodFeedback
      bad += record.badFeedback
      responseSeconds += record.responseSeconds
    }
  }

  /// In order of time.
  private let records: [ChatRecord]
  /// The first conversation of each user.
  private let firstIDs: Set<String>
  private let offset: @Sendable (Int) -> Int
  /// The time of the newest record that is deleted.
  package let newestLost: Date?

  /// - Parameters:
  ///   - now: what happens after it has not happened
  ///   - keepsDays: records older than so many days are deleted
  ///   - secondsFromUTC: where the server's days begin at midnight
  package init(
    _ app: SimulatedApp, now: Date, keepsDays: Int? = nil, secondsFromUTC: Int = 0
  ) {
    self.init(app, now: now, keepsDays: keepsDays) { _ in secondsFromUTC }
  }

  /// - Parameter offset: seconds east of UTC at an instant in Unix seconds
  package init(
    _ app: SimulatedApp, now: Date, keepsDays: Int? = nil,
    offset: @escaping @Sendable (Int) -> Int
  ) {
    let oldest = keepsDays.map { now.addingTimeInterval(-86_400 * Double($0)) } ?? .distantPast
    let all = app.records(at: now)
    records = all.filter { $0.time >= oldest }
    let firsts = Dictionary(records.map { ($0.userID, $0) }) { $0.time <= $1.time ? $0 : $1 }
    firstIDs = Set(firsts.values.map(\.id))
    newestLost = all.last { $0.time < oldest }?.time
    self.offset = offset
  }

  package static let grains = ["day", "week", "month", "quarter"]

  /// The first day of the bucket that holds an instant of a clock that shows UTC, as
  /// `YYYY-MM-DD`.
  package static func start(_ grain: String, _ instant: Int) -> String {
    var seconds = time_t(instant)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    switch grain {
    case "week":
      seconds -= time_t((parts.tm_wday + 6) % 7) * 86_400
      gmtime_r(&seconds, &parts)
    case "month": parts.tm_mday = 1
    case "quarter":
      parts.tm_mday = 1
      parts.tm_mon = parts.tm_mon / 3 * 3
    default: break
    }
    return text(parts)
  }

  /// The bucket so many later.
  package static func later(_ grain: String, _ start: String, by count: Int) -> String {
    var parts = tm()
    let numbers = start.split(separator: "-").compactMap { Int32($0) }
    parts.tm_year = numbers[0] - 1900
    parts.tm_mon = numbers[1] - 1
    parts.tm_mday = numbers[2]
    switch grain {
    case "week": parts.tm_mday += Int32(7 * count)
    case "month": parts.tm_mon += Int32(count)
    case "quarter": parts.tm_mon += Int32(3 * count)
    default: parts.tm_mday += Int32(count)
    }
    var seconds = timegm(&parts)
    gmtime_r(&seconds, &parts)
    return text(parts)
  }

  private static func text(_ parts: tm) -> String {
    String(format: "%04d-%02d-%02d", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday)
  }

  private func seconds(_ date: Date) -> Int {
    let instant = Int(date.timeIntervalSince1970.rounded(.down))
    return instant + offset(instant)
  }

  /// Every bucket from the first active one to the one that `now` is in, zeros included.
  package func buckets(_ grain: String, source: String? = nil, now: Date) -> [String: Bucket] {
    let chosen = records.filter { source == nil || $0.source == source }
    guard let first = chosen.first?.time else { return [:] }
    var counted: [String: Bucket] = [:]
    let last = Self.start(grain, seconds(now))
    var start = Self.start(grain, seconds(first))
    while start <= last {
      counted[start] = Bucket()
      start = Self.later(grain, start, by: 1)
    }
    var starts: [Int: String] = [:]
    for record in chosen {
      let instant = seconds(record.time)
      let start = starts[instant / 86_400] ?? Self.start(grain, instant)
      starts[instant / 86_400] = start
      counted[start]?.add(record, isFirst: firstIDs.contains(record.id))
    }
    return counted
  }

  /// The sources through which the app was used.
  package var sources: Set<String> { Set(records.map(\.source)) }
}
