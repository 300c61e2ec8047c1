import AlmanacCore

/// Buckets of one grain in a row.
package struct Span: Sendable, Equatable {
  package let grain: Grain
  /// The first day of each bucket.
  package let starts: [Day]

  /// Takes the last `count` buckets before a day on which another bucket starts.
  init(_ grain: Grain, count: Int, before end: Day) {
    self.grain = grain
    starts = (0..<max(0, count)).map { grain.start(of: end, advancedBy: $0 - count) }
  }

  /// The buckets that lie wholly inside some days.
  init(_ grain: Grain, inside days: Range<Day>) {
    self.grain = grain
    var start = grain.start(of: days.lowerBound)
    if start < days.lowerBound { start = grain.start(of: start, advancedBy: 1) }
    var starts: [Day] = []
    while true {
      let next = grain.start(of: start, advancedBy: 1)
      guard next <= days.upperBound else { break }
      starts.append(start)
      start = next
    }
    self.starts = starts
  }

  private init(_ grain: Grain, _ starts: [Day]) {
    self.grain = grain
    self.starts = starts
  }

  package var count: Int { starts.count }

  /// Every day of the buckets; empty without a bucket.
  package var days: Range<Day> {
    guard let first = starts.first, let last = starts.last else {
      return Day(number: 0)..<Day(number: 0)
    }
    return first..<grain.start(of: last, advancedBy: 1)
  }

  /// The same span with `count` more buckets before the first.
  func extended(by count: Int) -> Span {
    guard let first = starts.first, count > 0 else { return self }
    return Span(
      grain, (1...count).reversed().map { grain.start(of: first, advancedBy: -$0) } + starts)
  }

  /// The same span without the buckets before a day.
  func from(_ day: Day) -> Span { Span(grain, starts.filter { $0 >= grain.start(of: day) }) }

  /// The span that lies `count` buckets earlier.
  func moved(back count: Int) -> Span {
    Span(grain, starts.map { grain.start(of: $0, advancedBy: -count) })
  }
}
