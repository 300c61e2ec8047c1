import AlmanacCore
import AlmanacStore
import Foundation

/// Decides what of an answer to believe.
///
/// A pure function of the answer, of what was known before, and of the moment at which the
/// answer was true.
struct Judge {
  let settings: CollectorSettings
  let zone: BucketZone
  /// Figures that the server has sent at least once; the others are unknown, not zero.
  let sentBefore: Set<Figure>
  let now: Date

  var today: Day { zone.day(holding: now) }

  /// - Parameter held: what is held of the days, for a day answer about all sources
  func belief(
    of answer: Answer, to read: PlannedRead, knowing standing: Standing, held: Held? = nil
  ) -> Belief {
    let readTo = standing.watermarks[Scope(read.source, read.grain, offset: 0)]?.completeTo
    var belief = Belief(
      app: standing.key, source: read.source, grain: read.grain, offset: read.offset,
      today: today, lookBack: settings.lookBack)
    belief.sent = answer.sent
    belief.base = answer.retentionBase
    belief.memory = standing.memory
    belief.isRecut = standing.isRecut
    let placed = place(answer, read, &belief)
    let first = findFirst(placed, read, standing, readTo, &belief)
    learnSources(placed, read, standing, &belief)
    // A past that is cut anew loses days at its edge; only a server known to forget is suspected.
    let mayForget = !standing.isRecut || standing.memory.forgotten != nil
    if let held, placed.absenceProves, mayForget {
      belief.memory = ForgottenEnd(
        active: placed.activeDays, unknown: placed.refused, window: read.window.kept,
        held: held.days, newestOlder: held.newestOlder, today: today, readTo: readTo,
        seen: standing.seen, lookBack: settings.lookBack
      ).memory(after: belief.memory)
    }
    if let first {
      var zeros = Figures()
      for figure in sentBefore.union(answer.sent) { zeros[figure] = 0 }
      var sources = KnownSources(
        standing.sources.mapValues(\.first).merging(belief.sources) { $1 }, read.grain)
      for bucket in read.window.buckets
      where bucket.start >= read.grain.start(of: first) && bucket.start <= today {
        if let believed = believe(bucket, placed, read, zeros, &sources, belief.memory) {
          belief.buckets.append(believed)
        }
      }
    }
    belief.watermarks = watermarks(read, standing)
    return belief
  }

  /// What is held of the days that a read is about.
  struct Held {
    let days: [Day: HeldDay]
    /// The newest active day before them.
    let newestOlder: Day?
  }

  /// The observations by the bucket that each belongs to.
  private struct Placed {
    var observations: [Day: Observation] = [:]
    /// Whether the spare bucket before the window was active.
    var isActiveBefore = false
    /// Buckets of which the answer says nothing that can be believed.
    var refused: Set<Day> = []
    /// Whether a bucket that is absent had no activity.
    var absenceProves = true

    /// Active buckets with their conversations; messages on a server that does not count those.
    var activeDays: [Day: Int?] {
      var active: [Day: Int?] = [:]
      for (day, observation) in observations where observation.figures.isActive {
        let figures = observation.figures
        active[day] = (figures[.chatCount] ?? figures[.chatItemCount]).map { Int($0) }
      }
      return active
    }
  }

  private func place(
    _ answer: Answer, _ read: PlannedRead, _ belief: inout Belief
  ) -> Placed {
    var placed = Placed()
    for refused in answer.refused {
      let bucket = refused.label.flatMap { zone.bucket(read.grain, labelled: $0) }
        .flatMap { read.window.mayHold($0) ? $0 : nil }
      if let bucket, !read.window.keeps(bucket), !refused.isUnplaceable { continue }
      if refused.isUnplaceable || bucket == nil { placed.absenceProves = false }
      if let bucket { placed.refused.insert(bucket.start) }
      belief.refusals.append(Refusal(date: bucket?.start, bucket: refused))
    }
    for observation in answer.observations {
      let named = zone.bucket(read.grain, labelled: observation.label)
      guard let bucket = named, read.window.mayHold(bucket) else {
        placed.absenceProves = false
        let reason =
          named == nil ? "starts no \(read.grain) in \(zone)" : "lies outside of what was asked"
        belief.refusals.append(
          Refusal(date: nil, bucket: refused(observation, reason)))
        continue
      }
      guard read.window.keeps(bucket) else {
        if bucket.start < read.window.kept.lowerBound, observation.figures.isActive {
          placed.isActiveBefore = true
        }
        continue
      }
      if let other = placed.observations[bucket.start], other.label != observation.label {
        placed.absenceProves = false
        placed.refused.insert(bucket.start)
        belief.refusals.append(
          Refusal(date: bucket.start, bucket: refused(observation, "two timestamps name it")))
      }
      placed.observations[bucket.start] = observation
    }
    for day in placed.refused { placed.observations[day] = nil }
    return placed
  }

