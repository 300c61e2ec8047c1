import AlmanacCore
import AlmanacStore

/// How many users of each cohort were seen again, offset by offset.
package struct Retention: Sendable {
  /// The users of one bucket.
  package struct Cohort: Sendable {
    package let date: Day
    package let users: Double?
    package let state: BucketState?
    /// One for each offset.
    package let returns: [Return]
  }

  /// What is known of a cohort at one offset.
  package struct Return: Sendable {
    /// Whether bucket T+offset has ended.
    package let isMature: Bool
    package let retained: Double?
    package let rate: Double?
    package let coverage: Coverage
  }

  package let query: Query
  package let span: Span?
  package private(set) var offsets: [Int] = []
  package private(set) var cohorts: [Cohort] = []
  /// The rates of all mature cohorts together, one for each offset.
  package private(set) var rates: [Double?] = []
  /// Which users the cohorts are of; `nil` without any.
  package private(set) var base: RetentionBase?
  package private(set) var notes: Notes

  package init(_ query: Query, _ reader: FactReader) throws {
    try query.validate()
    let question = try Question(query, reader)
    self.query = query
    notes = question.notes
    for metric in query.metrics { try query.checkSums(metric, question.selection) }
    guard question.span != nil, let rate = Metric(name: "retention_rate"),
      let group = question.selection.groups.first
    else {
      span = nil
      return
    }
    let held = try Set(group.members.flatMap { try reader.offsets($0.app.key, query.grain) })
    offsets = query.offsets.isEmpty ? held.sorted() : query.offsets
    guard let nearest = offsets.min() else {
      span = nil
      notes.nothing = "no retention by \(query.grain) is held"
      return
    }
    span = query.cohorts(question, nearest)
    guard let span else {
      notes.nothing = "no cohort is mature yet"
      return
    }
    try count(group, question, rate, span)
  }

  private mutating func count(
    _ group: Selection.Group, _ question: Question, _ rate: Metric, _ span: Span
  ) throws {
    let open = query.grain.start(of: question.today)
    var tallies: [[Tally]] = []
    for offset in offsets {
      tallies.append(try Question(question, offset: offset).tallies(group, [rate], span)[0])
    }
    base = tallies.joined().flatMap(\.bases).first
    let figure: Figure = base == .newUsers ? .newUserCount : .userCount
    let users = try self.users(group, question, figure, span)
    for (place, start) in span.starts.enumerated() {
      let returns = zip(offsets, tallies).map { offset, tallies in
        let tally = tallies[place]
        return Return(
          isMature: query.grain.start(of: start, advancedBy: offset + 1) <= open,
          retained: tally.coverage.held > 0 ? tally.top : nil, rate: tally.value(rate),
          coverage: tally.coverage)
      }
      cohorts.append(
        Cohort(
          date: start, users: users[place].coverage.held > 0 ? users[place].top : nil,
          state: users[place].state, returns: returns))
    }
    rates = tallies.map { $0.reduce(Tally(), +).value(rate) }
    notes.take(tallies.flatMap { $0 }.filter { $0.coverage.expected > 0 })
  }

  /// The cohorts' users, of several apps as app-users.
  private func users(
    _ group: Selection.Group, _ question: Question, _ figure: Figure, _ span: Span
  ) throws -> [Tally] {
    var sums = [Tally](repeating: Tally(), count: span.count)
    for member in group.members {
      let scope = FactReader.Scope(
        app: member.app.key, source: member.source, grain: span.grain, days: span.days)
      guard let first = member.first.map(span.grain.start) else { continue }
      for row in try question.reader.buckets(scope, [figure])
      where row.state != .open && row.day >= first {
        guard let place = span.starts.firstIndex(of: row.day), let users = row.figures[figure]
        else { continue }
        sums[place].hold((users, 1), row.state)
      }
    }
    return sums
  }
}

extension Query {
  /// The cohorts that are asked for; without a range the last twelve that are mature at the
  /// nearest offset.
  fileprivate func cohorts(_ question: Question, _ nearest: Int) -> Span? {
    guard range.isDefault, range.from == nil, range.to == nil else { return question.span }
    let end = grain.start(of: question.today, advancedBy: -nearest)
    let first = question.selection.groups.flatMap(\.members).compactMap(\.first).min()
    guard let first, first < end else { return nil }
    return Span(grain, range.last?.count ?? 12, before: end).from(first)
  }
}
