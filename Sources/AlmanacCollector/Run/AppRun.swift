import AlmanacCore
import AlmanacStore
import Foundation

/// One app's part of a run: its reads in order, each believed and written before the next.
struct AppRun {
  let app: App
  let server: ServerRun
  let zone: BucketZone
  /// The labels that the server is known to give its days.
  let labelling: ZoneHypothesis.Labelling?

  private(set) var outcome: AppReport
  private var known: AppKnowledge
  /// Whether the archive held nothing of the app when the run began.
  private let isNew: Bool
  private var failed: [Grain: [Range<Day>]] = [:]
  private var planned = 0
  /// The day that has not ended; the server's clock may move it back.
  private var today: Day
  /// The oldest day of which this run has changed a figure.
  private var oldestChange: Day?
  /// The newest day that has ended, as the answers of this run tell of it.
  private var newestDay = NewestDay.answered

  private enum NewestDay {
    /// The day has figures or no activity, or was not asked for.
    case answered
    /// The day is absent beside a bucket that cannot be placed, so its absence proves nothing.
    case leftOpen
    /// The server sent a value for the day that cannot be right.
    case refused(RefusedBucket)
  }

  init(
    app: App, server: ServerRun, zone: BucketZone, labelling: ZoneHypothesis.Labelling?,
    known: AppKnowledge, outcome: AppReport
  ) {
    self.app = app
    self.server = server
    self.zone = zone
    self.labelling = labelling
    self.known = known
    // After the loss of a log, rows may be of another age than what is known of their app.
    isNew = known.first == nil && !server.archive.hasLostLog
    self.outcome = outcome
    self.outcome.isFirst = isNew
    today = zone.day(holding: server.clock.now())
  }

  private var archive: Archive { server.archive }
  private var health: ServerHealth { server.health }
  private var settings: CollectorSettings { server.settings }
  private var clock: CivilClock { server.clock }
  private var run: Int { server.run }

  /// Reads the app and keeps what it got. Throws if the archive cannot be written, or if the run is
  /// cancelled.
  mutating func collect() async throws {
    planned = 1 + planner(today).allReads(known).count
    if outcome.failures.isEmpty, await canGoOn() {
      try await readTotals()
      if outcome.failures.isEmpty { try await readCharts() }
    }
    let expected = Closing.expected(of: known, settings.grains, before: today)
    let closing = Closing(
      known: known, held: try await archive.heldAtClose(known.key, of: expected), today: today,
      failed: failed)
    try await archive.close(
      closing.changes(isWhole: try await isWhole()), run: run, at: clock.now(),
      failure: outcome.failures.first?.cause)
  }

  /// Whether everything that was due was read. A past that is cut anew is not, while a day of it that
  /// the server remembers still begins elsewhere: it was refused, or absent beside what cannot be
  /// placed.
  private func isWhole() async throws -> Bool {
    guard outcome.failures.isEmpty, server.request.days == nil else { return false }
    guard known.isRecut else { return true }
    let first = [known.first, known.since, known.memory.forgottenThrough?.advanced(by: 1)]
    guard let first = first.compactMap(\.self).max() else { return true }
    return try await !archive.isCutElsewhere(known.key, than: zone, from: first)
  }

  private func planner(_ today: Day) -> Planner {
    Planner(
      settings: settings, today: today, days: server.request.days, oldestChange: oldestChange)
  }

  /// Reads the charts. The days of all sources come first, since they show what the other reads
  /// need.
  private mutating func readCharts() async throws {
    let today = today
    for read in planner(today).dayReads(known) where try await !make(read) { return }
    try await settleNewestDay()
    try await makeAll(planner(today).dayOffsetReads(known))
    try await makeAll(planner(today).coarseReads(known))
    try await makeAll(planner(today).sourceReads(known))
  }

