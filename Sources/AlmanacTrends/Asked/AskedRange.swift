import AlmanacCore

/// The days that a question is about, as they were asked for.
package struct AskedRange: Sendable, Equatable {
  /// A number of units back from the end, such as `90d`.
  package struct Length: Sendable, Equatable, CustomStringConvertible {
    package let count: Int
    package let unit: Grain

    package init(_ count: Int, _ unit: Grain) {
      self.count = count
      self.unit = unit
    }

    /// The greatest number of units, more than any archive holds.
    package static let most = 100_000

    /// Reads `90d`, `12w`, `6m`, `2q`.
    package init?(_ text: String) {
      guard let unit = Grain.allCases.first(where: { $0.name.first == text.last }),
        let count = Int(text.dropLast()), (1...Self.most).contains(count)
      else { return nil }
      self.init(count, unit)
    }

    package var description: String { "\(count)\(unit.name.prefix(1))" }

    /// The day that lies this length before another. In a month that is too short, it is the last
    /// day.
    func before(_ end: Day) -> Day {
      switch unit {
      case .day: return end.advanced(by: -count)
      case .week: return end.advanced(by: -7 * count)
      case .month, .quarter:
        let (year, month, day) = end.civil
        let first = Day.first(ofMonth: month - count * (unit == .month ? 1 : 3), year: year)
        return min(
          first.advanced(by: day - 1), Grain.month.start(of: first, advancedBy: 1).advanced(by: -1))
      }
    }
  }

  package let last: Length?
  package let from: Day?
  package let to: Day?
  /// Whether nobody has asked for a length or a first day.
  let isDefault: Bool

  /// Throws an ``AlmanacError`` with the code `usage` for a range that ends before it begins, or
  /// whose beginning is said twice.
  package init(last: Length?, from: Day?, to: Day?, default length: Length) throws {
    if let from, let to, to < from {
      throw AlmanacError(
        .usage, "reading the range", cause: "--to \(to) is before --from \(from)",
        hint: "swap them")
    }
    if last != nil, from != nil {
      throw AlmanacError(
        .usage, "reading the range", cause: "--last and --from both say where it begins",
        hint: "leave out one of them")
    }
    self.last = last ?? (from == nil ? length : nil)
    self.from = from
    self.to = to
    isDefault = last == nil && from == nil
  }

  /// The range of a question that names none.
  package init(default length: Length) {
    (last, from, to, isDefault) = (length, nil, nil, true)
  }

  /// The range of a question that names its length alone.
  init(last length: Length) {
    (last, from, to, isDefault) = (length, nil, nil, false)
  }

  /// The grain of a question that names this range and no grain.
  var usualGrain: Grain { isDefault ? .day : last?.unit ?? .day }

  /// The flags that ask for this range.
  var arguments: [String] {
    var words: [String] = []
    if let last, !isDefault { words += ["--last", last.description] }
    if let from { words += ["--from", from.description] }
    if let to { words += ["--to", to.description] }
    return words
  }
}
