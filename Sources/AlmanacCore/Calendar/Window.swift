/// The range of one request: whole buckets that are kept, and a spare one on each side that is
/// asked for and dropped.
///
/// The server filters by instant before it cuts, so that the buckets at the edges are partial. It
/// also moves the range by calendar months for retention, which damages the edges, too. The spare
/// buckets take all of this damage (docs/server.md).
package struct Window: Hashable, Sendable, CustomStringConvertible {
  package let grain: Grain
  /// Bucket boundaries, the end exclusive.
  package let kept: Range<Day>

  /// Moves the ends of `days` outward to the buckets that hold them.
  package init(_ grain: Grain, holding days: Range<Day>) {
    self.grain = grain
    let start = grain.start(of: days.lowerBound)
    let last = days.isEmpty ? days.lowerBound : days.upperBound.advanced(by: -1)
    kept = start..<Bucket(grain, holding: last).end
  }

  /// The days that the request spans, spare buckets included.
  package var asked: Range<Day> {
    grain.start(
      of: kept.lowerBound, advancedBy: -1)..<grain.start(of: kept.upperBound, advancedBy: 1)
  }

  /// The buckets that are kept, oldest first.
  package var buckets: some Sequence<Bucket> {
    sequence(state: kept.lowerBound) { [grain, end = kept.upperBound] next -> Bucket? in
      guard next < end else { return nil }
      let bucket = Bucket(grain, holding: next)
      next = bucket.end
      return bucket
    }
  }

  /// The number of buckets that are kept.
  package var count: Int {
    switch grain {
    case .day: kept.upperBound.number - kept.lowerBound.number
    case .week: (kept.upperBound.number - kept.lowerBound.number) / 7
    case .month, .quarter:
      (Self.months(until: kept.upperBound) - Self.months(until: kept.lowerBound))
        / (grain == .month ? 1 : 3)
    }
  }

  private static func months(until day: Day) -> Int {
    let (year, month, _) = day.civil
    return year * 12 + month
  }

  /// Whether a server may answer with the bucket. Neighbours of the asked buckets count, since the
  /// server may cut in another zone than was thought.
  package func mayHold(_ bucket: Bucket) -> Bool {
    bucket.grain == grain
      && (-1...1).contains { asked.contains(bucket.advanced(by: $0).start) }
  }

  package func keeps(_ bucket: Bucket) -> Bool {
    bucket.grain == grain && kept.contains(bucket.start)
  }

  /// The place of a bucket among those of the window; `nil` if it is none of them.
  ///
  /// - Parameter buckets: those of the window
  package func place(of bucket: Bucket, in buckets: [Bucket]) -> Int? {
    guard keeps(bucket) else { return nil }
    if grain == .day { return bucket.start.number - kept.lowerBound.number }
    var (low, high) = (0, buckets.count)
    while low < high {
      let middle = (low + high) / 2
      if buckets[middle].start < bucket.start { low = middle + 1 } else { high = middle }
    }
    return low < buckets.count && buckets[low] == bucket ? low : nil
  }

  /// The same days in windows that a server answers in one go. Each keeps at most 366 days at day
  /// grain and ten years at the others.
  package var chunks: [Window] {
    let most = grain == .day ? 366 : 3653
    var chunks: [Window] = []
    var start = kept.lowerBound
    while start < kept.upperBound {
      let end = min(grain.start(of: start.advanced(by: most)), kept.upperBound)
      chunks.append(Window(grain, holding: start..<end))
      start = end
    }
    return chunks
  }

  package var description: String {
    "\(grain) \(kept.lowerBound)..<\(kept.upperBound)"
  }
}
