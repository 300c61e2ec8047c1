import AlmanacCore

/// What the archive knows of one app before a read.
package struct Standing: Sendable {
  /// The app's key in the archive.
  package let key: Int
  /// Where reading begins; `nil` until a read found it.
  package var origin: Day?
  /// Nothing older is wanted. Where more is wanted than before, this is the old limit until the
  /// origin is found anew.
  package var since: Day?
  /// The first day on which the app was active.
  package var first: Day?
  /// The sources through which it was used, by name.
  package var sources: [Name: KnownSource]
  package var watermarks: [Scope: Watermark]
  package var memory = Memory()
  /// The oldest active day that the answers of this run have shown so far.
  package var seen: Day?
  /// The oldest day of which this run has changed a figure.
  package var changed: Day?
  /// When the reading of the whole past last began.
  package var deep: Day?
  /// Whether the past is being read again because it was cut in another zone.
  package var isRecut = false

  /// A source of one app.
  package struct KnownSource: Sendable {
    /// The first day with a user of it.
    package var first: Day
    /// Whether the server has said that it does not accept it.
    package var isRejected: Bool

    package init(first: Day, isRejected: Bool) {
      self.first = first
      self.isRejected = isRejected
    }
  }

  /// Has everything read again, as the beginning of a deep read does.
  package mutating func unsettle() {
    watermarks = watermarks.mapValues {
      Watermark(readFrom: $0.readFrom, settledTo: $0.readFrom, completeTo: $0.completeTo)
    }
    sources = sources.mapValues { KnownSource(first: $0.first, isRejected: false) }
  }

  /// Takes over the day from which the app is wanted, as the configuration says it.
  ///
  /// An origin that was found under a limit says nothing of what is older. A later limit holds at
  /// once, and what was read before it counts no more.
  package mutating func want(since wanted: Day?) {
    if let since, wanted.map({ $0 < since }) ?? true {
      origin = nil
    } else if let wanted, wanted != since {
      since = wanted
      for (scope, mark) in watermarks {
        watermarks[scope] = mark.beginning(at: scope.grain.start(of: wanted))
      }
    }
  }

  package init(
    key: Int, origin: Day? = nil, since: Day? = nil, first: Day? = nil,
    sources: [Name: KnownSource] = [:],
    watermarks: [Scope: Watermark] = [:]
  ) {
    self.key = key
    self.origin = origin
    self.since = since
    self.first = first
    self.sources = sources
    self.watermarks = watermarks
  }
}

/// What one series of reads is about.
package struct Scope: Hashable, Sendable {
  package let source: Source
  package let grain: Grain
  /// 0 for the figures, 1 and more for the retention at that offset.
  package let offset: Int

  package init(_ source: Source, _ grain: Grain, offset: Int) {
    self.source = source
    self.grain = grain
    self.offset = offset
  }
}

/// How far the reads of one scope are over. Bucket boundaries all.
package struct Watermark: Hashable, Sendable {
  package var readFrom: Day
  /// Every bucket before it was read when nothing more was expected of it.
  package var settledTo: Day
  /// Every bucket before it was read after it, and for retention its later bucket, had ended.
  package var completeTo: Day

  package init(readFrom: Day, settledTo: Day, completeTo: Day) {
    self.readFrom = readFrom
    self.settledTo = settledTo
    self.completeTo = completeTo
  }

  /// How far reads are over of what begins at a bucket; `nil` where nothing of that was read.
  func beginning(at start: Day) -> Watermark? {
    guard start > readFrom else { return self }
    guard start <= completeTo else { return nil }
    return Watermark(readFrom: start, settledTo: max(settledTo, start), completeTo: completeTo)
  }
}
