import AlmanacCore

/// The names of fields, as bytes that a key is compared with.
enum FieldName {
  static let timestamp = Array("timestamp".utf8)
  static let summary = Array("summary".utf8)
  static let sourceCountMap = Array("sourceCountMap".utf8)

  /// The most bytes in the name of a further figure. Nested names repeat their parents, so without
  /// a limit a hostile answer could grow without bound.
  static let longestName = 200

  /// The figures of each series, with their names in its summaries.
  static let figures = names(\.field)

  /// The figures of each series that have a second spelling, under that.
  static let longFigures = names(\.longField)

  private static func names(
    _ field: (Figure) -> String?
  ) -> [[(name: [UInt8], figure: Figure)]] {
    Figure.Series.allCases.map { series in
      Figure.allCases.filter { $0.series == series }
        .compactMap { figure in field(figure).map { (Array($0.utf8), figure) } }
    }
  }
}
