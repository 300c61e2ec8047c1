import AlmanacCore
import AlmanacTrends

/// Turns a summary into tables, rows and JSON.
package struct SummaryReport {
  /// The number of apps that people are shown. Programs get all.
  private static let shownApps = 5

  private let summary: Summary
  private let query: Query

  package init(_ summary: Summary) {
    self.summary = summary
    query = summary.query
  }

  private var moved: String { Summary.moverMetric?.name ?? "" }

  /// Each form of the summary. The terminal decides how the course of a metric is drawn.
  package func rendition(for terminal: Terminal) -> Rendition {
    Rendition(
      headlineSections(for: terminal) + [
        .init("What moved \(moved)", movers),
        .init("Gone quiet: \(moved) before, none in the period", quiet),
        .init("Not wholly held: \(moved), \(query.grain)s held of those expected", incomplete),
      ],
      records: Records(records), json: json)
  }

  /// The headlines in two sections, counts and shares, since a column shows all its values alike.
  private func headlineSections(for terminal: Terminal) -> [Rendition.Section] {
    let groups = [false, true].map { isShare in
      summary.headlines.filter { $0.metric.isShare == isShare }
    }
    return zip([heading, "Shares"], groups).map { heading, headlines in
      Rendition.Section(heading, table(headlines, for: terminal))
    }
  }

  private var heading: String {
    let words = summary.span.map { "\($0.words), " } ?? ""
    let before = summary.headlines.first.map {
      "; before: from \($0.previous.date), a year before: from \($0.year.date)"
    }
    let isLonger = summary.courseStart != summary.span?.days.lowerBound
    let course = summary.courseStart.map { isLonger ? "; course: from \($0)" : "" }
    return "Summary of \(words)\(query.words)\(before ?? "")\(course ?? "")"
  }

  private func table(_ headlines: [Summary.Headline], for terminal: Terminal) -> Table {
    let isShare = headlines.first?.metric.isShare ?? false
    let style: Table.Style = isShare ? .share : .plain
    let change: Table.Style = isShare ? .difference : .change
    // The coverage of the value, of the one before, and of the one a year before.
    let coverages: [(column: Table.Column, of: (Summary.Headline) -> Coverage)] = [
      (.init("held", "Held"), \.coverage),
      (.init("before_held", "Held before"), \.previous.coverage),
      (.init("year_held", "Held a year before"), \.year.coverage),
    ].filter { coverage in headlines.contains { coverage.of($0).isIncomplete } }
    var table = Table(
      [
        .init("metric", "Metric"), .init("unit", "Unit"), .init("value", "Value", style),
        .init("before", "Before", style), .init("change", "Change", change),
        .init("year_before", "Year before", style), .init("year_change", "Change", change),
      ] + coverages.map(\.column) + [.init("course", "Course", .course)])
    for headline in headlines {
      table.append(
        [
          .text(headline.metric.name), .init(headline.metric.unit),
          .init(headline.value, of: headline.metric),
          .init(headline.previous.value, of: headline.metric), .init(headline.previous.change),
          .init(headline.year.value, of: headline.metric), .init(headline.year.change),
        ] + coverages.map { .text($0.of(headline).words) } + [
          .text(Sparkline(headline.course, glyphs: terminal.glyphs).render())
        ])
    }
    return table
  }

  private var movers: Table {
    var table = Table([
      .init("app", "App"), .init("value", "Value"), .init("before", "Before"),
      .init("difference", "Difference"),
    ])
    for mover in summary.movers.prefix(Self.shownApps) {
      table.append([
        .text(mover.subject.label), .init(whole: mover.value), .init(whole: mover.before),
        .init(whole: mover.difference),
      ])
    }
    return table
  }

  private var quiet: Table {
    var table = Table([
      .init("app", "App"), .init("before", "Before"), .init("last_active", "Last active"),
    ])
    for app in summary.quiet {
      table.append([
        .text(app.subject.label), .init(whole: app.before), .init(app.lastActive?.description),
      ])
    }
    return table
  }

  private var incomplete: Table {
    var table = Table([.init("app", "App"), .init("held", "Held")])
    for (subject, coverage) in summary.incomplete {
      table.append([.text(subject.label), .text(coverage.words)])
    }
    return table
  }

  private var records: Table {
    var table = Table(
      [
        "metric", "unit", "value", "expected", "held", "before_date", "before", "before_expected",
        "before_held", "change", "year_date", "year_before", "year_expected", "year_held",
        "year_change",
      ].map { .init($0, $0) })
    for headline in summary.headlines {
      let old = [headline.previous, headline.year].flatMap { compared -> [Table.Cell] in
        [
          .text(compared.date.description), .init(compared.value, of: headline.metric),
          .count(compared.coverage.expected), .count(compared.coverage.held),
          .init(compared.change),
        ]
      }
      table.append(
        [
          .text(headline.metric.name), .init(headline.metric.unit),
          .init(headline.value, of: headline.metric), .count(headline.coverage.expected),
          .count(headline.coverage.held),
        ] + old)
    }
    return table
  }

  private var json: JSONValue {
    .answer(
      to: query, over: summary.span, notes: summary.notes,
      [
        "headlines": .list(
          summary.headlines.map { headline in
            .fields([
              "metric": .text(headline.metric.name), "unit": JSONValue(.init(headline.metric.unit)),
              "value": JSONValue(.init(headline.value, of: headline.metric)),
              "coverage": JSONValue(headline.coverage),
              "previous": JSONValue(headline.previous, of: headline.metric),
              "year": JSONValue(headline.year, of: headline.metric),
              "course": .list(headline.course.map { JSONValue(.init($0, of: headline.metric)) }),
            ])
          }),
        "course_from": JSONValue(.init(summary.courseStart?.description)),
        "coverage": JSONValue(summary.coverage),
        "movers": .list(
          summary.movers.map { mover in
            fields(
              of: mover.subject,
              and: [
                "value": JSONValue(.init(whole: mover.value)),
                "before": JSONValue(.init(whole: mover.before)),
                "difference": JSONValue(.init(whole: mover.difference)),
              ])
          }),
        "quiet": .list(
          summary.quiet.map { app in
            fields(
              of: app.subject,
              and: [
                "before": JSONValue(.init(whole: app.before)),
                "last_active": JSONValue(.init(app.lastActive?.description)),
              ])
          }),
        "incomplete": .list(
          summary.incomplete.map {
            fields(of: $0.subject, and: ["coverage": JSONValue($0.coverage)])
          }),
      ])
  }

  private func fields(of subject: Subject, and more: [String: JSONValue]) -> JSONValue {
    let named = zip(
      Query.Breakdown.app.columns, Query.Breakdown.app.cells(of: subject)
    ).map { ($0.name, JSONValue($1)) }
    return .fields(more.merging(named) { first, _ in first })
  }
}
