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

  /// An app's part in the change of ``moved``.
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
    /// The last day with messages; `nil` where no day of it is held.
    package let lastActive: Day?
  }

  /// The metric that movers move, and whose absence makes an app quiet.
  package static let moved = Metric(name: "messages")

  /// The least number of buckets in a course, however short the period is.
  private static let leastCourse = 14

  package let query: Query
  package let span: Span?
  package private(set) var courseStart: Day?
  package private(set) var headlines: [Headline] = []
  /// Those with the largest part first.
  package private(set) var movers: [Mover] = []
  package private(set) var quiet: [Quiet] = []
  /// Apps of which something of the period is not held.
  package private(set) var incomplete: [(subject: Subject, coverage: Coverage)] = []
  package private(set) var coverage = Coverage()
  package private(set) var notes: Notes

  package init(_ query: Query, _ reader: FactReader) throws {
    var query = query
    query.comparison = .previous
    let question = try Question(query, reader)
    query = question.query
    query.metrics = Self.metrics(question)
    try query.validate()
    self.query = query
    span = question.span
    notes = question.notes
    guard let span else { return }
    let everything = question.selection.groups[0]
    let metrics = query.metrics.filter { (try? query.checkSums($0, question.selection)) != nil }
    try summarize(metrics, everything, question, span)
    try compareApps(question, span)
  }

  /// `users` where one number is true, else what says nearly the same and adds up.
  private static func metrics(_ question: Question) -> [Metric] {
    let isOneApp = question.selection.apps.count == 1
    let users =
      isOneApp ? question.span?.count == 1 ? "users" : "mean_daily_users" : "user_days"
    return [
      users, "new_users", "messages", "chats", "points", "errors", "error_rate", "satisfaction",
      "response_seconds_per_message",
    ].compactMap { Metric(name: $0) }
  }

  private mutating func summarize(
    _ metrics: [Metric], _ group: Selection.Group, _ question: Question, _ span: Span
  ) throws {
    let shifts = [Query.Comparison.previous, .year].map { comparison in
      var other = query
      other.comparison = comparison
      return other.shift(span.count) ?? 0
    }
    let earlier = span.extended(by: Self.leastCourse - span.count)
    let shown = group.members.compactMap(\.first).min().map(earlier.from) ?? span
    courseStart = shown.starts.first
    let course = try question.tallies(group, metrics, shown)
    let now = try question.totals(group, metrics, span)
    let then = try shifts.map { try question.totals(group, metrics, span.moved(back: $0)) }
    for (index, metric) in metrics.enumerated() {
      let compared = zip(shifts, then).map { shift, tallies in
        let old = tallies[index]
        return Series.Compared(
          date: span.moved(back: shift).days.lowerBound, value: old.value(metric),
          coverage: old.coverage,
          change: group.change(
            metric, (now[index], span.days), from: (old, span.moved(back: shift).days)))
      }
      headlines.append(
        Headline(
          metric: metric, value: now[index].value(metric), coverage: now[index].coverage,
          previous: compared[0],
          year: compared[1], course: course[index].map { $0.value(metric) }))
    }
    // Other figures may be unknown of what is held.
    notes.take(
      zip(metrics, course).filter { $0.0 == Self.moved }
        .map { Notes.Holding($0, Array($1.suffix(span.count))) })
  }

  private mutating func compareApps(_ question: Question, _ span: Span) throws {
    guard let messages = Self.moved else { return }
    let before = query.compared(span) ?? span
    for app in question.selection.apps {
      let group = Selection.Group(
        subject: .app(app.id, name: app.name),
        members: Selection.members([app], question.selection.sources))
      let now = try question.totals(group, [messages], span)[0]
      let then = try question.totals(group, [messages], before)[0]
      coverage = coverage + now.coverage
      if now.coverage.held < now.coverage.expected {
        incomplete.append((group.subject, now.coverage))
      }
      // Before its first day an app had none.
      let isNew = then.coverage.expected == 0
      guard now.isWhole, isNew || then.isWhole, group.isAlike(span.days, before.days) else {
        continue
      }
      if now.top != then.top {
        movers.append(Mover(subject: group.subject, value: now.top, before: then.top))
      }
      if now.top == 0, then.top > 0 {
        quiet.append(
          Quiet(
            subject: group.subject, before: then.top,
            lastActive: try lastActive(
              group, question, before.days.lowerBound..<span.days.lowerBound)
          ))
      }
    }
    movers.sort { abs($0.difference) > abs($1.difference) }
    quiet.sort { $0.before > $1.before }
  }

  private func lastActive(
    _ group: Selection.Group, _ question: Question, _ days: Range<Day>
  ) throws -> Day? {
    try group.members.compactMap { member in
      try question.reader.buckets(
        FactReader.Scope(app: member.app.key, source: member.source, grain: .day, days: days),
        [.chatItemCount]
      ).last { ($0.figures[.chatItemCount] ?? 0) > 0 }?.day
    }.max()
  }
}
