import AlmanacCore
import AlmanacStore

/// The headline numbers of a period against the one before and the year before.
package struct Summary: Sendable {
  /// One metric of the whole period.
  package struct Headline: Sendable {
    package let metric: Metric
    package let value: Double?
    package let coverage: Coverage
    package let previous: Series.Compared
    package let year: Series.Compared
    /// The values bucket by bucket, from ``Summary/courseStart`` to the end of the period.
    package let course: [Double?]
  }

  /// An app's part in the change of ``moverMetric``.
  package struct Mover: Sendable {
    package let subject: Subject
    package let value: Double
    package let before: Double

    package var difference: Double { value - before }
  }

  /// An app that was used in the period before and not in this one.
  package struct Quiet: Sendable {
    package let subject: Subject
    package let before: Double
    /// The last day with messages; `nil` if no such day is held.
    package let lastActive: Day?
  }

  /// The metric whose change has movers, and whose absence makes an app quiet.
  package static let moverMetric = Metric(name: "messages")

  /// The least number of buckets in a course, however short the period is.
  private static let leastCourse = 14

  package let query: Query
  package let span: Span?
  package private(set) var courseStart: Day?
  package private(set) var headlines: [Headline] = []
  /// The movers, the largest part first.
  package private(set) var movers: [Mover] = []
  package private(set) var quiet: [Quiet] = []
  /// The apps that lack a bucket of the period.
  package private(set) var incomplete: [(subject: Subject, coverage: Coverage)] = []
  package private(set) var coverage = Coverage()
  package private(set) var notes: Notes

  package init(_ query: Query, from reader: FactReader) throws {
    var query = query
    query.comparison = .previous
    let resolved = try ResolvedQuery(query, from: reader)
    query = resolved.query
    query.metrics = Self.metrics(for: resolved)
    try query.validate()
    self.query = query
    span = resolved.span
    notes = resolved.notes
    guard let span else { return }
    let everything = resolved.selection.groups[0]
    let metrics = query.metrics.filter {
      (try? query.checkSums(of: $0, in: resolved.selection)) != nil
    }
    try summarize(metrics, of: everything, in: resolved, over: span)
    try compareApps(of: resolved, over: span)
  }

  /// The metrics of the headlines. `users` comes first if the period has one true number of users.
  /// If not, a metric takes its place that says nearly the same and adds up.
  private static func metrics(for resolved: ResolvedQuery) -> [Metric] {
    let isOneApp = resolved.selection.apps.count == 1
    let users =
      isOneApp ? resolved.span?.count == 1 ? "users" : "mean_daily_users" : "user_days"
    return [
      users, "new_users", "messages", "chats", "points", "errors", "error_rate", "satisfaction",
      "response_seconds_per_message",
    ].compactMap { Metric(name: $0) }
  }

  private mutating func summarize(
    _ metrics: [Metric], of group: Selection.Group, in resolved: ResolvedQuery, over span: Span
  ) throws {
    let shifts = [Query.Comparison.previous, .year].map { comparison in
      var other = query
      other.comparison = comparison
      return other.comparisonShift(of: span) ?? 0
    }
    let earlier = span.extended(by: Self.leastCourse - span.count)
    let shown = group.members.compactMap(\.first).min().map(earlier.from) ?? span
    courseStart = shown.starts.first
    let course = try resolved.tallies(of: group, for: metrics, over: shown)
    let now = try resolved.totals(of: group, for: metrics, over: span)
    let then = try shifts.map {
      try resolved.totals(of: group, for: metrics, over: span.moved(back: $0))
    }
    for (index, metric) in metrics.enumerated() {
      let compared = zip(shifts, then).map { shift, tallies in
        let old = tallies[index]
        return Series.Compared(
          date: span.moved(back: shift).days.lowerBound, value: old.value(of: metric),
          coverage: old.coverage,
          change: group.change(
            of: metric, to: (now[index], span.days), from: (old, span.moved(back: shift).days)))
      }
      headlines.append(
        Headline(
          metric: metric, value: now[index].value(of: metric), coverage: now[index].coverage,
          previous: compared[0], year: compared[1],
          course: course[index].map { $0.value(of: metric) }))
    }
    let coverages = zip(metrics, course).map {
      Notes.MetricCoverage($0, Array($1.suffix(span.count)))
    }
    notes.noteCoverage(of: coverages.filter { $0.metric == Self.moverMetric })
    try notes.noteLacking(in: coverages, of: resolved, over: span)
  }

  private mutating func compareApps(of resolved: ResolvedQuery, over span: Span) throws {
    guard let messages = Self.moverMetric else { return }
    let before = query.comparedSpan(of: span) ?? span
    for app in resolved.selection.apps {
      let group = Selection.Group(
        subject: .app(app.id, name: app.name),
        members: Selection.members(of: [app], through: resolved.selection.sources))
      let now = try resolved.totals(of: group, for: [messages], over: span)[0]
      let then = try resolved.totals(of: group, for: [messages], over: before)[0]
      coverage = coverage + now.coverage
      if now.coverage.held < now.coverage.expected {
        incomplete.append((group.subject, now.coverage))
      }
      // An app had no messages before its first day.
      let isNew = then.coverage.expected == 0
      guard now.isWhole, isNew || then.isWhole, group.isAlike(in: span.days, and: before.days)
      else {
        continue
      }
      if now.numerator != then.numerator {
        movers.append(
          Mover(subject: group.subject, value: now.numerator, before: then.numerator))
      }
      if now.numerator == 0, then.numerator > 0 {
        quiet.append(
          Quiet(
            subject: group.subject, before: then.numerator,
            lastActive: try lastActive(
              group, in: resolved, within: before.days.lowerBound..<span.days.lowerBound)))
      }
    }
    movers.sort { abs($0.difference) > abs($1.difference) }
    quiet.sort { $0.before > $1.before }
  }

  private func lastActive(
    _ group: Selection.Group, in resolved: ResolvedQuery, within days: Range<Day>
  ) throws -> Day? {
    try group.members.compactMap { member in
      try resolved.reader.buckets(
        FactReader.FactQuery(app: member.app.key, source: member.source, grain: .day, days: days),
        [.chatItemCount]
      ).last { ($0.figures[.chatItemCount] ?? 0) > 0 }?.day
    }.max()
  }
}
