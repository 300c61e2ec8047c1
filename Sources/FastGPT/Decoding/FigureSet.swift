import AlmanacCore

/// A set of figures with one bit each. A `Set` would hash twelve times for every bucket.
struct FigureSet {
  private var bits: UInt32 = 0

  var figures: Set<Figure> { Set(Figure.allCases.filter { bits & 1 << $0.rawValue != 0 }) }

  /// Adds a figure; returns `false` if the set already held it.
  @discardableResult
  mutating func insert(_ figure: Figure) -> Bool {
    let bit: UInt32 = 1 << figure.rawValue
    defer { bits |= bit }
    return bits & bit == 0
  }
}
