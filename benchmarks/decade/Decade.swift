import AlmanacCore
import AlmanacStore
import ArgumentParser
import Foundation

/// Writes an archive that no server has answered for, larger than any team's, through the store as a
/// run does: every grain, every source, no retention.
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

  @Option(help: "The moment of the only run, as ISO 8601.")
  var now = "2026-06-10T02:30:00Z"

  func run() async throws {
    guard let now = Date(iso8601: now), !FileManager.default.fileExists(atPath: path) else {
      throw ValidationError("\(self.now) is no instant, or \(path) is there already")
    }
    let today = BucketZone.utc.day(holding: now)
    let first = today.advanced(by: -365 * years - years / 4)
    let names = (1...sources).map { Name("source-\($0)") }
    let archive = try Archive.openForWriting(path: path)
    let roster = (1...apps).compactMap { number in
      AppID(String(format: "%024x", number)).map {
        App(id: $0, name: "App \(number)", server: "default")
      }
    }
    try await archive.enroll(roster)
    let run = try await archive.beginRun(at: now, version: "benchmark", arguments: "")
    let standings = try await archive.standings()
    for (number, app) in roster.enumerated() {
      guard let key = standings[app.id]?.key else { continue }
      for source in [Source.all] + names.map(Source.named) {
        for grain in source == .all ? Grain.allCases : [.day] {
          var belief = Belief(
            app: key, source: source, grain: grain, offset: 1, today: today, lookBack: 15)
          belief.sent = Set(Self.figures)
          if source == .all { belief.first = first }
          belief.sources = Dictionary(uniqueKeysWithValues: names.map { ($0, first) })
          belief.buckets = Self.buckets(grain, first, today).map {
            believed($0, number, source, names, today)
          }
          _ = try await archive.write(belief, entry(run, key, source, grain, now))
        }
      }
      try await archive.close(
        Archive.AppClosing(
          app: key, run: run, grains: Grain.allCases, today: today, at: now, failure: nil,
          failed: [:]))
      if (number + 1) % 10 == 0 {
        FileHandle.standardError.write(Data("\(number + 1) of \(apps) apps\n".utf8))
      }
    }
    try await archive.finishRun(
      run, at: now, outcome: .done, apps: apps, appsFailed: 0, seconds: 0, keepCaptures: 0)
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
  private func believed(
    _ bucket: Bucket, _ app: Int, _ source: Source, _ names: [Name], _ today: Day
  ) -> BelievedBucket {
    let count = { (days: Range<Day>, source: Int) in
      (days.lowerBound.number..<min(days.upperBound, today).number).reduce(0) { sum, day in
        sum + 1 + (day * 7 + app * 13 + source * 5 + day % 7 * 3) % 23
      }
    }
    let perSource = names.indices.map { count(bucket.days, $0) }
    let own =
      switch source {
      case .all: perSource.reduce(0, +)
      case .named(let name): perSource[names.firstIndex(of: name) ?? 0]
      }
    var figures = Figures()
    for figure in Self.figures {
      figures[figure] = Double(own * (figure.rawValue + 1)) / (figure.isCount ? 1 : 8)
    }
    return BelievedBucket(
      bucket: bucket, time: bucket.start.number * 86_400,
      state: bucket.end > today ? .open : .settled, figures: figures, isMature: false,
      usersBySource: source == .all ? UsersBySource(names, perSource) : nil)
  }

  private func entry(
    _ run: Int, _ app: Int, _ source: Source, _ grain: Grain, _ now: Date
  ) -> LedgerEntry {
    var entry = LedgerEntry(
      run: run, app: app, endpoint: .chart, answeredAt: now, seconds: 0,
      delivery: Delivery(body: []))
    entry.source = source
    entry.grain = grain
    entry.offset = 1
    return entry
  }
}
