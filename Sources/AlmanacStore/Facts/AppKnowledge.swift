import AlmanacCore

/// The archive's knowledge of one app before a read. Only applied ``Changes`` alter it; the rules
/// for them are in the collector.
package struct AppKnowledge: Sendable, Equatable {
  /// The app's key in the archive.
  package let key: Int
  /// The day where reading begins; `nil` until a read found it.
  package var origin: Day?
  /// The oldest day that is wanted; `nil` for no limit. If more is wanted than before, this is the
  /// old limit until the origin is found anew.
  package var since: Day?
  /// The first day on which the app was active.
  package var first: Day?
  /// The sources through which it was used, by name.
  package var sources: [Name: KnownSource]
  package var progress: [ReadSeries: ReadProgress]
  package var memory = ServerMemory()
  /// The day on which the reading of the whole past last began.
  package var deep: Day?
  /// Whether the past is being read again because it was cut in another zone.
  package var isRecut = false
  /// Figures that the app's server has sent at least once; the others are unknown, not zero.
  package var figuresSent: Set<Figure> = []

  package init(
    key: Int, origin: Day? = nil, since: Day? = nil, first: Day? = nil,
    sources: [Name: KnownSource] = [:], progress: [ReadSeries: ReadProgress] = [:]
  ) {
    self.key = key
    self.origin = origin
    self.since = since
    self.first = first
    self.sources = sources
    self.progress = progress
  }

  /// A source of one app.
  package struct KnownSource: Sendable, Equatable {
    /// The first day with a user of it.
    package var first: Day
    /// Whether the server has said that it does not accept the source.
    package var isRejected: Bool

    package init(first: Day, isRejected: Bool = false) {
      self.first = first
      self.isRejected = isRejected
    }
  }
}

/// The subject of one series of reads.
package struct ReadSeries: Hashable, Sendable {
  package let source: Source
  package let grain: Grain
  /// The offset of the retention, 1 or more; 0 for the figures.
  package let offset: Int

  package init(_ source: Source, _ grain: Grain, offset: Int) {
    self.source = source
    self.grain = grain
    self.offset = offset
  }
}

/// The progress of one series of reads. All three days are bucket boundaries.
package struct ReadProgress: Hashable, Sendable {
  /// The day from which on history is loaded.
  package var backfilledFrom: Day
  /// The day before which every bucket was read when nothing more was expected of it.
  package var watermark: Day
  /// The day before which every bucket was read after its end; for retention, after the end of its
  /// later bucket.
  package var highWaterMark: Day

  package init(backfilledFrom: Day, watermark: Day, highWaterMark: Day) {
    self.backfilledFrom = backfilledFrom
    self.watermark = watermark
    self.highWaterMark = highWaterMark
  }
}