  /// Asks once more, and alone, for the day that ended last if another bucket left it open. If that
  /// day stays missing, the app has failed: a server that spoils every answer must not look
  /// healthy.
  private mutating func settleNewestDay() async throws {
    if case .answered = newestDay { return }
    let day = today.advanced(by: -1)
    let window = Window(.day, holding: day..<today)
    let held = try await archive.held(known.key, [Archive.HeldQuery(.all, window)])
    if let state = held.first?.states.first ?? nil, state.state != .open { return }
    if case .leftOpen = newestDay {
      var read = PlannedRead(
        source: .all, offset: 1, window: window, settles: false, begins: false)
      read.isAlone = true
      guard try await make(read) else { return }
    }
    let cause: String
    switch newestDay {
    case .answered: return
    case .leftOpen: cause = "asked for alone, it still comes with a bucket that cannot be placed"
    case .refused(let bucket): cause = "\(bucket.field) \(bucket.reason)"
    }
    outcome.failures.append(
      ReadFailure(
        .badAnswer, "the newest day that has ended, \(day), is refused: \(cause)",
        hint: "look at what the server \(app.server) answers; the next runs ask for the day again. "
          + "`almanac status` lists what was refused"))
  }

  /// Notes what a day answer for all sources says of the day that ended last.
  private mutating func noteNewestDay(_ changes: Changes, _ belief: Belief) {
    let day = today.advanced(by: -1)
    guard belief.read.window.kept.contains(day) else { return }
    if let refusal = changes.refusals.first(where: { $0.date == day }) {
      newestDay = .refused(refusal.bucket)
    } else if !belief.absenceProves, !belief.tells(of: day) {
      newestDay = .leftOpen
    } else {
      newestDay = .answered
    }
  }

  /// Makes the reads. If one fails, the later ones of its series are left to the next run, so that
  /// the stretch that was read has no hole.
  private mutating func makeAll(_ reads: [PlannedRead]) async throws {
    planned = max(planned, outcome.requests + reads.count)
    var broken: Set<ReadSeries> = []
    for read in reads {
      let series = ReadSeries(read.source, read.grain, offset: read.offset)
      guard !broken.contains(series), await canGoOn() else { continue }
      if try await !make(read) { broken.insert(series) }
    }
  }

  /// Whether the server is still worth asking; notes why it is not.
  private mutating func canGoOn() async -> Bool {
    guard let reason = await health.reasonToStop() else { return true }
    if outcome.failures.isEmpty { outcome.failures.append(reason) }
    return false
  }

  private mutating func readTotals() async throws {
    let start = ContinuousClock.now
    do {
      let totals = try await server.feed.totals(app.id)
      await health.noteAnswer()
      count()
      try await archive.write(
        totals, readAt: clock.believed(serverDate: totals.delivery.serverDate),
        record(start, totals.delivery))
      outcome.hasRead = true
    } catch let failure as ReadFailure {
      try await note(failure, record(start, failure.delivery, failure))
    }
  }

  /// Makes a read. Returns whether it brought an answer.
  private mutating func make(_ read: PlannedRead) async throws -> Bool {
    let chart = ChartRead(
      app: app.id, source: read.source, window: read.window, offset: read.offset, zone: zone,
      withSpares: !read.isAlone)
    let start = ContinuousClock.now
    do {
      let answer = try await server.feed.chart(chart)
      await health.noteAnswer()
      count()
      try await take(answer, read, record(start, answer.delivery, about: read))
      return true
    } catch let failure as ReadFailure {
      let record = record(start, failure.delivery, failure, about: read)
      if failure.kind == .source, case .named(let name) = read.source {
        count()
        var changes = Changes(of: known)
        changes.known.sources[name]?.isRejected = true
        try await archive.apply(changes, record)
        known = changes.known
        server.report(.warned("\(app.name): the server no longer accepts the source \(name)"))
        return false
      }
      if read.source == .all { failed[read.grain, default: []].append(read.window.kept) }
      try await note(failure, record)
      return false
    }
  }

