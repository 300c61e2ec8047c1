import AlmanacCore

/// The horizontal axis: every bucket from the first to the last, and where it is drawn.
///
/// Braille has two places in a cell and uses the whole width. Bars have one place in a cell, and
/// keep the same distance. If there are more buckets than places, neighbours share a place.
struct ChartTimeline {
  /// The first days of the buckets, without a hole.
  let dates: [Day]
  /// The number of columns of the terminal.
  let cells: Int
  /// The number of columns of one bar.
  let barWidth: Int

  private let numbers: [Day: Int]
  let grain: Grain
  private let glyphs: Glyphs
  /// Whether the last cell belongs to the last bucket alone. An open bucket needs a cell of its
  /// own.
  private let isLastApart: Bool

  /// Makes the axis of the buckets that hold the days; `nil` without a day.
  init?(_ days: [Day], isLastOpen: Bool, grain: Grain, glyphs: Glyphs, cells: Int) {
    guard let first = days.min(), let last = days.max() else { return nil }
    var dates: [Day] = []
    var next = grain.start(of: first)
    while next <= last {
      dates.append(next)
      next = grain.start(of: next, advancedBy: 1)
    }
    self.dates = dates
    self.cells = cells
    self.grain = grain
    self.glyphs = glyphs
    numbers = Dictionary(uniqueKeysWithValues: zip(dates, dates.indices))
    isLastApart = isLastOpen && dates.count > cells
    let pitch = max(1, cells / dates.count)
    barWidth = glyphs == .ascii ? 1 : min(8, max(1, pitch - 1))
  }

  /// The number of the bucket that holds the day.
  func number(of day: Day) -> Int? { numbers[grain.start(of: day)] }

  /// The column of braille dots of a bucket, two to a cell.
  func dot(_ number: Int) -> Int { place(number, perCell: 2) }

  /// The first cell of the bar of a bucket.
  func bar(_ number: Int) -> Int {
    dates.count <= cells ? number * (cells / dates.count) : place(number, perCell: 1)
  }

  /// The cell that belongs to a bucket most: that of its dot, the middle of its bar.
  func cell(_ number: Int) -> Int {
    glyphs == .braille ? dot(number) / 2 : bar(number) + (barWidth - 1) / 2
  }

  private func place(_ number: Int, perCell: Int) -> Int {
    let count = isLastApart ? dates.count - 1 : dates.count
    let places = perCell * (isLastApart ? cells - 1 : cells)
    if number >= count { return perCell * (cells - 1) }
    guard count > 1 else { return 0 }
    return count <= places
      ? (number * (places - 1) + (count - 1) / 2) / (count - 1) : number * places / count
  }
}
