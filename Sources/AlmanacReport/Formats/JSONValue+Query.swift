import AlmanacCore
import AlmanacTrends

extension JSONValue {
  /// The envelope of an answer: the query as understood, its metrics, the notes and the findings.
  static func answer(
    to query: Query, over span: Span?, notes: Notes, _ findings: [String: JSONValue]
  ) -> JSONValue {
    var fields: [String: JSONValue] = [
      "query": JSONValue(query, over: span),
      "now": JSONValue(.init(notes.now?.iso8601)),
      "warnings": .list(
        (notes.warnings + [notes.noDataReason].compactMap(\.self)).map { .text($0) }),
    ]
    if query.metrics.count == 1 {
      fields["metric"] = JSONValue(query.metrics[0])
    } else {
      fields["metrics"] = .list(query.metrics.map { JSONValue($0) })
    }
    return .fields(fields.merging(findings) { $1 })
  }

  /// A question as it was understood, with every default.
  init(_ query: Query, over span: Span?) {
    var fields: [String: JSONValue] = [
      "command": .text(query.command), "metrics": .list(query.metrics.map { .text($0.name) }),
      "apps": .list(query.apps.map { .text($0) }), "tags": .list(query.tags.map { .text($0.text) }),
      "sources": .list(query.sources.map { .text($0.text) }), "grain": .text(query.grain.name),
      "by": JSONValue(.init(query.breakdown?.rawValue)),
      "top": query.top.map { .count($0) } ?? .none,
      "last": JSONValue(.init(query.range.last?.description)),
      "from": JSONValue(.init((span?.days.lowerBound ?? query.range.from)?.description)),
      "to": JSONValue(
        .init((span?.days.upperBound.advanced(by: -1) ?? query.range.to)?.description)),
      "compare": JSONValue(.init(query.comparison?.rawValue)),
      "smooth": query.smooth.map { .count($0) } ?? .none,
      "cumulative": .flag(query.isCumulative), "growth": .flag(query.showsGrowth),
      "as_of": JSONValue(.init(query.asOf?.description)),
      "include_open": .flag(query.includesOpen),
    ]
    if query.command == "retention" {
      fields["offsets"] = .list(query.offsets.map { .count($0) })
    } else if query.metrics.contains(where: { $0.measure.basis == .cohorts }) {
      fields["offset"] = .count(query.offset)
    }
    if query.command == "rank" {
      fields["lowest"] = .flag(query.lowestFirst)
      fields["min_volume"] = .count(query.minVolume)
    }
    self = .fields(fields)
  }

  init(_ metric: Metric) {
    var fields: [String: JSONValue] = [
      "name": .text(metric.name), "unit": JSONValue(.init(metric.unit)),
      "formula": JSONValue(.init(metric.formula)),
      "sql_expression": JSONValue(.init(metric.sqlExpression)),
      "over_time": .text(metric.overTime.rawValue), "over_apps": .text(metric.overApps.rawValue),
      "over_sources": .text(metric.overSources.rawValue),
      "grains": .list(metric.grains.map { .text($0.name) }),
      "description": .text(metric.description),
    ]
    if let further = metric.further {
      fields["series"] = .text(further.series.field)
      fields["figure"] = .text(further.name.text)
    }
    self = .fields(fields)
  }

  init(_ coverage: Coverage) {
    self = .fields(["expected": .count(coverage.expected), "held": .count(coverage.held)])
  }
}

extension Query {
  /// The apps, tags, sources and breakdown in words, such as `all apps` or `tag cn, by source`.
  var words: String {
    var parts: [String] = []
    if !apps.isEmpty { parts.append(apps.joined(separator: ", ")) }
    if !tags.isEmpty { parts.append("tag " + tags.map(\.text).joined(separator: ", ")) }
    if parts.isEmpty { parts.append("all apps") }
    if !sources.isEmpty { parts.append("through " + sources.map(\.text).joined(separator: ", ")) }
    if let breakdown { parts.append("by \(breakdown.rawValue)") }
    if let asOf { parts.append("as of \(asOf)") }
    return parts.joined(separator: ", ")
  }

  /// The end of a heading, such as `, compared with 2026-09-19 to 2026-10-18`; empty without a
  /// comparison.
  func comparisonWords(of span: Span?) -> String {
    span.flatMap(comparedSpan).map { ", compared with \($0.words)" } ?? ""
  }
}

extension Span {
  /// The first and the last day, such as `2026-10-24 to 2026-11-22`.
  var words: String { "\(days.lowerBound) to \(days.upperBound.advanced(by: -1))" }
}
