import AlmanacCore
import AlmanacStore

/// The figures of a source in weeks, months and quarters, as sums of its days.
///
/// A sum is known if the figure is known on every day so far. On a day before the source's first
/// one, the source was absent if the day is held with its users by source; otherwise the figure is
/// unknown. New users are left out, since a user can be new to a source on a day and not new in the
/// day's week.
struct SourceSums {
  private(set) var facts: [FactRows] = []
  private(set) var revisions: [Revision] = []

  /// The window of days around a read of a source, then those of the coarser buckets that hold the
  /// read's days.
  static func windows(around window: Window) -> [Window] {
    let last = window.kept.upperBound.advanced(by: -1)
    let from = Grain.quarter.start(of: Grain.week.start(of: window.kept.lowerBound))
    let end = max(Bucket(.quarter, holding: last).end, Bucket(.week, holding: last).end)
    return [Window(.day, holding: from..<end)]
      + Grain.allCases.filter { $0 > .day }.map { Window($0, holding: window.kept) }
  }

  /// - Parameters:
  ///   - rows: the days that the read has changed
  ///   - believed: the first and the last day that it has told of
  ///   - around: what is held of ``windows(around:)``
  init(
    of rows: [FactRows.Row], believed: ClosedRange<Day>, source: Name, around: [Held],
    knowing known: AppKnowledge, today: Day, run: Int
  ) {
    guard let appFirst = known.first, let sourceFirst = known.sources[source]?.first,
      let days = around.first
    else { return }
    var figures = days.figures
    for row in rows {
      if let place = days.place(of: Bucket(.day, holding: row.day)) { figures[place] = row.figures }
    }
    // A day on which the source was absent adds nothing. A day that is not known makes a sum
    // unknown.
    let isAbsent = days.buckets.indices.map { place in
      let day = days.buckets[place].start
      return figures[place] == nil
        && (day < appFirst || day < sourceFirst && days.states[place]?.isBySource == true)
    }
    for held in around.dropFirst() {
      let grain = held.window.grain
      let first = max(
        grain.start(of: believed.lowerBound), grain.start(of: sourceFirst))
      var summed = FactRows(source: .named(source), grain: grain)
      for (place, bucket) in held.buckets.enumerated()
      where bucket.start >= first && bucket.start <= believed.upperBound {
        guard let state = held.states[place], state.state != .expired else { continue }
        let end = min(bucket.end, today.advanced(by: 1))
        let sums = Self.sum(figures, isAbsent, in: bucket.start..<end, of: days.window)
        let merge = FigureMerge(
          sums, over: held.figures[place],
          by: BucketRule(
            overwrite: known.memory.hasForgotten(bucket) ? .raise : .replace,
            wasOpen: state.completeRun == nil, completeRun: state.completeRun),
          Revising(
            source: .named(source), bucket: bucket, completeRun: state.completeRun, run: run,
            isRecut: known.isRecut))
        if let row = merge.row { summed.rows.append(row) }
        revisions += merge.revisions
      }
      if !summed.rows.isEmpty { facts.append(summed) }
    }
  }

  private static func sum(
    _ figures: [Figures?], _ isAbsent: [Bool], in days: Range<Day>, of window: Window
  ) -> Figures {
    var sums: Figures?
    for day in days {
      let place = day.number - window.kept.lowerBound.number
      guard !isAbsent[place] else { continue }
      let own = figures[place] ?? Figures()
      if sums == nil { sums = own } else { sums?.add(own) }
    }
    for figure in leftOut { sums?[figure] = nil }
    return sums ?? Figures()
  }

  private static let leftOut = Figure.allCases.filter {
    !$0.addsUpOverTime || $0 == .newUserCount
  }
}
