/// A number that the archive has no column for, under the name that the server gave it.
package struct FurtherFigure: Hashable, Sendable {
  /// The array of the answer that carried it.
  package let series: Figure.Series
  /// The field's own name; fields of nested objects are joined by dots.
  package let name: Name
  package let value: Double

  package init(series: Figure.Series, name: Name, value: Double) {
    self.series = series
    self.name = name
    self.value = value
  }
}
