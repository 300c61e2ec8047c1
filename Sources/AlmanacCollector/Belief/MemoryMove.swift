import AlmanacCore
import AlmanacStore

/// The effect of the server's changed memory on the buckets that are held. Whole buckets up to the
/// forgotten end become expired. If that end moves back, or a doubt is lifted, buckets get the
/// state of their age again.
struct MemoryMove {
  private(set) var changes: [StateChange] = []
  /// The past that is worth reading again; `nil` if none is.
  private(set) var reread: Reread?

  struct Reread {
    /// The day to begin with; `nil` for everything.
    let day: Day?
  }

  /// Whether the memory has moved in a way that may change the states of held buckets.
  static func isDue(from before: ServerMemory, to memory: ServerMemory) -> Bool {
    memory.forgottenThrough != before.forgottenThrough
      || before.possiblyTruncatedDay != nil
        && memory.possiblyTruncatedDay != before.possiblyTruncatedDay
  }

  /// - Parameters:
  ///   - states: the states of all buckets of the app that are not open; only needed if the move
  ///     ``isDue(from:to:)``
  ///   - isRecut: whether what is held may be cut in another zone than what is answered
  init(
    from before: ServerMemory, to memory: ServerMemory, _ states: [Bucket: BucketState],
    isRecut: Bool, at moment: Moment
  ) {
    if let day = before.possiblyTruncatedDay, memory.possiblyTruncatedDay != day {
      changes = Self.lifting(doubtsAbout: day, memory, states, at: moment)
    }
    let (old, new) = (before.forgottenThrough, memory.forgottenThrough)
    guard old != new else { return }
    if let new, old.map({ $0 < new }) ?? true {
      for (bucket, state) in states
      where (state == .settling || state == .settled) && bucket.start <= new {
        let isMixed = isRecut && bucket.isCut(after: new)
        changes.append(StateChange(bucket, from: state, to: isMixed ? .partial : .expired))
      }
    } else {
      let first = new?.advanced(by: 1)
      for (bucket, state) in states
      where state == .expired && first.map({ bucket.start >= $0 }) ?? true {
        changes.append(StateChange(bucket, from: state, to: moment.age(of: bucket)))
      }
      reread = Reread(day: first)
    }
    changes.sort { $0.bucket < $1.bucket }
  }

  /// Gives partial buckets that begin at a day or before, and are no longer doubted, the state of
  /// their age.
  static func lifting(
    doubtsAbout day: Day, _ memory: ServerMemory, _ states: [Bucket: BucketState],
    at moment: Moment
  ) -> [StateChange] {
    states.filter { bucket, state in
      state == .partial && bucket.start <= day && !memory.doubts(bucket)
        && !memory.hasForgotten(bucket)
    }.keys.sorted().map { StateChange($0, from: .partial, to: moment.age(of: $0)) }
  }
}

extension Bucket {
  /// Whether a day is one of the bucket's and not its last.
  func isCut(after day: Day) -> Bool { start <= day && day.advanced(by: 1) < end }
}
