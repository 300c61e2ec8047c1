import AlmanacCore
import AlmanacStore

/// How many users of each cohort were seen again, offset by offset.
package struct Retention: Sendable {
  /// The users of one bucket.
  package struct Cohort: Sendable {
    package let date: Day
    package let users: Double?
    /// Which users they are; `nil` where that is not known of any.
    package let base: RetentionBase?
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
    /// The users of those cohorts that it is a share of; of an immature one, of all.
    package let users: Double?
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
    self.query = question.query
    notes = question.notes
    for metric in query.metrics { try query.checkSums(metric, question.selection) }
    guard question.span != nil, let rate = Metric(name: "retention_rate"),
      let group = question.selection.groups.first
    else {
      span = nil
      return
    }
    let held = try question.heldOffsets()
    offsets = query.offsets.isEmpty ? held : query.offsets
    notes.takeOffsets(offsets, held, query.grain)
    guard let nearest = offsets.min() else {
      span = nil
      notes.nothing = "no retention by \(query.grain) is held"
      return
    }
    span = query.cohorts(question, nearest)
    guard let span else {
      notes.nothing = Self.immature
      return
    }
    try count(group, question, rate, span)
  }

  private static let immature = "no cohort is mature yet"

  private mutating func count(
    _ group: Selection.Group, _ question: Question, _ rate: Metric, _ span: Span
  ) throws {
    let open = query.grain.start(of: question.today)
    var tallies: [[Tally]] = []
    for offset in offsets {
      tallies.append(try Question(question, offset: offset).tallies(group, [rate], span)[0])
    }
    let known = span.starts.indices.map { place in
      tallies.lazy.compactMap { $0[place].bases.first }.first
    }
    base = known.lazy.compactMap(\.self).first
    // One that nobody was looked for again of yet will be like those before it.
    let bases = known.reduce(into: [RetentionBase?]()) { $0.append($1 ?? $0.last ?? base) }
    var users: [RetentionBase?: [Tally]] = [:]
    for base in Set(bases) {
      guard let metric = Metric(name: base == .newUsers ? "new_users" : "users") else { continue }
      users[base] = try question.tallies(group, [metric], span)[0]
    }
    for (place, start) in span.starts.enumerated() {
      // Of several apps as app-users.
      let own = users[bases[place]]?[place]
      let all = own.flatMap { $0.coverage.held > 0 ? $0.top : nil }
      let returns = zip(offsets, tallies).map { offset, tallies in
        let tally = tallies[place]
        return Return(
          isMature: query.grain.start(of: start, advancedBy: offset + 1) <= open,
          retained: tally.coverage.held > 0 ? tally.top : nil, rate: tally.value(rate),
          users: tally.coverage.held > 0 ? tally.bottom : all, coverage: tally.coverage)
      }
      cohorts.append(
        Cohort(
          date: start, users: all, base: bases[place], state: own?.state, returns: returns))
    }
    let sums = tallies.map { $0.reduce(Tally(), +) }
    rates = sums.map { $0.bases.count > 1 ? nil : $0.value(rate) }
    if sums.contains(where: { $0.bases.count > 1 }) {
      notes.warnings.append(
        "some cohorts are of all users of a bucket, others of its new ones; they have no common rate"
      )
    }
    if !cohorts.contains(where: { $0.returns.contains(where: \.isMature) }) {
      notes.nothing = Self.immature
    }
    notes.take(tallies.map { Notes.Holding(rate, $0) })
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
