import AlmanacCore

/// Turns the catalogue of metrics into tables, rows and JSON.
package struct CatalogueReport {
  private let metrics: [Metric]

  package init(_ metrics: [Metric]) {
    self.metrics = metrics
  }

  package var rendition: Rendition {
    Rendition(
      [.init("Metrics", table)], records: Records(records),
      json: .fields(["metrics": .list(metrics.map { JSONValue($0) })]))
  }

  private var table: Table {
    var table = Table([
      .init("metric", "Metric"), .init("unit", "Unit"), .init("formula", "Formula"),
      .init("over", "Over time / apps / sources"),
    ])
    for metric in metrics {
      let over = [metric.overTime, metric.overApps, metric.overSources].map(\.rawValue)
      table.append([
        .text(metric.name), .text(metric.unit), .text(metric.formula),
        .text(over.joined(separator: " / ")),
      ])
    }
    return table
  }

  private var records: Table {
    var table = Table(
      [
        "metric", "unit", "formula", "sql_expression", "over_time", "over_apps", "over_sources",
        "grains", "description",
      ].map { .init($0, $0) })
    for metric in metrics {
      table.append([
        .text(metric.name), .text(metric.unit), .text(metric.formula),
        .init(metric.sqlExpression), .text(metric.overTime.rawValue),
        .text(metric.overApps.rawValue), .text(metric.overSources.rawValue),
        .text(metric.grains.map(\.name).joined(separator: " ")), .text(metric.description),
      ])
    }
    return table
  }
}
