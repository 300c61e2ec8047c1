import AlmanacCore
import AlmanacStore
import Foundation

/// A query together with the archive that answers it, and with the apps and buckets that it means
/// there.
struct ResolvedQuery {
  private(set) var query: Query
  let reader: FactReader
  let selection: Selection
  /// The day that has not ended, on the server where it is earliest.
  let today: Day
  /// `nil` if nothing was active in the range, or nothing was ever read.
  let span: Span?
  var notes = Notes()

  init(_ query: Query, from reader: FactReader) throws {
    self.query = query
    self.reader = reader
    selection = try Selection(query, from: reader)
    self.query.apps = selection.named
    notes.now = reader.moment.now
    notes.noteAge(of: query)
    if !reader.moment.knowsStates, reader.moment.now != nil {
      notes.warnings.append(
        "the states of that day are not recorded; they are derived from the runs that completed, "
          + "settled and lost each bucket")
    }
    guard let now = reader.moment.now else {
      notes.noDataReason =
        query.asOf.map { "no run had finished by the end of \($0)" }
        ?? "no run has finished yet: `almanac collect` makes the first"
      (today, span) = (Day(number: 0), nil)
      return
    }
    let zones = Dictionary(
      selection.apps.map { ($0.server, $0.zone) }, uniquingKeysWith: { first, _ in first })
    today = zones.values.map { $0.day(holding: now) }.min() ?? BucketZone.utc.day(holding: now)
    let (asked, omissions) = try query.span(today: today)
    notes.warnings += omissions
    if Set(zones.values).count > 1 {
      notes.warnings.append(
        "the servers' days begin at different hours and are joined by their date: "
          + zones.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
      )
    }
    let unread = selection.apps.filter { !$0.hasBeenRead && !$0.isRetired }.map(\.name)
    if !unread.isEmpty {
      notes.warnings.append("not read yet, and in no figure: " + Notes.list(unread))
    }
    let start = (query.comparedSpan(of: asked) ?? asked).days.lowerBound
    notes.noteAvailability(of: selection, in: start..<asked.days.upperBound)
    let members = selection.groups.flatMap(\.members)
    let first = members.compactMap(\.first).min()
    // Older days may be held of an app that is wanted from a day on. They are known, not wanted.
    let isWanted = members.contains { $0.first == first && $0.app.since == first }
    let nothingBefore = { (day: Day) in
      "nothing is \(isWanted ? "wanted" : "known") before \(day)"
    }
    guard let first, first < asked.days.upperBound else {
      notes.noDataReason =
        first.map(nothingBefore)
        ?? (selection.groups.isEmpty
          ? "there is no \(query.breakdown?.rawValue ?? "app") to break it down by"
          : "no activity of what was asked for is known")
      span = nil
      return
    }
    span = asked.from(first)
    if asked.days.lowerBound < asked.grain.start(of: first), !query.range.isDefault {
      notes.warnings.append(nothingBefore(first))
    }
  }
}

extension ResolvedQuery {
  /// The same query about another offset of retention.
  init(_ other: ResolvedQuery, offset: Int) {
    self = other
    query.offset = offset
  }

  /// The offsets of retention that are held at the grain, ascending.
  func heldOffsets() throws -> [Int] {
    try Set(
      selection.groups.flatMap(\.members).flatMap {
        try reader.offsets($0.app.key, source: $0.source, query.grain)
      }
    ).sorted()
  }

  /// The sums of a group, bucket by bucket, for each metric.
  func tallies(
    of group: Selection.Group, for metrics: [Metric], over span: Span
  ) throws -> [[Tally]] {
    let tallyReader = TallyReader(reader, over: span, for: query, today: today)
    var sums = metrics.map { _ in [Tally](repeating: Tally(), count: span.count) }
    for member in group.members {
      let parts = try tallyReader.tallies(of: member, for: metrics)
      for metric in parts.indices {
        for place in parts[metric].indices { sums[metric][place].add(parts[metric][place]) }
      }
    }
    for (metric, sums) in zip(metrics, sums) { try checkBase(of: metric, in: sums) }
    return sums
  }

  /// The sum of a group over all buckets, for each metric. A metric that adds up over time is read
  /// from the coarsest buckets that are held whole.
  func totals(
    of group: Selection.Group, for metrics: [Metric], over span: Span
  ) throws -> [Tally] {
    let rollups = RollupSum(reader, over: span, for: query, today: today)
    var sums = metrics.map { _ in Tally() }
    for member in group.members {
      for (index, total) in try rollups.totals(of: member, for: metrics).enumerated() {
        sums[index].add(total)
      }
    }
    for (metric, sum) in zip(metrics, sums) { try checkBase(of: metric, in: [sum]) }
    return sums
  }

  /// The groups after the first few as one; `nil` if that is no true figure.
  func rest(
    of rest: [Subject], besides kept: [Subject], for metric: Metric
  ) -> Selection.Group? {
    let over = query.breakdown == .source ? metric.overSources : metric.overApps
    guard over.addsUp else { return nil }
    let groups = { (subjects: [Subject]) in
      selection.groups.filter { subjects.contains($0.subject) }.flatMap(\.members)
    }
    // An app is not in the rest if one of its tags is shown.
    let shown = query.breakdown == .tag ? Set(groups(kept).map(\.app.key)) : []
    var seen: Set<[Int]> = []
    let members = groups(rest).filter { member in
      !shown.contains(member.app.key) && seen.insert([member.app.key, member.source]).inserted
    }
    return Selection.Group(subject: .other(count: rest.count), members: members)
  }

  /// Throws if cohorts of all users would be added to cohorts of new ones.
  func checkBase(of metric: Metric, in tallies: [Tally]) throws {
    guard tallies.contains(where: { $0.bases.count > 1 }) else { return }
    let each = query.variation {
      // A single cohort of one app has one base.
      $0.command = "trend"
      ($0.breakdown, $0.top, $0.smooth) = (.app, nil, nil)
      ($0.lowestFirst, $0.minVolume) = (false, Query.leastVolume)
    }
    throw query.refusal(
      "\(metric.name) cannot be added up here: some cohorts are all users of a bucket, others "
        + "only its new users",
      hint: "ask for each cohort of each app by itself with \(each), or for a shorter range")
  }
}
