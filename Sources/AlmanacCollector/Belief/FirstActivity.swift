import AlmanacCore
import AlmanacStore

/// The first activity of an app and of its sources, moved back where an answer shows an older one.
enum FirstActivity {
  /// The first active day of what the read is about; `nil` while none is known.
  ///
  /// - Parameter known: gets the new first day if the answer moved it
  static func learn(
    from placed: Placement, _ read: PlannedRead, into known: inout AppKnowledge
  ) -> Day? {
    let before: Day? =
      if case .named(let name) = read.source { known.sources[name]?.first } else { known.first }
    guard read.grain == .day, !read.isRetentionAlone,
      let place = placed.active.first(where: { _ in true })
    else { return before }
    let oldest = placed.buckets[place].start
    if known.isRecut, let doubted = known.memory.possiblyTruncatedDay, read.isDays,
      doubted < oldest, read.window.kept.contains(doubted)
    {
      // The activity of the doubted day lies in a later one now, in the other zone.
      known.memory.possiblyTruncatedDay = oldest
    }
    guard before.map({ oldest < $0 }) ?? true else { return before }
    if case .named(let name) = read.source {
      known.sources[name, default: .init(first: oldest)].first = oldest
      return oldest
    }
    // A beginning was witnessed if the day before it was read and had no activity.
    let readTo = known.progress[ReadSeries(.all, .day, offset: 0)]?.highWaterMark
    let isWitnessed = readTo.map { oldest <= $0.advanced(by: 1) } ?? false
    known.first = oldest
    known.memory.possiblyTruncatedDay = before == nil && isWitnessed ? nil : oldest
    if placed.isActiveBefore {
      known.memory.remembered = read.window.kept.lowerBound.advanced(by: -1)
    } else if before != nil {
      known.memory.remembered = nil
    }
    return oldest
  }

  /// Learns the sources that have users and were not known, or not known so early. A coarser bucket
  /// does not say on which of its days a source began, so it only tells of sources that were never
  /// heard of.
  static func learnSources(
    from placed: Placement, _ read: PlannedRead, into known: inout AppKnowledge
  ) {
    guard read.source == .all, !read.isRetentionAlone else { return }
    let before = known.sources
    // Most buckets have the same sources. The buckets ascend, so each source is looked up once.
    var sources: [Name] = []
    var isLearned: [Bool] = []
    for (place, bucket) in placed.buckets.enumerated() {
      guard let told = placed[place]?.usersBySource else { continue }
      if told.sources != sources {
        sources = told.sources
        isLearned = Array(repeating: false, count: sources.count)
      }
      let day = bucket.start
      for index in sources.indices where told.counts[index] > 0 && !isLearned[index] {
        isLearned[index] = true
        let name = sources[index]
        if let first = known.sources[name]?.first {
          guard day < first, read.grain == .day || before[name] == nil else { continue }
        }
        known.sources[name, default: .init(first: day)].first = day
      }
    }
  }
}
