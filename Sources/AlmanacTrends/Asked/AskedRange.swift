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

    /// More than any archive holds.
    package static let most = 100_000

    /// Reads `90d`, `12w`, `6m`, `2q`.
    package init?(_ text: String) {
      guard let unit = Grain.allCases.first(where: { $0.name.first == text.last }),
        let count = Int(text.dropLast()), (1...Self.most).contains(count)
      else { return nil }
      self.init(count, unit)
    }

    package var description: String { "\(count)\(unit.name.prefix(1))" }

    /// The day so long before another; of a month that is too short its last.
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
  /// Whether nobody asked for the length.
  let isDefault: Bool

  /// Throws an ``AlmanacError`` with the code `usage` for a range that ends before it begins, or is
  /// said three times over.
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

  /// As long as nobody said otherwise.
  package init(default length: Length) {
    (last, from, to, isDefault) = (length, nil, nil, true)
  }

  /// The last so many units.
  init(asked count: Int, _ unit: Grain) {
    (last, from, to, isDefault) = (Length(count, unit), nil, nil, false)
  }

  /// The grain of whoever asks for this range and for no grain.
  var usualGrain: Grain { isDefault ? .day : last?.unit ?? .day }

  var arguments: [String] {
    var words: [String] = []
    if let last, !isDefault { words += ["--last", last.description] }
    if let from { words += ["--from", from.description] }
    if let to { words += ["--to", to.description] }
    return words
  }
}
