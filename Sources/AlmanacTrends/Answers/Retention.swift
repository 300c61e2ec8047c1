import AlmanacCore
import AlmanacStore

/// The users of each cohort who were seen again, offset by offset.
package struct Retention: Sendable {
  /// The users of one bucket.
  package struct Cohort: Sendable {
    package let date: Day
    package let users: Double?
    /// The kind of users that they are; `nil` if no cohort tells.
    package let base: RetentionBase?
    package let state: BucketState?
    /// A return for each offset.
    package let returns: [Return]
  }

  /// A cohort as it is known at one offset.
  package struct Return: Sendable {
    /// Whether bucket T+offset has ended.
    package let isMature: Bool
    package let retained: Double?
    package let rate: Double?
    /// The users that the rate is a share of. If no app's cohort is held and mature, these are the
    /// users of all apps' cohorts.
    package let users: Double?
    package let coverage: Coverage
  }

  package let query: Query
  package let span: Span?
  package private(set) var offsets: [Int] = []
  package private(set) var cohorts: [Cohort] = []
  /// The rates of all mature cohorts together, one for each offset.
  package private(set) var rates: [Double?] = []
  /// The kind of users that the cohorts are of; `nil` without a cohort.
  package private(set) var base: RetentionBase?
  package private(set) var notes: Notes

  package init(_ query: Query, from reader: FactReader) throws {
    try query.validate()
    let resolved = try ResolvedQuery(query, from: reader)
    self.query = resolved.query
    notes = resolved.notes
    for metric in query.metrics { try query.checkSums(of: metric, in: resolved.selection) }
    guard resolved.span != nil, let rate = Metric(name: "retention_rate"),
      let group = resolved.selection.groups.first
    else {
      span = nil
      return
    }
    let held = try resolved.heldOffsets()
    offsets = query.offsets.isEmpty ? held : query.offsets
    notes.noteOffsets(wanted: offsets, held: held, at: query.grain)
    guard let nearest = offsets.min() else {
      span = nil
      notes.noDataReason = "no retention by \(query.grain) is held"
      return
    }
    span = query.cohorts(of: resolved, matureAt: nearest)
    guard let span else {
      notes.noDataReason = Self.immature
      return
    }
    try count(rate, of: group, in: resolved, over: span)
  }

  private static let immature = "no cohort is mature yet"

  private mutating func count(
    _ rate: Metric, of group: Selection.Group, in resolved: ResolvedQuery, over span: Span
  ) throws {
    let open = query.grain.start(of: resolved.today)
    var tallies: [[Tally]] = []
    for offset in offsets {
      tallies.append(
        try ResolvedQuery(resolved, offset: offset).tallies(of: group, for: [rate], over: span)[0])
    }
    let known = span.starts.indices.map { place in
      tallies.lazy.compactMap { $0[place].bases.first }.first
    }
    base = known.lazy.compactMap(\.self).first
    // A cohort that is not mature at any offset is taken to be like the one before it.
    let bases = known.reduce(into: [RetentionBase?]()) { $0.append($1 ?? $0.last ?? base) }
    var users: [RetentionBase?: [Tally]] = [:]
    for base in Set(bases) {
      guard let metric = Metric(name: base == .newUsers ? "new_users" : "users") else { continue }
      users[base] = try resolved.tallies(of: group, for: [metric], over: span)[0]
    }
    for (place, start) in span.starts.enumerated() {
      // The users of several apps are app-users.
      let own = users[bases[place]]?[place]
      let all = own.flatMap { $0.coverage.held > 0 ? $0.numerator : nil }
      let returns = zip(offsets, tallies).map { offset, tallies in
        let tally = tallies[place]
        return Return(
          isMature: query.grain.start(of: start, advancedBy: offset + 1) <= open,
          retained: tally.coverage.held > 0 ? tally.numerator : nil, rate: tally.value(of: rate),
          users: tally.coverage.held > 0 ? tally.denominator : all, coverage: tally.coverage)
      }
      cohorts.append(
        Cohort(
          date: start, users: all, base: bases[place], state: own?.state, returns: returns))
    }
    let sums = tallies.map { $0.reduce(Tally(), +) }
    rates = sums.map { $0.bases.count > 1 ? nil : $0.value(of: rate) }
    if sums.contains(where: { $0.bases.count > 1 }) {
      notes.warnings.append(
        "some cohorts are all users of a bucket, others only its new users; they have no common "
          + "rate")
    }
    if !cohorts.contains(where: { $0.returns.contains(where: \.isMature) }) {
      notes.noDataReason = Self.immature
    }
    notes.noteCoverage(of: tallies.map { Notes.MetricCoverage(rate, $0) })
  }
}

extension Query {
  /// The cohorts that are asked for; without a range the last twelve that are mature at an offset.
  fileprivate func cohorts(of resolved: ResolvedQuery, matureAt nearest: Int) -> Span? {
    guard range.isDefault, range.from == nil, range.to == nil else { return resolved.span }
    let end = grain.start(of: resolved.today, advancedBy: -nearest)
    let first = resolved.selection.groups.flatMap(\.members).compactMap(\.first).min()
    guard let first, first < end else { return nil }
    return Span(grain, count: range.last?.count ?? 12, before: end).from(first)
  }
}
