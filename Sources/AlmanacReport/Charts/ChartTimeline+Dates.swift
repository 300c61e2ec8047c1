import AlmanacCore

extension ChartTimeline {
  /// A date under the axis.
  struct Label: Equatable {
    /// The first cell of the text.
    let start: Int
    /// The cell of the date itself.
    let tick: Int
    let text: String
  }

  /// The labels for the first and the last date, and evenly between them for as many dates as leave
  /// two columns free.
  ///
  /// A start is negative if the axis is too short for two dates. A date between them has no year if
  /// the range makes the year plain.
  func labels() -> [Label] {
    guard let first = dates.first, let last = dates.last else { return [] }
    let length = 10
    guard dates.count > 1 else {
      return [Label(start: cell(0), tick: cell(0), text: first.description)]
    }
    let tick = cell(dates.count - 1)
    let lastStart = min(max(cell(0) + length + 1, tick + 1 - length), cells - length)
    let lastLabel = Label(start: lastStart, tick: tick, text: last.description)
    var labels = [
      Label(start: min(cell(0), lastStart - length - 1), tick: cell(0), text: first.description)
    ]
    let isYearPlain = first.distance(to: last) < 366
    let between = isYearPlain ? 5 : length
    if let step = steps.first(where: { $0 < dates.count && cell($0) - cell(0) >= between + 2 }) {
      for number in stride(from: step, to: dates.count - 1, by: step) {
        let start = cell(number)
        let previous = labels[labels.count - 1]
        guard start >= previous.start + previous.text.count + 2,
          start + between + 2 <= lastLabel.start
        else { continue }
        let text = dates[number].description
        labels.append(
          Label(start: start, tick: start, text: isYearPlain ? String(text.suffix(5)) : text))
      }
    }
    return labels + [lastLabel]
  }

  /// The distances of labels that people are used to, in buckets.
  private var steps: [Int] {
    let steps =
      switch grain {
      case .day: [1, 2, 7, 14, 28, 56, 91, 182, 364]
      case .week: [1, 2, 4, 13, 26, 52]
      case .month: [1, 2, 3, 6, 12, 24, 60, 120]
      case .quarter: [1, 2, 4, 8, 20, 40]
      }
    // Each step beyond the longest is twice the one before.
    return steps + (1...20).map { (steps.last ?? 1) << $0 }
  }
}
