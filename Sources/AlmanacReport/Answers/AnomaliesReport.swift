import AlmanacCore
import AlmanacTrends

/// Turns the anomalies of a range into tables, rows and JSON.
package struct AnomaliesReport {
  private let anomalies: Anomalies

  package init(_ anomalies: Anomalies) {
    self.anomalies = anomalies
  }

  package var rendition: Rendition {
    Rendition(
      [.init(heading, table)], records: Records(records),
      json: .answer(
        to: anomalies.query, over: anomalies.span, notes: anomalies.notes,
        [
          "judged": JSONValue(anomalies.judged), "anomalies": JSONValue(records),
        ]))
  }

  private var breakdown: Query.Breakdown { anomalies.query.breakdown ?? .app }

  private var heading: String {
    let judged = anomalies.judged
    let count = anomalies.episodes.count
    return "\(count) \(count == 1 ? "anomaly" : "anomalies"), \(anomalies.query.words); "
      + "\(judged.held.grouped) of \(judged.expected.grouped) \(anomalies.query.grain) values "
      + "could be judged; the weightiest first"
  }

  private var table: Table {
    var table = Table(
      breakdown.columns.suffix(1) + [
        .init("metric", "Metric"), .init("since", "Since"), .init("to", "To"),
        .init("way", "Way"), .init("value", "Value"), .init("usual", "Usual"),
        .init("score", "Score"), .init("recovered", "As usual again"),
      ])
    for episode in anomalies.episodes {
      table.append([
        .text(episode.subject.label), .text(episode.metric.name),
        .text(episode.first.description), .text(episode.last.description),
        .text(episode.score > 0 ? "above" : "below"), .init(episode.value, of: episode.metric),
        .init(whole: episode.usual), .number(episode.score),
        .init(episode.recovered?.description),
      ])
    }
    return table
  }

  private var records: Table {
    var table = Table(
      breakdown.columns
        + [
          "metric", "since", "to", "buckets", "way", "peak", "value", "usual", "score",
          "recovered", "weight",
        ].map { .init($0, $0) })
    for episode in anomalies.episodes {
      table.append(
        breakdown.cells(of: episode.subject) + [
          .text(episode.metric.name), .text(episode.first.description),
          .text(episode.last.description), .count(episode.count),
          .text(episode.score > 0 ? "above" : "below"), .text(episode.peak.description),
          .init(episode.value, of: episode.metric), .init(whole: episode.usual),
          .number(episode.score), .init(episode.recovered?.description), .number(episode.weight),
        ])
    }
    return table
  }
}
