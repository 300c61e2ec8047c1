/// The figures of one app, source and bucket. A figure that the server did not send is unknown.
package struct Figures: Sendable {
  private typealias Vector = SIMD16<Double>

  // A vector would be aligned to its own size, and take twice the room.
  private var values: InlineValues = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
  private var known: UInt16 = 0

  private typealias InlineValues = (
    Double, Double, Double, Double, Double, Double, Double, Double,
    Double, Double, Double, Double, Double, Double, Double, Double
  )

  package init() {}

  /// The value of a figure; `nil` is unknown, which is not zero.
  package subscript(_ figure: Figure) -> Double? {
    get { known & (1 << figure.rawValue) == 0 ? nil : self[figure.rawValue] }
    set {
      self[figure.rawValue] = newValue ?? 0
      if newValue == nil {
        known &= ~(1 << figure.rawValue)
      } else {
        known |= 1 << figure.rawValue
      }
    }
  }

  private subscript(_ place: Int) -> Double {
    get { withUnsafeBytes(of: values) { $0.load(fromByteOffset: 8 * place, as: Double.self) } }
    set {
      withUnsafeMutableBytes(of: &values) {
        $0.storeBytes(of: newValue, toByteOffset: 8 * place, as: Double.self)
      }
    }
  }

  private var vector: Vector {
    withUnsafeBytes(of: values) { $0.loadUnaligned(as: Vector.self) }
  }

  /// Whether no figure is known.
  package var isEmpty: Bool { known == 0 }

  /// Whether any figure is known and not zero.
  package var isActive: Bool { vector != Vector(repeating: 0) }

  /// These figures, with the unknown ones taken from `other`.
  package func filled(from other: Figures) -> Figures {
    if known | other.known == known { return self }
    var filled = other
    for place in 0..<Self.count where known & (1 << place) != 0 { filled[place] = self[place] }
    filled.known |= known
    return filled
  }

  /// These figures, each raised to that of `other` where both are known.
  package func raised(to other: Figures) -> Figures {
    var raised = self
    for place in 0..<Self.count where known & other.known & (1 << place) != 0 {
      raised[place] = max(self[place], other[place])
    }
    return raised
  }

  /// Adds the figures of another bucket. A sum is known if the figure is known in both.
  package mutating func add(_ other: Figures) {
    let sums = vector + other.vector
    withUnsafeMutableBytes(of: &values) { $0.storeBytes(of: sums, as: Vector.self) }
    known &= other.known
    for place in 0..<Self.count where known & (1 << place) == 0 { self[place] = 0 }
  }

  /// The figures of some series alone.
  package func only(_ series: SeriesSet) -> Figures {
    var left = self
    for figure in Figure.allCases where !series.contains(figure.series) { left[figure] = nil }
    return left
  }

  /// The series in which a figure differs from that of `other`.
  package func series(differingFrom other: Figures) -> SeriesSet {
    var series: SeriesSet = []
    let isKnownDifferently = known ^ other.known
    for place in 0..<Self.count
    where isKnownDifferently & (1 << place) != 0 || self[place] != other[place] {
      series.insert(Self.series[place])
    }
    return series
  }

  private static let count = Figure.allCases.count
  private static let series = Figure.allCases.map { SeriesSet($0.series) }
}

extension Figures: Equatable {
  package static func == (left: Figures, right: Figures) -> Bool {
    left.known == right.known && left.vector == right.vector
  }
}

/// Some of the three series of an answer.
package struct SeriesSet: OptionSet, Sendable, Hashable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package init(_ series: Figure.Series) { rawValue = 1 << series.rawValue }

  package static let user = SeriesSet(.user)
  package static let chat = SeriesSet(.chat)
  package static let app = SeriesSet(.app)
  package static let all: SeriesSet = [.user, .chat, .app]

  package func contains(_ series: Figure.Series) -> Bool { contains(SeriesSet(series)) }
}
