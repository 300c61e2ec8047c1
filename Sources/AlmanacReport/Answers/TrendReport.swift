import AlmanacCore
import AlmanacTrends

/// A trend as something to look at.
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

  /// What it is of, in which unit, over which days.
  private var heading: String {
    let metrics = query.metrics.map(\.inUnit).joined(separator: ", ")
    guard let span = trend.span else { return metrics }
    var words = "\(metrics) by \(query.grain), \(span.words), \(query.whose)\(query.against(span))"
    if let smooth = query.smooth { words += ", mean of the last \(smooth) \(query.grain)s" }
    if query.isCumulative { words += ", running sum" }
    return words
  }

  /// A row for each bucket, a column for each series.
  private var table: Table {
    let isOnly = series.count == 1
    let showsCoverage = series.contains { series in
      series.points.contains {
        !$0.coverage.isUnremarkable || $0.compared?.coverage.isUnremarkable == false
      }
    }
    var columns: [Table.Column] = [.init("date", "Date")]
    for series in series {
      let name = name(series)
      columns.append(.init(name, name, series.metric.isShare ? .share : .plain))
      if query.showsGrowth { columns.append(.init("\(name)_growth", "Growth", style(series))) }
      if isCompared {
        if isOnly { columns.append(.init("compared_date", "Compared with")) }
        columns.append(.init("\(name)_then", "Then", series.metric.isShare ? .share : .plain))
        columns.append(.init("\(name)_change", "Change", style(series)))
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
        row.append(.init(point.value, series.metric))
        if query.showsGrowth { row.append(.init(point.growth)) }
        if isCompared {
          if isOnly { row.append(.init(point.compared?.date.description)) }
          row.append(.init(point.compared?.value, series.metric))
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

  private func name(_ series: Series) -> String {
    switch (query.breakdown == nil, query.metrics.count > 1) {
    case (true, _): series.metric.name
    case (false, false): series.subject.label
    case (false, true): "\(series.subject.label) \(series.metric.name)"
    }
  }

  private func style(_ series: Series) -> Table.Style {
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
        let whose = [.text(series.metric.name)] + (query.breakdown?.cells(series.subject) ?? [])
        return series.points.lazy.map { whose + cells($0, series.metric) }
      })
  }

  private func cells(_ point: Series.Point, _ metric: Metric) -> [Table.Cell] {
    var cells: [Table.Cell] = [
      .text(point.date.description), .init(point.value, metric),
      .init(point.state?.rawValue), .count(point.coverage.expected), .count(point.coverage.held),
    ]
    if query.showsGrowth { cells.append(.init(point.growth)) }
    if let compared = point.compared {
      cells += [
        .text(compared.date.description), .init(compared.value, metric),
        .count(compared.coverage.expected), .count(compared.coverage.held),
        .init(compared.change),
      ]
    }
    return cells
  }

  /// The query as understood, the metric, the series and what to know of them.
  private var json: JSONValue {
    .answer(
      query, trend.span, trend.notes,
      [
        "series": .each(series.count) { json(series[$0]) },
        "annotations": .list(
          trend.annotations.map {
            .fields([
              "date": .text($0.date.description), "app": JSONValue(.init($0.app)),
              "text": .text($0.text),
            ])
          }),
      ])
  }

  private func json(_ series: Series) -> JSONValue {
    var fields: [String: JSONValue] = [
      "metric": .text(series.metric.name), "subject": .text(series.subject.label),
      "points": .each(series.points.count) { json(series.points[$0], series.metric) },
    ]
    if let breakdown = query.breakdown {
      for (column, cell) in zip(breakdown.columns, breakdown.cells(series.subject)) {
        fields[column.name] = JSONValue(cell)
      }
    }
    return .fields(fields)
  }

  private func json(_ point: Series.Point, _ metric: Metric) -> JSONValue {
    var fields: [String: JSONValue] = [
      "date": .text(point.date.description), "value": JSONValue(.init(point.value, metric)),
      "state": JSONValue(.init(point.state?.rawValue)),
      "coverage": JSONValue(point.coverage),
    ]
    if query.showsGrowth { fields["growth"] = JSONValue(.init(point.growth)) }
    if let compared = point.compared { fields["compared"] = JSONValue(compared, metric) }
    return .fields(fields)
  }
}

extension Coverage {
  /// Whether there is nothing to say about it: all is there that is expected.
  var isUnremarkable: Bool { held == expected }

  /// `28/30`.
  var words: String { "\(held)/\(expected)" }
}

extension Table.Cell {
  init(_ number: Double?) { self = number.map { .number($0) } ?? .none }

  /// A value of a metric: a count where it is one.
  init(_ value: Double?, _ metric: Metric) {
    guard let value else {
      self = .none
      return
    }
    self =
      metric.isCount ? Int(exactly: value).map { .count($0) } ?? .number(value) : .number(value)
  }
}
