import AlmanacCore
import AlmanacStore
import Foundation

/// Metrics over time: series, and the notes on them.
package struct Trend: Sendable {
  package let query: Query
  package let span: Span?
  package let series: [Series]
  package let notes: Notes
  /// The dated notes on the asked apps within the range.
  package let annotations: [Annotation]

  /// Answers from one state of the archive. Throws an ``AlmanacError`` with the code `usage` for a
  /// question without a true answer.
  package init(_ query: Query, from reader: FactReader) throws {
    try query.validate()
    let resolved = try ResolvedQuery(query, from: reader)
    self.query = resolved.query
    for metric in query.metrics { try query.checkSums(of: metric, in: resolved.selection) }
    var notes = resolved.notes
    for metric in query.metrics where metric.further != nil {
      notes.warnings.append(
        "\(metric.name) is shown as the server sends it: its unit, and how it adds up, are unknown")
    }
    guard let span = resolved.span else {
      self.notes = notes
      (self.span, series, annotations) = (nil, [], [])
      return
    }
    let (series, coverages) = try TrendLines(resolved, over: span).series()
    notes.noteCoverage(of: coverages)
    try notes.noteLacking(in: coverages, of: resolved, over: span)
    if query.metrics.contains(where: { $0.measure.basis == .cohorts }) {
      notes.noteOffsets(wanted: [query.offset], held: try resolved.heldOffsets(), at: query.grain)
    }
    self.span = span
    self.series = series
    self.notes = notes
    annotations = try reader.annotations(resolved.selection.apps, span.days)
  }
}
