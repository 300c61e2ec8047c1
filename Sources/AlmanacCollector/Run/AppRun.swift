import AlmanacCore
import AlmanacStore
import Foundation

/// One app's part of a run: its reads in order, each believed and written before the next.
struct AppRun {
  let app: App
  let archive: Archive
  let feed: Feed
  let health: ServerHealth
  let settings: CollectorSettings
  let clock: CivilClock
  let zone: BucketZone
  let run: Int
  let days: Range<Day>?
  let report: @Sendable (RunEvent) -> Void

  private(set) var outcome: AppReport
  private var standing: Standing
  private var sentBefore: Set<Figure>
  private var failed: [Grain: [Range<Day>]] = [:]
  private var planned = 0
  /// The day that has not ended; the server's clock may move it back.
  private var today: Day
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
    app: App, archive: Archive, feed: Feed, health: ServerHealth, settings: CollectorSettings,
    clock: CivilClock, zone: BucketZone, run: Int, days: Range<Day>?, standing: Standing,
    sentBefore: Set<Figure>, outcome: AppReport, report: @escaping @Sendable (RunEvent) -> Void
  ) {
    self.app = app
    self.archive = archive
    self.feed = feed
    self.health = health
    self.settings = settings
    self.clock = clock
    self.zone = zone
    self.run = run
    self.days = days
    self.standing = standing
    self.sentBefore = sentBefore
    self.outcome = outcome
    self.report = report
    today = zone.day(holding: clock.now())
  }

  /// Ends with what is kept; throws for an archive that cannot be written and when cancelled.
  mutating func collect() async throws {
    let planner = Planner(settings: settings, today: today, days: days)
    planned = 1 + planner.allReads(standing).count
    if outcome.failures.isEmpty, await canGoOn() {
      try await readTotals()
      if outcome.failures.isEmpty { try await readCharts(planner) }
    }
    try await archive.close(
      Archive.AppClosing(
        app: standing.key, run: run, grains: settings.grains, today: today, at: clock.now(),
        failure: outcome.failures.first?.cause, failed: failed))
  }

  /// Days of all sources first: they show what the other reads need.
  private mutating func readCharts(_ planner: Planner) async throws {
    let days = planner.dayReads(standing)
    for read in days where try await !make(read) { return }
    try await settleNewestDay()
    try await makeAll(planner.dayOffsetReads(standing))
    try await makeAll(planner.coarseReads(standing))
    try await makeAll(planner.sourceReads(standing))
  }

  /// Asks once more, alone, for a newest ended day that another bucket left open. If the day stays
  /// missing, the app has failed: a server that spoils every answer must not look well.
  private mutating func settleNewestDay() async throws {
    if case .answered = newestDay { return }
    let day = today.advanced(by: -1)
    let held = try await archive.heldDays(standing.key, day..<today)[day]
    if let held, held.state != .open { return }
    if case .leftOpen = newestDay {
      var read = PlannedRead(
        source: .all, offset: 1, window: Window(.day, holding: day..<today), settles: false,
        begins: false)
      read.isAlone = true
      guard try await make(read) else { return }
    }
    let cause: String
    switch newestDay {
    case .answered: return
    case .leftOpen: cause = "even alone, it comes with a bucket that cannot be placed"
    case .refused(let bucket): cause = "\(bucket.field) \(bucket.reason)"
    }
    outcome.failures.append(
      ReadFailure(
        .badAnswer, "the newest day that has ended, \(day), is refused: \(cause)",
        hint: "look at what the server \(app.server) answers; the next runs ask for the day again. "
          + "`almanac status` lists what was refused"))
  }

  /// Notes what a day answer for all sources says of the day that ended last.
  private mutating func noteNewestDay(_ belief: Belief, _ read: PlannedRead) {
    let day = today.advanced(by: -1)
    guard read.window.kept.contains(day) else { return }
    if let refusal = belief.refusals.first(where: { $0.date == day }) {
      newestDay = .refused(refusal.bucket)
    } else if belief.refusals.contains(where: { $0.date == nil || $0.bucket.isUnplaceable }),
      !belief.buckets.contains(where: { $0.bucket.start == day })
    {
      newestDay = .leftOpen
    } else {
      newestDay = .answered
    }
  }

  /// After a failed read the later ones of its scope are left to the next run, so that what is
  /// over stays in one piece.
  private mutating func makeAll(_ reads: [PlannedRead]) async throws {
    planned = max(planned, outcome.requests + reads.count)
    var broken: Set<Scope> = []
    for read in reads {
      let scope = Scope(read.source, read.grain, offset: read.offset)
      guard !broken.contains(scope), await canGoOn() else { continue }
      if try await !make(read) { broken.insert(scope) }
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
      let totals = try await feed.totals(app.id)
      await health.noteAnswer()
      count()
      try await archive.write(
        totals, readAt: clock.believed(serverDate: totals.delivery.serverDate),
        entry(start, totals.delivery))
      outcome.hasRead = true
    } catch let failure as ReadFailure {
      try await note(failure, entry(start, failure.delivery, failure))
    }
  }

  /// Whether the read brought an answer.
  private mutating func make(_ read: PlannedRead) async throws -> Bool {
    let chart = ChartRead(
      app: app.id, source: read.source, window: read.window, offset: read.offset, zone: zone,
      withSpares: !read.isAlone)
    let start = ContinuousClock.now
    do {
      let answer = try await feed.chart(chart)
      await health.noteAnswer()
      count()
      try await take(answer, read, entry(start, answer.delivery, about: read))
      return true
    } catch let failure as ReadFailure {
      let entry = entry(start, failure.delivery, failure, about: read)
      if failure.kind == .source, case .named(let name) = read.source {
        count()
        try await archive.record(entry)
        try await archive.rejectSource(name, app: standing.key, at: clock.now())
        standing.sources[name]?.isRejected = true
        report(.warned("\(app.name): the server no longer accepts the source \(name)"))
        return false
      }
      if read.source == .all { failed[read.grain, default: []].append(read.window.kept) }
      try await note(failure, entry)
      return false
    }
  }

  private mutating func take(
    _ answer: Answer, _ read: PlannedRead, _ entry: LedgerEntry
  ) async throws {
    if let skew = clock.skew(serverDate: answer.delivery.serverDate),
      await health.isFirstToTellOfSkew()
    {
      report(
        .warned(
          "\(app.server): the server's clock is \(abs(skew)) seconds "
            + (skew < 0 ? "behind" : "ahead of")
            + " this host's; a bucket counts as ended when both say so"))
    }
    let now = clock.believed(serverDate: answer.delivery.serverDate)
    today = min(today, zone.day(holding: now))
    let judge = Judge(settings: settings, zone: zone, sentBefore: sentBefore, now: now)
    let held = read.isDays && !read.isAlone ? try await heldDays(of: read.window.kept) : nil
    let belief = judge.belief(of: answer, to: read, knowing: standing, held: held)
    let written = try await archive.write(belief, entry)
    if read.isDays { noteNewestDay(belief, read) }
    standing.learn(belief)
    standing.watermarks.merge(written.unsettled) { $1 }
    sentBefore.formUnion(belief.sent)
    outcome.counts += written.counts
    outcome.hasRead = true
    if read.isDays, let oldest = written.oldestChange {
      standing.changed = min(standing.changed ?? oldest, oldest)
    }
    if read.isDays, let active = belief.buckets.first(where: \.figures.isActive)?.bucket.start {
      standing.seen = min(standing.seen ?? active, active)
      outcome.seen = standing.seen
    }
  }

  private func heldDays(of window: Range<Day>) async throws -> Judge.Held {
    let days = try await archive.heldDays(standing.key, window)
    let isForgetting = standing.memory.forgotten != nil
    return Judge.Held(
      days: days,
      newestOlder: isForgetting
        ? try await archive.newestActiveDay(standing.key, before: window.lowerBound) : nil)
  }

  private mutating func note(_ failure: ReadFailure, _ entry: LedgerEntry) async throws {
    await health.note(failure, of: app.id)
    outcome.failures.append(failure)
    count()
    try await archive.record(entry)
  }

  private mutating func count() {
    outcome.requests += 1
    report(.progressed(app.id, made: outcome.requests, planned: planned))
  }

  /// A line of the ledger; of the totals without a read.
  private func entry(
    _ start: ContinuousClock.Instant, _ delivery: Delivery, _ failure: ReadFailure? = nil,
    about read: PlannedRead? = nil
  ) -> LedgerEntry {
    LedgerEntry(
      run: run, app: standing.key, about: read, since: start, answeredAt: clock.now(),
      delivery: delivery, failure: failure)
  }
}

extension LedgerEntry {
  /// A line about a read that began at an instant; about the totals where there is none.
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

extension Standing {
  /// Takes over what a written belief has changed.
  mutating func learn(_ belief: Belief) {
    if let first = belief.first { self.first = first }
    for (name, first) in belief.sources {
      sources[name] = KnownSource(first: first, isRejected: sources[name]?.isRejected ?? false)
    }
    watermarks.merge(belief.watermarks) { $1 }
    memory = belief.memory
  }
}
