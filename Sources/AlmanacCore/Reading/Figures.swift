/// The figures of one app, source and bucket. A figure that the server did not send is unknown.
package struct Figures: Sendable, Equatable {
  private var values = SIMD16<Double>(repeating: 0)
  private var known: UInt16 = 0

  package init() {}

  /// The value of a figure; `nil` is unknown, which is not zero.
  package subscript(_ figure: Figure) -> Double? {
    get { known & (1 << figure.rawValue) == 0 ? nil : values[figure.rawValue] }
    set {
      values[figure.rawValue] = newValue ?? 0
      if newValue == nil {
        known &= ~(1 << figure.rawValue)
      } else {
        known |= 1 << figure.rawValue
      }
    }
  }

  /// Whether no figure is known.
  package var isEmpty: Bool { known == 0 }

  /// Whether any figure is known and not zero.
  package var isActive: Bool { values != SIMD16(repeating: 0) }

  /// These figures, with the unknown ones taken from `other`.
  package func filled(from other: Figures) -> Figures {
    if known | other.known == known { return self }
    var filled = other
    for place in 0..<Self.count where known & (1 << place) != 0 {
      filled.values[place] = values[place]
    }
    filled.known |= known
    return filled
  }

  /// These figures, each raised to that of `other` where both are known.
  package func raised(to other: Figures) -> Figures {
    var raised = self
    for place in 0..<Self.count where known & other.known & (1 << place) != 0 {
      raised.values[place] = max(values[place], other.values[place])
    }
    return raised
  }

  /// The figures of some series alone.
  package func only(_ series: SeriesSet) -> Figures {
    var left = self
    for figure in Figure.allCases where !series.contains(figure.series) { left[figure] = nil }
    return left
  }

  private static let count = Figure.allCases.count
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
