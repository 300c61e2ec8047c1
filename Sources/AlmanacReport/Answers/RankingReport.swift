import AlmanacCore
import AlmanacTrends

/// Turns a ranking into tables, bars, rows and JSON.
package struct RankingReport {
  private let ranking: Ranking
  private let query: Query
  private let metric: Metric

  package init(_ ranking: Ranking) {
    self.ranking = ranking
    query = ranking.query
    metric = ranking.metric
  }

  package var rendition: Rendition {
    let apart = "Without a rank: below --min-volume \(query.minVolume), or not known"
    return Rendition(
      [.init(heading, table(ranking.entries, ranked: true)), .init(apart, table(ranking.apart))],
      records: Records(records),
      json: .answer(
        to: query, over: ranking.span, notes: ranking.notes,
        [
          "entries": .list(ranking.entries.enumerated().map { json(of: $1, at: $0 + 1) }),
          "apart": .list(ranking.apart.map { json(of: $0, at: nil) }),
        ])
    ) { terminal in
      "\(heading)\n\n"
        + BarChart(
          ranking.entries.map { ($0.subject.label, $0.value) }, isShare: metric.isShare,
          terminal: terminal
        ).render()
    }
  }

  private var heading: String {
    let words = ranking.span.map { ", \($0.words)" } ?? ""
    return "\(metric.nameWithUnit)\(words), \(query.words)"
      + query.comparisonWords(of: ranking.span) + (query.lowestFirst ? ", lowest first" : "")
  }

  private var hasVolume: Bool {
    (ranking.entries + ranking.apart).contains { $0.volume != nil }
  }
  private var hasInterval: Bool {
    (ranking.entries + ranking.apart).contains { $0.interval != nil }
  }
  private var hasShare: Bool { ranking.entries.contains { $0.share != nil } }
  private var style: Table.Style { metric.isShare ? .share : .plain }

  private func table(_ entries: [Ranking.Entry], ranked: Bool = false) -> Table {
    let isCompared = query.comparison != nil
    let all = ranking.entries + ranking.apart
    let showsCoverage = all.contains {
      $0.coverage.isIncomplete || $0.compared?.coverage.isIncomplete == true
    }
    let breakdown = query.breakdown ?? .app
    var columns: [Table.Column] = ranked ? [.init("rank", "Rank")] : []
    columns += breakdown.columns.suffix(1)
    columns.append(.init(metric.name, metric.name, style))
    if hasInterval { columns += [.init("low", "Low", .share), .init("high", "High", .share)] }
    if hasVolume { columns.append(.init("volume", "Of")) }
    if hasShare, ranked { columns.append(.init("share", "Share", .share)) }
    if isCompared {
      columns += [
        .init("then", "Then", style),
        .init("change", "Change", metric.isShare ? .difference : .change),
      ]
    }
    if showsCoverage { columns.append(.init("held", "Held")) }
    if showsCoverage, isCompared { columns.append(.init("held_then", "Held then")) }
    var table = Table(columns)
    for (index, entry) in entries.enumerated() {
      var row: [Table.Cell] = []
      if ranked { row.append(rank(of: entry, at: index + 1)) }
      row += [.text(entry.subject.label), .init(entry.value, of: metric)]
      if hasInterval {
        row += [.init(entry.interval?.lowerBound), .init(entry.interval?.upperBound)]
      }
      if hasVolume { row.append(.init(whole: entry.volume)) }
      if hasShare, ranked { row.append(.init(entry.share)) }
      if isCompared {
        row += [.init(entry.compared?.value, of: metric), .init(entry.compared?.change)]
      }
      if showsCoverage { row.append(.text(entry.coverage.words)) }
      if showsCoverage, isCompared { row.append(.init(entry.compared?.coverage.words)) }
      table.append(row)
    }
    return table
  }

  /// The rank of an entry at a place; none for the rest after the first few.
  private func rank(of entry: Ranking.Entry, at place: Int) -> Table.Cell {
    if case .other = entry.subject { .none } else { .count(place) }
  }

  private var records: Table {
    let breakdown = query.breakdown ?? .app
    var columns: [Table.Column] = [.init("metric", "metric"), .init("rank", "rank")]
    columns += breakdown.columns
    columns += [
      "value", "expected", "held", "volume", "low", "high", "share", "compared_date",
      "compared_value", "compared_expected", "compared_held", "change",
    ].map { .init($0, $0) }
    var table = Table(columns)
    let ranked = ranking.entries.enumerated().map { ($1, rank(of: $1, at: $0 + 1)) }
    for (entry, rank) in ranked + ranking.apart.map({ ($0, Table.Cell.none) }) {
      var row: [Table.Cell] = [.text(metric.name), rank]
      row += breakdown.cells(of: entry.subject)
      row += [
        .init(entry.value, of: metric), .count(entry.coverage.expected),
        .count(entry.coverage.held),
        .init(whole: entry.volume), .init(entry.interval?.lowerBound),
        .init(entry.interval?.upperBound), .init(entry.share),
        .init(entry.compared?.date.description), .init(entry.compared?.value, of: metric),
        entry.compared.map { .count($0.coverage.expected) } ?? .none,
        entry.compared.map { .count($0.coverage.held) } ?? .none, .init(entry.compared?.change),
      ]
      table.append(row)
    }
    return table
  }

  private func json(of entry: Ranking.Entry, at place: Int?) -> JSONValue {
    let breakdown = query.breakdown ?? .app
    var fields: [String: JSONValue] = [
      "rank": JSONValue(place.map { rank(of: entry, at: $0) } ?? .none),
      "value": JSONValue(.init(entry.value, of: metric)), "coverage": JSONValue(entry.coverage),
    ]
    for (column, cell) in zip(breakdown.columns, breakdown.cells(of: entry.subject)) {
      fields[column.name] = JSONValue(cell)
    }
    if hasVolume { fields["volume"] = JSONValue(.init(whole: entry.volume)) }
    if let interval = entry.interval {
      fields["interval"] = .fields([
        "low": .number(interval.lowerBound), "high": .number(interval.upperBound),
      ])
    }
    if hasShare { fields["share"] = JSONValue(.init(entry.share)) }
    if let compared = entry.compared { fields["compared"] = JSONValue(compared, of: metric) }
    return .fields(fields)
  }
}

extension Table.Cell {
  /// A count if the number is whole, else a number.
  init(whole number: Double?) {
    self =
      number.map { number in Int(exactly: number).map { .count($0) } ?? .number(number) } ?? .none
  }
}

extension JSONValue {
  init(_ compared: Series.Compared, of metric: Metric) {
    self = .fields([
      "date": .text(compared.date.description),
      "value": JSONValue(.init(compared.value, of: metric)),
      "coverage": JSONValue(compared.coverage), "change": JSONValue(.init(compared.change)),
    ])
  }
}
