/// A number that the archive has no column for, under the name that the server gave it.
package struct FurtherFigure: Hashable, Sendable {
  /// The array of the answer that carried it.
  package let series: Figure.Series
  /// The field's own name; fields of nested objects are joined by dots.
  package let name: Name
  package let value: Double

  /// Tells a further figure from every other: the same name in two series is two figures.
  package struct Key: Hashable, Sendable, Comparable {
    package let series: Figure.Series
    package let name: Name

    package init(_ series: Figure.Series, _ name: Name) {
      self.series = series
      self.name = name
    }

    /// The name with its series in front, such as `chatData.cachedTokens`.
    package var qualifiedName: Name { Name("\(series.field).\(name)") }

    package static func < (left: Key, right: Key) -> Bool {
      (left.name, left.series.rawValue) < (right.name, right.series.rawValue)
    }
  }

  package init(series: Figure.Series, name: Name, value: Double) {
    self.series = series
    self.name = name
    self.value = value
  }
}
