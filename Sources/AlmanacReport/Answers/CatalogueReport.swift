import AlmanacCore

/// Turns the catalogue of metrics, and the further figures of an archive, into tables, rows and
/// JSON.
package struct CatalogueReport {
  private let metrics: [Metric]
  /// The further figures; `nil` if no archive was asked.
  private let further: [Metric]?

  package init(_ metrics: [Metric], further: [Metric]? = nil) {
    self.metrics = metrics
    self.further = further
  }

  package var rendition: Rendition {
    var json: [String: JSONValue] = ["metrics": .list(metrics.map { JSONValue($0) })]
    if let further { json["further_figures"] = .list(further.map { JSONValue($0) }) }
    return Rendition(
      [
        .init("Metrics", table),
        .init(
          "Further figures, as the server sends them; unit and aggregation are unknown",
          furtherTable),
      ],
      records: Records(records), json: .fields(json))
  }

  private var table: Table {
    var table = Table([
      .init("metric", "Metric"), .init("unit", "Unit"), .init("formula", "Formula"),
      .init("over", "Over time / apps / sources"),
    ])
    for metric in metrics {
      let over = [metric.overTime, metric.overApps, metric.overSources].map(\.rawValue)
      table.append([
        .text(metric.name), .init(metric.unit), .init(metric.formula),
        .text(over.joined(separator: " / ")),
      ])
    }
    return table
  }

  private var furtherTable: Table {
    var table = Table([.init("metric", "Metric"), .init("series", "Series")])
    for metric in further ?? [] {
      table.append([.text(metric.name), .init(metric.further?.series.field)])
    }
    return table
  }

  private var records: Table {
    var table = Table(
      [
        "metric", "unit", "formula", "sql_expression", "over_time", "over_apps", "over_sources",
        "grains", "description", "series",
      ].map { .init($0, $0) })
    for metric in metrics + (further ?? []) {
      table.append([
        .text(metric.name), .init(metric.unit), .init(metric.formula),
        .init(metric.sqlExpression), .text(metric.overTime.rawValue),
        .text(metric.overApps.rawValue), .text(metric.overSources.rawValue),
        .text(metric.grains.map(\.name).joined(separator: " ")), .text(metric.description),
        .init(metric.further?.series.field),
      ])
    }
    return table
  }
}
