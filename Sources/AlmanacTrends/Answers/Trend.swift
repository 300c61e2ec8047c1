import AlmanacCore
import AlmanacStore
import Foundation

/// Metrics over time: series, and what has to be known of them.
package struct Trend: Sendable {
  package let query: Query
  package let span: Span?
  package let series: [Series]
  package let notes: Notes
  /// The notes on what was asked for, in its range.
  package let annotations: [Annotation]

  /// Answers from one state of the archive. Throws an ``AlmanacError`` with the code `usage` for a
  /// question without a true answer.
  package init(_ query: Query, _ reader: FactReader) throws {
    try query.validate()
    let question = try Question(query, reader)
    self.query = question.query
    for metric in query.metrics { try query.checkSums(metric, question.selection) }
    guard let span = question.span else {
      (self.span, series, notes, annotations) = (nil, [], question.notes, [])
      return
    }
    let (series, holdings) = try TrendLines(question, span).series()
    var notes = question.notes
    notes.take(holdings)
    if query.metrics.contains(where: { $0.measure.basis == .cohorts }) {
      notes.takeOffsets([query.offset], try question.heldOffsets(), query.grain)
    }
    self.span = span
    self.series = series
    self.notes = notes
    annotations = try reader.annotations(question.selection.apps, span.days)
  }
}
