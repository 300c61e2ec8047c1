import AlmanacCore
import AlmanacStore

// The rules of how far the reads of an app have come, and of what is read again.

extension [ReadSeries: ReadProgress] {
  /// The progress that a read makes, in its figures and in its retention.
  func moves(by read: PlannedRead, at moment: Moment) -> [ReadSeries: ReadProgress] {
    var moved: [ReadSeries: ReadProgress] = [:]
    for offset in read.isRetentionAlone ? [read.offset] : [0, read.offset] {
      let series = ReadSeries(read.source, read.grain, offset: offset)
      let isOver = { (bucket: Bucket) in bucket.advanced(by: offset).end }
      let new = ReadProgress(
        backfilledFrom: read.window.kept.lowerBound,
        watermark: read.window.end { isOver($0).advanced(by: moment.lookBack) <= moment.today },
        highWaterMark: read.window.end { isOver($0) <= moment.today })
      if let mark = new.joined(to: self[series], by: read), mark != self[series] {
        moved[series] = mark
      }
    }
    return moved
  }
}

extension Window {
  /// The end of the oldest buckets that meet a condition. Only newer buckets may fail it.
  fileprivate func end(_ holds: (Bucket) -> Bool) -> Day {
    var end = kept.upperBound
    while end > kept.lowerBound {
      let last = Bucket(grain, holding: end.advanced(by: -1))
      if holds(last) { break }
      end = last.start
    }
    return end
  }
}

extension ReadProgress {
  /// The progress of one read, joined to what was read before; `nil` if the read changes nothing.
  fileprivate func joined(to old: ReadProgress?, by read: PlannedRead) -> ReadProgress? {
    let beginsHistory = read.settles && read.begins
    guard let old else { return beginsHistory ? self : nil }
    let kept = read.window.kept
    var new = self
    new.highWaterMark = max(highWaterMark, old.highWaterMark)
    if kept.lowerBound < old.backfilledFrom {
      guard beginsHistory else { return nil }
      if kept.upperBound >= old.backfilledFrom { new.watermark = max(watermark, old.watermark) }
    } else {
      // The marks join only if nothing between them is unread.
      new.backfilledFrom = old.backfilledFrom
      new.watermark =
        kept.lowerBound <= old.watermark ? max(watermark, old.watermark) : old.watermark
      if kept.lowerBound > old.highWaterMark { new.highWaterMark = old.highWaterMark }
    }
    return new
  }

  /// The same progress, but no further than a day. Without a day, nothing counts as read.
  func lowered(to day: Day?) -> ReadProgress {
    let end = max(backfilledFrom, day ?? backfilledFrom)
    return ReadProgress(
      backfilledFrom: backfilledFrom, watermark: max(backfilledFrom, min(watermark, end)),
      highWaterMark: max(backfilledFrom, min(highWaterMark, end)))
  }

  /// The same progress, but beginning at a later bucket; `nil` if nothing from there on was read.
  fileprivate func beginning(at start: Day) -> ReadProgress? {
    guard start > backfilledFrom else { return self }
    guard start <= highWaterMark else { return nil }
    return ReadProgress(
      backfilledFrom: start, watermark: max(watermark, start), highWaterMark: highWaterMark)
  }
}

extension AppKnowledge {
  /// Schedules every series to be read again, beginning with the bucket that holds a day. Without a
  /// day, each series is read again from its beginning.
  mutating func scheduleReread(from day: Day?) {
    for series in progress.keys { lower(series, to: day) }
  }

  /// Schedules all retention to be read again.
  mutating func scheduleRereadOfRetention() {
    for series in progress.keys where series.offset > 0 { lower(series, to: nil) }
  }

  /// Schedules what follows from changed days to be read again: the figures of weeks, months,
  /// quarters and sources, beginning with the bucket that holds a day.
  mutating func scheduleRereadOfDerived(from day: Day) {
    for series in progress.keys
    where series.offset == 0 && (series.grain > .day || series.source != .all) {
      lower(series, to: day)
    }
  }

  /// Schedules the days of each source to be read again, beginning with one.
  mutating func scheduleRereadOfSources(from day: Day) {
    for series in progress.keys where series.offset == 0 && series.source != .all {
      lower(series, to: day)
    }
  }

  private mutating func lower(_ series: ReadSeries, to day: Day?) {
    guard let mark = progress[series] else { return }
    let start = day.map { series.grain.start(of: max($0, mark.backfilledFrom)) }
    progress[series]?.watermark = min(
      mark.watermark, max(start ?? mark.backfilledFrom, mark.backfilledFrom))
  }

  /// Begins the reading of the whole past: nothing is settled any more, and sources that were not
  /// accepted are asked for again.
  mutating func beginBackfill() {
    scheduleReread(from: nil)
    for name in sources.keys { sources[name]?.isRejected = false }
  }

  /// Takes over the day from which the app is wanted, as the configuration says it.
  ///
  /// An origin that was found under a limit says nothing of what is older. A later limit holds at
  /// once, and what was read before it counts no more.
  ///
  /// - Returns: whether the limit is a later one, so that what is missing before it is no gap
  @discardableResult
  mutating func want(since wanted: Day?) -> Bool {
    if let since, wanted.map({ $0 < since }) ?? true {
      origin = nil
    } else if let wanted, wanted != since {
      since = wanted
      for (series, mark) in progress {
        progress[series] = mark.beginning(at: series.grain.start(of: wanted))
      }
      return true
    }
    return false
  }
}
