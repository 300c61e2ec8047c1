import AlmanacCore
import AlmanacStore

/// A read that a run intends.
package struct PlannedRead: Sendable, Hashable {
  package let source: Source
  package let offset: Int
  package let window: Window
  /// Whether the read belongs to bringing an app up to date. One of a range that a person named
  /// only extends what is known to be over; it does not begin it.
  package let settles: Bool
  /// Whether it is the oldest of its stretch, so that what is over begins with it.
  package let begins: Bool
  /// Whether it is asked for without the spare buckets, of which one may be what is wrong.
  var isAlone = false

  /// The days that the request spans.
  var asked: Range<Day> { isAlone ? window.kept : window.asked }
  package var grain: Grain { window.grain }
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

  /// The day answers for all sources: first of all reads, and back to the start of the oldest
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

  /// Everything, in its order, as far as it is known before the first answer.
  func allReads(_ known: AppKnowledge) -> [PlannedRead] {
    dayReads(known) + dayOffsetReads(known) + coarseReads(known) + sourceReads(known)
  }

  /// The remaining retention offsets of the days.
  func dayOffsetReads(_ known: AppKnowledge) -> [PlannedRead] {
    settings.offsets(.day).filter { $0 > 1 }.flatMap { offset in
      reads(.all, .day, offset, stretch(known, .all, .day, offset))
    }
  }

  /// Weeks, months and quarters.
  func coarseReads(_ known: AppKnowledge) -> [PlannedRead] {
    settings.grains.filter { $0 > .day }.flatMap { grain in
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

  /// The days that a scope needs read, or none.
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

  /// Reading begins here: at the first activity that is known, or at the day from which the app is
  /// wanted. A range is cut there too.
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

  /// Behind the last bucket worth asking for: the open one; for the further offsets, the last
  /// cohort whose later bucket has ended.
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
