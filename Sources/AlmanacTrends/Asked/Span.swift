import AlmanacCore

/// Buckets of one grain in a row.
package struct Span: Sendable, Equatable {
  package let grain: Grain
  /// First days, each the start of a bucket.
  package let starts: [Day]

  /// `count` buckets, the last of which ends before `end`, the start of a bucket.
  init(_ grain: Grain, _ count: Int, before end: Day) {
    self.grain = grain
    starts = (0..<max(0, count)).map { grain.start(of: end, advancedBy: $0 - count) }
  }

  /// The buckets that lie wholly inside of some days.
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

  /// All days; empty without a bucket.
  package var days: Range<Day> {
    guard let first = starts.first, let last = starts.last else {
      return Day(number: 0)..<Day(number: 0)
    }
    return first..<grain.start(of: last, advancedBy: 1)
  }

  /// With so many buckets more before the first.
  func extended(by count: Int) -> Span {
    guard let first = starts.first, count > 0 else { return self }
    return Span(
      grain, (1...count).reversed().map { grain.start(of: first, advancedBy: -$0) } + starts)
  }

  /// Without the buckets before a day.
  func from(_ day: Day) -> Span { Span(grain, starts.filter { $0 >= grain.start(of: day) }) }

  /// So many buckets earlier.
  func moved(back count: Int) -> Span {
    Span(grain, starts.map { grain.start(of: $0, advancedBy: -count) })
  }
}

extension Query {
  /// The buckets that are asked for, and what of the range is no whole one.
  ///
  /// - Parameter today: the civil day that now is in
  func span(today: Day) throws -> (span: Span, cut: [String]) {
    let open = grain.start(of: today)
    let limit = includesOpen ? grain.start(of: open, advancedBy: 1) : open
    let wanted = range.to?.advanced(by: 1)
    let end = min(wanted ?? limit, limit)
    let base = range.to == nil ? open : end
    let start = range.from ?? range.last?.before(base) ?? base
    var cut: [String] = []
    if let wanted, wanted > limit {
      cut.append("\(max(start, limit)) to \(wanted.advanced(by: -1)) is left out: it has not ended")
    }
    guard start < end else {
      throw refusal(
        "no \(grain) from \(start) on has ended before \(today)",
        hint: "take an earlier range"
          + (includesOpen || asOf != nil || command == "anomalies" ? "" : ", or add --include-open")
      )
    }
    let span = Span(grain, inside: start..<end)
    guard let first = span.starts.first else {
      throw refusal(
        "there is no whole \(grain) from \(start) to \(end.advanced(by: -1))",
        hint: "take a longer range, or a finer grain with --grain")
    }
    func leftOut(_ from: Day, _ to: Day) {
      guard from < to else { return }
      let days = to.advanced(by: -1) == from ? "\(from)" : "\(from) to \(to.advanced(by: -1))"
      cut.append("\(days) is left out: no whole \(grain)")
    }
    leftOut(start, first)
    leftOut(span.days.upperBound, end)
    return (span, cut)
  }

  /// The buckets that a span is compared with; `nil` where it is with none.
  package func compared(_ span: Span) -> Span? {
    shift(span.count).map { span.moved(back: $0) }
  }

  /// How many buckets back the comparison is.
  func shift(_ count: Int) -> Int? {
    switch (comparison, grain) {
    case (nil, _): nil
    case (.previous, .day): (count + 6) / 7 * 7
    case (.previous, _): count
    case (.week, _): 7
    case (.year, .day): 364
    case (.year, .week): 52
    case (.year, .month): 12
    case (.year, .quarter): 4
    }
  }
}
