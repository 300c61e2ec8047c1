import AlmanacCore
import AlmanacTrends

/// Turns a trend into a table, a chart, rows and JSON.
package struct TrendReport {
  private let trend: Trend
  private let query: Query

  package init(_ trend: Trend) {
    self.trend = trend
    query = trend.query
  }

  private var series: [Series] { trend.series }
  private var isCompared: Bool { query.comparison != nil }

  package var rendition: Rendition {
    Rendition([.init(heading, table)], records: records, json: json) { terminal in
      let chart = Chart(
        trend.series, grain: query.grain, terminal: terminal, annotations: trend.annotations)
      return "\(heading)\n\n" + chart.render()
    }
  }

  /// The metrics with their units, the days and the apps.
  private var heading: String {
    let metrics = query.metrics.map(\.nameWithUnit).joined(separator: ", ")
    guard let span = trend.span else { return metrics }
    var words = "\(metrics) by \(query.grain), \(span.words), \(query.words)"
    words += query.comparisonWords(of: span)
    if let smooth = query.smooth { words += ", mean of the last \(smooth) \(query.grain)s" }
    if query.isCumulative { words += ", running sum" }
    return words
  }

  /// A row for each bucket, a column for each series.
  private var table: Table {
    let isOnly = series.count == 1
    let showsCoverage = series.contains { series in
      series.points.contains {
        $0.coverage.isIncomplete || $0.compared?.coverage.isIncomplete == true
      }
    }
    var columns: [Table.Column] = [.init("date", "Date")]
    for series in series {
      let name = name(of: series)
      columns.append(.init(name, name, series.metric.isShare ? .share : .plain))
      if query.showsGrowth {
        columns.append(.init("\(name)_growth", "Growth", changeStyle(of: series)))
      }
      if isCompared {
        if isOnly { columns.append(.init("compared_date", "Compared with")) }
        columns.append(.init("\(name)_then", "Then", series.metric.isShare ? .share : .plain))
        columns.append(.init("\(name)_change", "Change", changeStyle(of: series)))
      }
      if showsCoverage { columns.append(.init("\(name)_held", "Held")) }
      if showsCoverage, isCompared { columns.append(.init("\(name)_held_then", "Held then")) }
    }
    if isOnly { columns.append(.init("state", "State")) }
    var table = Table(columns)
    for (index, point) in (series.first?.points ?? []).enumerated() {
      var row: [Table.Cell] = [.text(point.date.description)]
      for series in series {
        let point = series.points[index]
        row.append(.init(point.value, of: series.metric))
        if query.showsGrowth { row.append(.init(point.growth)) }
        if isCompared {
          if isOnly { row.append(.init(point.compared?.date.description)) }
          row.append(.init(point.compared?.value, of: series.metric))
          row.append(.init(point.compared?.change))
        }
        if showsCoverage { row.append(.text(point.coverage.words)) }
        if showsCoverage, isCompared { row.append(.init(point.compared?.coverage.words)) }
      }
      if isOnly { row.append(.init(point.state?.rawValue)) }
      table.append(row)
    }
    return table
  }

  private func name(of series: Series) -> String {
    switch (query.breakdown == nil, query.metrics.count > 1) {
    case (true, _): series.metric.name
    case (false, false): series.subject.label
    case (false, true): "\(series.subject.label) \(series.metric.name)"
    }
  }

  /// The style of a change in the series.
  private func changeStyle(of series: Series) -> Table.Style {
    series.metric.isShare ? .difference : .change
  }

  /// A row for each series and bucket, for programs.
  private var records: Records {
    var columns: [Table.Column] = [.init("metric", "Metric")]
    columns += query.breakdown?.columns ?? []
    columns += ["date", "value", "state", "expected", "held"].map { .init($0, $0) }
    if query.showsGrowth { columns.append(.init("growth", "Growth")) }
    if isCompared {
      columns += ["date", "value", "expected", "held", "change"].map {
        .init("compared_\($0)", $0)
      }
    }
    return Records(
      columns,
      series.lazy.flatMap { series in
        let leading =
          [.text(series.metric.name)] + (query.breakdown?.cells(of: series.subject) ?? [])
        return series.points.lazy.map { leading + cells(of: $0, series.metric) }
      })
  }

  private func cells(of point: Series.Point, _ metric: Metric) -> [Table.Cell] {
    var cells: [Table.Cell] = [
      .text(point.date.description), .init(point.value, of: metric),
      .init(point.state?.rawValue), .count(point.coverage.expected), .count(point.coverage.held),
    ]
    if query.showsGrowth { cells.append(.init(point.growth)) }
    if let compared = point.compared {
      cells += [
        .text(compared.date.description), .init(compared.value, of: metric),
        .count(compared.coverage.expected), .count(compared.coverage.held),
        .init(compared.change),
      ]
    }
    return cells
  }

  /// The envelope of the answer, with its series and annotations.
  private var json: JSONValue {
    .answer(
      to: query, over: trend.span, notes: trend.notes,
      [
        "series": .each(series.count) { json(of: series[$0]) },
        "annotations": .list(
          trend.annotations.map {
            .fields([
              "date": .text($0.date.description), "app": JSONValue(.init($0.app)),
              "text": .text($0.text),
            ])
          }),
      ])
  }

  private func json(of series: Series) -> JSONValue {
    var fields: [String: JSONValue] = [
      "metric": .text(series.metric.name), "subject": .text(series.subject.label),
      "points": .each(series.points.count) { json(of: series.points[$0], series.metric) },
    ]
    if let breakdown = query.breakdown {
      for (column, cell) in zip(breakdown.columns, breakdown.cells(of: series.subject)) {
        fields[column.name] = JSONValue(cell)
      }
    }
    return .fields(fields)
  }

  private func json(of point: Series.Point, _ metric: Metric) -> JSONValue {
    var fields: [String: JSONValue] = [
      "date": .text(point.date.description), "value": JSONValue(.init(point.value, of: metric)),
      "state": JSONValue(.init(point.state?.rawValue)),
      "coverage": JSONValue(point.coverage),
    ]
    if query.showsGrowth { fields["growth"] = JSONValue(.init(point.growth)) }
    if let compared = point.compared { fields["compared"] = JSONValue(compared, of: metric) }
    return .fields(fields)
  }
}

extension Coverage {
  /// Whether something is missing, so that people are shown how much is held.
  var isIncomplete: Bool { held != expected }

  /// The number held of those expected, such as `28/30`.
  var words: String { "\(held)/\(expected)" }
}

extension Table.Cell {
  init(_ number: Double?) { self = number.map { .number($0) } ?? .none }

  /// A value of a metric, as a count if the metric counts or may do so.
  init(_ value: Double?, of metric: Metric) {
    guard let value else {
      self = .none
      return
    }
    let whole = metric.isCount || metric.further != nil ? Int(exactly: value) : nil
    self = whole.map { .count($0) } ?? .number(value)
  }
}
