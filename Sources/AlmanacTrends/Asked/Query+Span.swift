import AlmanacCore

extension Query {
  /// The buckets that are asked for, and a note on each part of the range that is left out.
  ///
  /// - Parameter today: the day that has not ended
  func span(today: Day) throws -> (span: Span, omissions: [String]) {
    let open = grain.start(of: today)
    let limit = includesOpen ? grain.start(of: open, advancedBy: 1) : open
    let wanted = range.to?.advanced(by: 1)
    let end = min(wanted ?? limit, limit)
    let base = range.to == nil ? open : end
    let start = range.from ?? range.last?.before(base) ?? base
    var omissions: [String] = []
    if let wanted, wanted > limit {
      omissions.append(
        "\(max(start, limit)) to \(wanted.advanced(by: -1)) is left out: it has not ended")
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
      omissions.append("\(days) is left out: no whole \(grain)")
    }
    leftOut(start, first)
    leftOut(span.days.upperBound, end)
    return (span, omissions)
  }

  /// The buckets that a span is compared with; `nil` without a comparison.
  package func comparedSpan(of span: Span) -> Span? {
    comparisonShift(of: span).map { span.moved(back: $0) }
  }

  /// The number of buckets that the comparison lies back; `nil` without one.
  func comparisonShift(of span: Span) -> Int? {
    switch (comparison, grain) {
    case (nil, _): nil
    case (.previous, .day): (span.count + 6) / 7 * 7
    case (.previous, _): span.count
    case (.week, _): 7
    case (.year, .day): 364
    case (.year, .week): 52
    case (.year, .month): 12
    case (.year, .quarter): 4
    }
  }
}
