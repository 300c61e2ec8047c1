import AlmanacCore
import AlmanacStore
import Foundation
import Testing

@testable import AlmanacCollector

/// Short words for cases of belief. 2026-03-02 is a Monday; today is 2026-03-20, so that days from
/// 2026-03-05 on are settling with a look-back of 15 days.
enum BeliefTable {
  static let today = day("2026-03-20")
  static let run = 7

  static func day(_ text: String) -> Day { Day(text.count == 5 ? "2026-\(text)" : text)! }

  static func moment(today: Day = today) -> Moment {
    Moment(
      zone: .utc, now: Date(timeIntervalSince1970: Double(today.number) * 86_400 + 43_200),
      lookBack: 15, run: run)
  }

  /// A read of whole days, both named, for all sources.
  static func read(
    _ first: String, _ last: String, source: Source = .all, offset: Int = 1
  ) -> PlannedRead {
    PlannedRead(
      source: source, offset: offset,
      window: Window(.day, holding: day(first)..<day(last).advanced(by: 1)), settles: true,
      begins: true)
  }

  /// An answer with conversations by day, all else alike.
  static func answer(
    _ chats: [String: Double], retained: [String: Double] = [:], refused: [RefusedBucket] = []
  ) -> Answer {
    let days = chats.sorted { $0.key < $1.key }
    return Answer(
      observations: days.map { date, count in
        var figures = Figures()
        figures[.userCount] = count
        figures[.chatCount] = count
        figures[.retentionUserCount] = retained[date]
        return Observation(
          serverTimestamp: day(date).number * 86_400_000, series: .all, figures: figures)
      }, refused: refused, sent: [.userCount, .chatCount], delivery: Delivery())
  }

  /// An app whose days were read up to one, and are remembered so far.
  static func known(
    first: String? = "03-01", readTo: String = "03-20", settledTo: String = "03-05",
    forgotten: String? = nil, truncated: String? = nil
  ) -> AppKnowledge {
    var known = AppKnowledge(key: 1, origin: day("01-01"), first: first.map { day($0) })
    known.figuresSent = [.userCount, .chatCount]
    known.memory.forgottenThrough = forgotten.map { day($0) }
    known.memory.possiblyTruncatedDay = truncated.map { day($0) }
    if first != nil {
      known.progress[ReadSeries(.all, .day, offset: 0)] = ReadProgress(
        backfilledFrom: day("01-01"), watermark: day(settledTo), highWaterMark: day(readTo))
    }
    return known
  }

  /// Days that are held with their state and conversations, stored complete in run 3.
  static func held(
    _ read: PlannedRead, _ days: [String: (state: BucketState, chats: Double)]
  ) -> Held {
    var held = Held(read.window)
    for (date, value) in days {
      guard let place = held.place(of: Bucket(.day, holding: day(date))) else { continue }
      held.states[place] = Held.State(
        value.state, isBySource: true, completeRun: value.state == .open ? nil : 3)
      var figures = Figures()
      figures[.userCount] = value.chats
      figures[.chatCount] = value.chats
      held.figures[place] = figures
      held.hasUsers[place] = value.chats > 0
    }
    return held
  }
}

extension Belief.Outcome {
  /// Each row as `date state`, in order.
  var rows: [String] { changes.buckets.map { "\($0.bucket.start.dayText) \($0.state.rawValue)" } }

  /// Each written day as `date conversations`, in order.
  var chats: [String] {
    changes.facts.flatMap(\.rows).map { row in
      "\(row.day.dayText) \(row.figures[.chatCount].map { String(Int($0)) } ?? "unknown")"
    }
  }

  /// Each revision as `date figure old→new reason`.
  var revisions: [String] {
    changes.revisions.map { revision in
      let values = [revision.old, revision.new].map { $0.map { String(Int($0)) } ?? "unknown" }
      return "\(revision.bucket.start.dayText) \(revision.figure) \(values[0])→\(values[1]) "
        + revision.reason.rawValue
    }
  }
}

extension Day {
  /// Month and day.
  var dayText: String { String(description.dropFirst(5)) }
}
