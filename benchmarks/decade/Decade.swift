import AlmanacCore
import AlmanacStore
import ArgumentParser
import Foundation

/// Writes an archive that no server has answered for, larger than any team's, through the store: what
/// a run each day for many years leaves. That is every grain, every source, no retention; a run for
/// each day; facts and states of the runs that saw them, by quarters; the ledger of the last ninety
/// days; and the totals that are left.
@main
struct Decade: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a large archive of invented figures, for benchmarks of questions.")

  @Argument(help: "The archive to make.")
  var path: String

  @Option(help: "How many apps to invent.")
  var apps = 1000

  @Option(help: "How many years of days.")
  var years = 10

  @Option(help: "How many sources each app is used through.")
  var sources = 10

  @Option(help: "The moment of the newest run, as ISO 8601.")
  var now = "2026-06-10T02:30:00Z"

  func run() async throws {
    guard let now = Date(iso8601: now), !FileManager.default.fileExists(atPath: path) else {
      throw ValidationError("\(self.now) is no instant, or \(path) is there already")
    }
    let today = BucketZone.utc.day(holding: now)
    let first = today.advanced(by: -365 * years - years / 4)
    let archive = try Archive.openForWriting(path: path)
    let roster = (1...apps).compactMap { number in
      AppID(String(format: "%024x", number)).map {
        App(id: $0, name: "App \(number)", server: "default")
      }
    }
    try await archive.enroll(roster, run: 0)
    let knowledge = try await archive.knowledge()
    let keys = roster.compactMap { knowledge[$0.id]?.key }
    let runs = try await beginRuns(archive, from: first, until: today, now)
    try await writeFacts(archive, keys, runs, first, today)
    try await writeTotals(archive, keys, runs)
    try await writeLedger(archive, keys, runs.suffix(90))
    guard let newest = runs.last else { return }
    for key in keys {
      try await archive.close(
        Changes(of: AppKnowledge(key: key)), run: newest.key, at: now, failure: nil)
    }
    try await finish(archive, newest)
  }

  /// A run each day at the time of day of the newest.
  private struct DailyRun {
    let key: Int
    let at: Date
    let day: Day
  }

  private func beginRuns(
    _ archive: Archive, from first: Day, until today: Day, _ now: Date
  ) async throws -> [DailyRun] {
    var runs: [DailyRun] = []
    for day in first.advanced(by: 1)...today {
      let at = now.addingTimeInterval(86_400 * Double(today.distance(to: day)))
      let key = try await archive.beginRun(at: at, version: "benchmark", arguments: "collect")
      runs.append(DailyRun(key: key, at: at, day: day))
      if day < today, let run = runs.last { try await finish(archive, run) }
    }
    return runs
  }

  private func finish(_ archive: Archive, _ run: DailyRun) async throws {
    try await archive.finishRun(
      run.key, at: run.at.addingTimeInterval(60), outcome: .done, apps: apps, appsFailed: 0,
      seconds: 60, keepCaptures: 0)
  }

  /// Each quarter in a run at its end.
  private func writeFacts(
    _ archive: Archive, _ keys: [Int], _ runs: [DailyRun], _ first: Day, _ today: Day
  ) async throws {
    let names = (1...sources).map { Name("source-\($0)") }
    let quarters = stride(from: 90, to: runs.count, by: 90).map { runs[$0 - 1] } + runs.suffix(1)
    for (number, key) in keys.enumerated() {
      for source in [Source.all] + names.map(Source.named) {
        for grain in Grain.allCases {
          var buckets = Self.buckets(grain, first, today)[...]
          for run in quarters {
            let isLast = run.day == today
            let seen = buckets.prefix { isLast || $0.end <= run.day }
            buckets = buckets.dropFirst(seen.count)
            var changes = Changes(of: AppKnowledge(key: key))
            if source == .all {
              changes.known.first = first
              changes.known.figuresSent = Set(Self.figures)
              for name in names { changes.known.sources[name] = .init(first: first) }
            }
            add(Array(seen), grain, number, source, names, today, to: &changes)
            try await archive.apply(changes, entry(run, key, source, grain))
          }
        }
      }
      if (number + 1) % 10 == 0 {
        FileHandle.standardError.write(Data("\(number + 1) of \(apps) apps\n".utf8))
      }
    }
  }

  /// One of each of the last 400 days, and of each month before.
  private func writeTotals(_ archive: Archive, _ keys: [Int], _ runs: [DailyRun]) async throws {
    for (place, run) in runs.enumerated() {
      let endsMonth = Grain.month.start(of: run.day.advanced(by: 1)) > run.day
      guard place >= runs.count - 400 || endsMonth else { continue }
      for key in keys {
        let count = Double(place * (key + 1))
        try await archive.write(
          TotalsAnswer(users: count, chats: count * 7, points: count, delivery: Delivery()),
          entry(run, key, nil, nil))
      }
    }
  }

  /// As many requests as a daily run makes of an app; see `DailyRunTests`.
  private func writeLedger(
    _ archive: Archive, _ keys: [Int], _ runs: ArraySlice<DailyRun>
  ) async throws {
    for run in runs {
      for key in keys {
        for number in 0..<9 + sources {
          let source = number < 9 ? Source.all : .named(Name("source-\(number - 8)"))
          try await archive.record(entry(run, key, source, number < 4 ? .day : .week))
        }
      }
    }
  }

  /// What a server would tell of; retention is left out.
  private static let figures = Figure.allCases.filter { $0 != .retentionUserCount }

  private static func buckets(_ grain: Grain, _ first: Day, _ today: Day) -> [Bucket] {
    Array(
      sequence(first: Bucket(grain, holding: first)) {
        $0.end > today ? nil : $0.advanced(by: 1)
      })
  }

  /// Figures that add up: those of all sources are the sum of theirs, those of a week that of its days.
  private func add(
    _ buckets: [Bucket], _ grain: Grain, _ app: Int, _ source: Source, _ names: [Name],
    _ today: Day, to changes: inout Changes
  ) {
    var facts = FactRows(source: source, grain: grain)
    var cohorts = CohortRows(source: source, grain: grain, offset: 1)
    var users = source == .all ? names.map { UserRows(source: $0, grain: grain) } : []
    for bucket in buckets {
      let perSource = names.indices.map { Self.count(bucket.days, app, source: $0, today) }
      let own =
        switch source {
        case .all: perSource.reduce(0, +)
        case .named(let name): perSource[names.firstIndex(of: name) ?? 0]
        }
      var figures = Figures()
      for figure in Self.figures
      where source == .all || grain == .day || figure != .newUserCount {
        figures[figure] = Double(own * (figure.rawValue + 1)) / (figure.isCount ? 1 : 8)
      }
      facts.rows.append(FactRows.Row(day: bucket.start, figures: figures, changed: .all))
      cohorts.rows.append(
        CohortRows.Row(
          day: bucket.start,
          cohort: Cohort(
            base: .activeUsers, users: own, retained: nil, answered: nil, isMature: false)))
      guard source == .all else { continue }
      changes.buckets.append(
        BucketRow(
          bucket: bucket, time: bucket.start.number * 86_400,
          state: BucketState(bucket, today: today, lookBack: 15), isBySource: true))
      for (place, count) in perSource.enumerated() {
        users[place].days.append(bucket.start)
        users[place].counts.append(count)
      }
    }
    changes.facts = [facts]
    if source == .all || grain == .day { changes.cohorts = [cohorts] }
    changes.users = users
    changes.counts.new = buckets.count
  }

  private static func count(_ days: Range<Day>, _ app: Int, source: Int, _ today: Day) -> Int {
    (days.lowerBound.number..<min(days.upperBound, today).number).reduce(0) { sum, day in
      sum + 1 + (day * 7 + app * 13 + source * 5 + day % 7 * 3) % 23
    }
  }

  /// A line of the ledger; about the totals without a source and a grain.
  private func entry(
    _ run: DailyRun, _ app: Int, _ source: Source?, _ grain: Grain?
  ) -> RequestRecord {
    var entry = RequestRecord(
      run: run.key, app: app, endpoint: source == nil ? .totals : .chart, answeredAt: run.at,
      seconds: 0.1, delivery: Delivery(body: []))
    entry.source = source
    entry.grain = grain
    entry.offset = grain == nil ? nil : 1
    entry.asked = grain == nil ? nil : run.day.advanced(by: -17)..<run.day
    return entry
  }
}
