import AlmanacCore
import AlmanacStore

/// A read that a run intends.
package struct PlannedRead: Sendable, Hashable {
  package let source: Source
  package let offset: Int
  package let window: Window
  /// Whether the read brings an app up to date. A read of days that a person named does not: it may
  /// extend the stretch that is known to be over, but never begins one.
  package let settles: Bool
  /// Whether this is the oldest read of its stretch, so that the stretch begins with it.
  package let begins: Bool
  /// Whether the request leaves out the spare buckets, since one of them may be the faulty one.
  var isAlone = false

  /// The days that the request spans.
  var asked: Range<Day> { isAlone ? window.kept : window.asked }
  package var grain: Grain { window.grain }
  /// Whether only the retention of its answer is believed; all else was asked for at offset 1.
  var isRetentionAlone: Bool { offset > 1 }
  /// Whether its answer shows what the other reads need: days of all sources.
  var isDays: Bool { grain == .day && source == .all && offset == 1 }
}

/// Decides what one app's reads are, from what the archive knows of it.
struct Planner {
  let settings: CollectorSettings
  /// The day in the server's zone that has not ended.
  let today: Day
  /// The days that a person asked to read again.
  var days: Range<Day>?
  /// The oldest day of which the run has changed a figure so far.
  var oldestChange: Day?

  /// The reads of days for all sources. They come first, and go back to the start of the oldest
  /// bucket or cohort that the run reads at any grain.
  func dayReads(_ known: AppKnowledge) -> [PlannedRead] {
    var from: Day?
    for grain in settings.grains {
      for offset in settings.offsets(grain) {
        guard let stretch = stretch(known, .all, grain, offset) else { continue }
        from = min(from ?? stretch.lowerBound, stretch.lowerBound)
      }
    }
    guard let from, var end = end(.day, 1) else { return [] }
    if let days { end = min(end, days.upperBound) }
    return from < end ? reads(.all, .day, 1, from..<end) : []
  }

  /// All reads in their order, as far as they are known before the first answer.
  func allReads(_ known: AppKnowledge) -> [PlannedRead] {
    dayReads(known) + dayOffsetReads(known) + coarseReads(known) + sourceReads(known)
  }

  /// The remaining retention offsets of the days.
  func dayOffsetReads(_ known: AppKnowledge) -> [PlannedRead] {
    guard !isSilent(known) else { return [] }
    return settings.offsets(.day).filter { $0 > 1 }.flatMap { offset in
      reads(.all, .day, offset, stretch(known, .all, .day, offset))
    }
  }

  /// Weeks, months and quarters.
  func coarseReads(_ known: AppKnowledge) -> [PlannedRead] {
    guard !isSilent(known) else { return [] }
    return settings.grains.filter { $0 > .day }.flatMap { grain in
      settings.offsets(grain).flatMap { offset in
        reads(.all, grain, offset, stretch(known, .all, grain, offset))
      }
    }
  }

  /// Each source by itself, at day grain.
  func sourceReads(_ known: AppKnowledge) -> [PlannedRead] {
    guard settings.bySource else { return [] }
    return known.sources.sorted { $0.key < $1.key }.flatMap { name, source in
      source.isRejected
        ? []
        : reads(.named(name), .day, 1, stretch(known, .named(name), .day, 1))
    }
  }

  /// Whether the days of an app were read and had no activity, so that no other read has any.
  private func isSilent(_ known: AppKnowledge) -> Bool {
    known.first == nil && known.progress[ReadSeries(.all, .day, offset: 0)] != nil
  }

  /// The days of one series that have to be read; `nil` if there are none.
  private func stretch(
    _ known: AppKnowledge, _ source: Source, _ grain: Grain, _ offset: Int
  ) -> Range<Day>? {
    guard let origin = origin(known, source).map({ grain.start(of: $0) }),
      var end = end(grain, offset)
    else { return nil }
    var start = end
    if let days {
      let changed = min(days.lowerBound, oldestChange ?? days.lowerBound)
      start = max(grain.start(of: offset == 1 ? changed : days.lowerBound), origin)
      end = min(end, Window(grain, holding: days).kept.upperBound)
    } else {
      for offset in offset == 1 ? [0, 1] : [offset] {
        let mark = known.progress[ReadSeries(source, grain, offset: offset)]
        guard let mark, mark.backfilledFrom <= origin else {
          start = origin
          break
        }
        start = min(start, mark.watermark)
      }
    }
    return start < end ? start..<end : nil
  }

  /// The day at which reading begins: the first activity that is known, or the day from which the
  /// app is wanted. A range that a person named is cut there, too.
  private func origin(_ known: AppKnowledge, _ source: Source) -> Day? {
    let first: Day? =
      if case .named(let name) = source {
        known.sources[name]?.first
      } else if days != nil, hasReadOrigin(known) {
        known.first
      } else {
        [known.origin, known.first].compactMap(\.self).min()
      }
    return first.map { max($0, known.since ?? $0) }
  }

  /// Whether the days of the origin, the quarter of the oldest activity, were read, so that the
  /// first activity is known to the day.
  private func hasReadOrigin(_ known: AppKnowledge) -> Bool {
    guard let origin = known.origin, known.first != nil,
      let mark = known.progress[ReadSeries(.all, .day, offset: 0)]
    else { return false }
    return mark.backfilledFrom <= origin
  }

  /// The day after the last bucket that is worth asking for. That is the open bucket or, for a
  /// further offset, the last cohort whose later bucket has ended.
  private func end(_ grain: Grain, _ offset: Int) -> Day? {
    grain.start(of: today, advancedBy: offset == 1 ? 1 : -offset)
  }

  private func reads(
    _ source: Source, _ grain: Grain, _ offset: Int, _ days: Range<Day>?
  ) -> [PlannedRead] {
    guard let days, !days.isEmpty else { return [] }
    let chunks = Window(grain, holding: days).chunks
    return chunks.enumerated().map { index, window in
      PlannedRead(
        source: source, offset: offset, window: window, settles: self.days == nil,
        begins: index == 0)
    }
  }
}