  /// Decides what is believed of an answer, and writes the changes.
  private mutating func take(
    _ answer: Answer, _ read: PlannedRead, _ record: RequestRecord
  ) async throws {
    await tellOfSkew(answer.delivery.serverDate)
    let moment = Moment(
      zone: zone, labelling: labelling, now: clock.believed(serverDate: answer.delivery.serverDate),
      lookBack: settings.lookBack, run: run)
    today = min(today, moment.today)
    let isForgetting = known.memory.forgottenThrough != nil && read.isDays
    let base = await health.base(of: answer)
    let held = try await held(read)
    let newestOlder =
      isForgetting
      ? try await archive.newestActiveDay(known.key, before: read.window.kept.lowerBound) : nil
    let belief = Stage.judging.measured {
      Belief(
        of: answer, to: read, at: moment, knowing: known, base: base, held: held,
        newestOlder: newestOlder, seen: outcome.seen)
    }
    let states = belief.movesMemory ? try await archive.states(known.key) : [:]
    let believed = Stage.judging.measured { belief.outcome(states: states) }
    try await archive.apply(believed.changes, record)
    tell(believed.changes, of: read)
    known = believed.changes.known
    outcome.counts += believed.changes.counts
    outcome.hasRead = true
    outcome.remembered = [outcome.remembered, belief.remembered].compactMap(\.self).min()
    guard read.isDays else { return }
    noteNewestDay(believed.changes, belief)
    oldestChange = [oldestChange, believed.oldestChange].compactMap(\.self).min()
    outcome.seen = [outcome.seen, believed.oldestActive].compactMap(\.self).min()
  }

  private func tell(_ changes: Changes, of read: PlannedRead) {
    server.report(
      .believed(
        "\(app.name): \(read.window) of \(read.source) at T+\(read.offset)", changes.counts))
    if let end = changes.known.memory.forgottenThrough, end != known.memory.forgottenThrough {
      server.report(.decided("\(app.name): the server has forgotten what is up to \(end)"))
    }
  }

  /// The held buckets that a belief in the read's answer needs. Nothing is looked up where only this
  /// run could have written, and has not yet.
  private func held(_ read: PlannedRead) async throws -> [Held] {
    if isNew, read.source == .all, read.offset == 1, !read.isAlone { return [Held(read.window)] }
    return try await archive.held(known.key, Belief.queries(for: read))
  }

  private func tellOfSkew(_ serverDate: Date?) async {
    guard let skew = clock.skew(serverDate: serverDate), await health.isFirstToTellOfSkew()
    else { return }
    server.report(
      .warned(
        "\(app.server): the server's clock is \(abs(skew)) seconds "
          + (skew < 0 ? "behind" : "ahead of")
          + " this host's; a bucket counts as ended when both say so"))
  }

  private mutating func note(_ failure: ReadFailure, _ record: RequestRecord) async throws {
    await health.note(failure, of: app.id)
    outcome.failures.append(failure)
    count()
    try await archive.record(record)
  }

  private mutating func count() {
    outcome.requests += 1
    server.report(.progressed(app.id, made: outcome.requests, planned: planned))
  }

  /// The ledger's record of a request. Without a read, the request was for the totals.
  private func record(
    _ start: ContinuousClock.Instant, _ delivery: Delivery, _ failure: ReadFailure? = nil,
    about read: PlannedRead? = nil
  ) -> RequestRecord {
    RequestRecord(
      run: run, app: known.key, about: read, since: start, answeredAt: clock.now(),
      delivery: delivery, failure: failure)
  }
}

extension RequestRecord {
  /// A record of a read that began at an instant; without a read, of a request for the totals.
  init(
    run: Int, app: Int, about read: PlannedRead?, since start: ContinuousClock.Instant,
    answeredAt: Date, delivery: Delivery, failure: ReadFailure?
  ) {
    self.init(
      run: run, app: app, endpoint: read == nil ? .totals : .chart, answeredAt: answeredAt,
      seconds: start.duration(to: .now) / .seconds(1), delivery: delivery, failure: failure)
    source = read?.source
    grain = read?.grain
    offset = read?.offset
    asked = read?.asked
  }
}