  private func refused(_ observation: Observation, _ reason: String) -> RefusedBucket {
    RefusedBucket(
      label: observation.label, field: "timestamp", reason: reason, isUnplaceable: true)
  }

  /// The first active day of what the read is about, moved back if the answer shows an older one.
  private func findFirst(
    _ placed: Placed, _ read: PlannedRead, _ standing: Standing, _ readTo: Day?,
    _ belief: inout Belief
  ) -> Day? {
    let known: Day? =
      if case .named(let name) = read.source {
        standing.sources[name]?.first
      } else {
        standing.first
      }
    guard read.grain == .day,
      let oldest = placed.observations.lazy.filter(\.value.figures.isActive).map(\.key).min(),
      oldest < known ?? .init(number: .max)
    else { return known }
    if case .named(let name) = read.source {
      belief.sources[name] = oldest
    } else {
      belief.first = oldest
      // A beginning that was witnessed follows on a day that was read and had no activity.
      let isWitnessed = readTo.map { oldest <= $0.advanced(by: 1) } ?? false
      belief.memory.unproven = known == nil && isWitnessed ? nil : oldest
      if placed.isActiveBefore {
        belief.memory.remembered = read.window.kept.lowerBound.advanced(by: -1)
      } else if known != nil {
        belief.memory.remembered = nil
      }
    }
    return oldest
  }

  /// Sources with users that were not known, or not so early. A coarser bucket does not say on
  /// which of its days a source began, so it only tells of sources never heard of.
  private func learnSources(
    _ placed: Placed, _ read: PlannedRead, _ standing: Standing, _ belief: inout Belief
  ) {
    guard read.source == .all else { return }
    for (day, observation) in placed.observations {
      guard let told = observation.usersBySource else { continue }
      for (name, users) in zip(told.sources, told.counts) where users > 0 {
        let known = belief.sources[name] ?? standing.sources[name]?.first
        if let known, known <= day || read.grain > .day { continue }
        belief.sources[name] = day
      }
    }
  }

  /// - Parameter zeros: 0 for every figure that the server has
  private func believe(
    _ bucket: Bucket, _ placed: Placed, _ read: PlannedRead, _ zeros: Figures,
    _ sources: inout KnownSources, _ memory: Memory
  ) -> BelievedBucket? {
    guard !placed.refused.contains(bucket.start) else { return nil }
    let observation = placed.observations[bucket.start]
    // Neither a bucket nor one of its series is known to be zero by being absent from such an answer.
    guard observation?.series == .all || placed.absenceProves else { return nil }
    var figures = observation?.figures ?? Figures()
    var users: UsersBySource?
    if memory.hasForgotten(bucket) {
      // What is not there may have been.
      if read.source == .all { users = observation?.usersBySource?.active }
    } else {
      // A series that leaves the bucket out had nothing to count in it.
      let told = observation?.series ?? []
      if told != .all {
        figures = figures.filled(from: zeros.only(SeriesSet.all.subtracting(told)))
      }
      if read.source == .all {
        users = observation?.usersBySource
        if users == nil, !told.contains(.user) { users = [:] }
        users = users.map { sources.known(by: bucket, $0) }
      }
    }
    let age = BucketState(bucket, today: today, lookBack: settings.lookBack)
    return BelievedBucket(
      bucket: bucket, time: zone.start(of: bucket.start),
      state: age != .open && memory.doubts(bucket) ? .partial : age,
      figures: figures, isMature: bucket.advanced(by: read.offset).end <= today,
      usersBySource: users, further: observation?.further ?? [])
  }
}
