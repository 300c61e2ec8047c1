import AlmanacCore
import AlmanacStore

extension AppKnowledge {
  /// The rule for the apps of a server that has another zone now.
  ///
  /// - Parameter isRecut: whether the server cuts its past in another zone than before. If not,
  ///   only those answers are read again whose timestamps started no bucket.
  static func rule(isRecut: Bool) -> Archive.ZoneRule {
    { known, open, oldestUnplaced in
      if isRecut { return known.recut(open: open) }
      var changes = Changes(of: known)
      if let oldestUnplaced { changes.known.scheduleReread(from: oldestUnplaced) }
      return changes
    }
  }

  /// The changes of an app that is read no more: what is held of a bucket that has not ended is a
  /// lower bound, and nobody will complete it.
  func retired(open: [Bucket]) -> Changes {
    var changes = Changes(of: self)
    changes.states = open.map { StateChange($0, from: .open, to: .partial, isComplete: false) }
    return changes
  }

  /// The changes of an app whose retention is a share of other users than before: all of its
  /// retention is read again.
  func rebased() -> Changes {
    var changes = Changes(of: self)
    changes.known.scheduleRereadOfRetention()
    return changes
  }

  /// The changes of an app whose days are cut in another zone than before: all of it is read again.
  ///
  /// - Parameter open: the app's open buckets. A bucket that is open in one zone may not have begun
  ///   in the other, so they are no longer held. Their figures stay for the next read.
  func recut(open: [Bucket]) -> Changes {
    var changes = Changes(of: self)
    changes.known.isRecut = true
    changes.known.scheduleReread(from: nil)
    changes.dropped = open
    if let end = memory.forgottenThrough {
      // A coarse bucket with days of both zones is whole in neither.
      changes.states = Grain.allCases.map { Bucket($0, holding: end) }
        .filter { $0.isCut(after: end) }
        .map { StateChange($0, from: .expired, to: .partial) }
    }
    return changes
  }

  /// The changes of an app whose `since` in the configuration has changed; `nil` is no limit.
  func wanted(since: Day?) -> Changes {
    var changes = Changes(of: self)
    if changes.known.want(since: since) { changes.gapsBegin = since }
    return changes
  }

  /// The changes of an app after another app has shown older activity. This proves that the server
  /// still remembered a day when the app's possibly truncated day was read. Buckets that begin
  /// after the remembered day are whole.
  ///
  /// - Parameter partial: the app's partial buckets, with their states
  func remembered(_ day: Day, partial states: [Bucket: BucketState], at moment: Moment) -> Changes {
    var changes = Changes(of: self)
    changes.known.memory.remembered = day
    if let doubted = memory.possiblyTruncatedDay {
      changes.states = MemoryMove.lifting(
        doubtsAbout: doubted, changes.known.memory, states, at: moment)
    }
    return changes
  }

  /// The changes of an app whose whole past begins to be read.
  ///
  /// - Parameters:
  ///   - origin: the day of the oldest activity that the server still has; older ones that are
  ///     known already stay in the range
  ///   - remembered: a day that the server was seen to remember
  func backfill(from origin: Day?, since: Day?, remembered: Day?, today: Day) -> Changes {
    var changes = Changes(of: self)
    changes.known.beginBackfill()
    changes.known.origin = [self.origin, origin].compactMap(\.self).min()
    changes.known.since = since
    changes.known.memory.remembered = memory.remembered ?? remembered
    if origin != nil { changes.known.deep = today }
    return changes
  }
}
