import AlmanacCore
import Foundation
import GRDB
import Testing

@testable import AlmanacCollector
@testable import AlmanacStore

/// The day of a text that names one.
func day(_ text: String) -> Day { Day(text)! }

/// An archive with an app, and short words for writing to it.
struct ArchiveFixture: Sendable {
  static let id = AppID("68c46a70d950e8850ae564ba")!
  static let otherID = AppID("68c46a70d950e8850ae564bb")!
  static let noon = Date(timeIntervalSince1970: 1_795_348_800)
  /// A day by which everything that the tests write has ended.
  static let today = day("2026-11-22")

  let archive: Archive
  /// The key of the app.
  let app: Int

  /// Enrolls the app unless others are named.
  init(
    _ archive: Archive? = nil,
    apps: [App] = [App(id: ArchiveFixture.id, name: "Support bot", server: "default")]
  ) async throws {
    let archive = try archive ?? Archive.inMemory()
    self.archive = archive
    try await archive.enroll(apps, run: 0)
    app = try await archive.knowledge()[apps.first?.id ?? ArchiveFixture.id]?.key ?? 0
  }

  /// Begins a run.
  func run(at now: Date = ArchiveFixture.noon) async throws -> Int {
    try await archive.beginRun(at: now, version: "test", arguments: "collect")
  }

  func entry(
    _ run: Int, at now: Date = ArchiveFixture.noon, app: Int? = nil, body: String = "",
    failure: ReadFailure? = nil
  ) -> RequestRecord {
    var entry = RequestRecord(
      run: run, app: app ?? self.app, endpoint: .chart, answeredAt: now, seconds: 0.5,
      delivery: Delivery(body: Array(body.utf8)), failure: failure)
    entry.source = .all
    entry.grain = .day
    entry.offset = 1
    return entry
  }

  /// The belief in an answer about days.
  func belief(
    offset: Int = 1, first: String? = nil,
    sources: [Name: String] = [:], _ buckets: [BucketReading]
  ) -> Told {
    belief(
      .day, .all, offset: offset, first: first, sources: sources, buckets)
  }

  func belief(
    _ grain: Grain, offset: Int = 1, first: String? = nil,
    sources: [Name: String] = [:], _ buckets: [BucketReading]
  ) -> Told {
    belief(
      grain, .all, offset: offset, first: first, sources: sources, buckets)
  }

  func belief(
    _ grain: Grain, _ source: Source, offset: Int = 1,
    first: String? = nil, sources: [Name: String] = [:], _ buckets: [BucketReading]
  ) -> Told {
    Told(
      app: app, source: source, grain: grain, offset: offset, first: first.map { day($0) },
      sources: sources.mapValues { day($0) }, buckets: buckets.sorted { $0.bucket < $1.bucket })
  }

  /// Believes and writes what an answer tells, in a run of its own, unless one is named.
  @discardableResult
  func write(
    _ told: Told, run: Int? = nil, at now: Date = ArchiveFixture.noon, body: String = ""
  ) async throws -> Written {
    let key: Int
    if let run { key = run } else { key = try await self.run(at: now) }
    return try await write(told, entry(key, at: now, app: told.app, body: body))
  }

  func write(_ told: Told, _ record: RequestRecord) async throws -> Written {
    let before = try #require(
      try await archive.knowledge().values.first { $0.key == told.app })
    let queries = Belief.queries(for: told.read)
    var outcome = told.belief(
      knowing: before, run: record.run, held: try await archive.held(told.app, queries)
    ).outcome()
    outcome.changes.known.progress = before.progress.merging(told.progress) { $1 }
    try await archive.apply(outcome.changes, record)
    return Written(counts: outcome.changes.counts, oldestChange: outcome.oldestChange)
  }

  /// Rows of a query, each value as text, unknown as `nil`.
  func rows(_ sql: String) throws -> [[String?]] {
    try archive.queue.read { db in
      try Row.fetchAll(db, sql: sql).map { row in
        row.databaseValues.map { value in
          value.isNull ? nil : value.storage.value.map { "\($0)" }
        }
      }
    }
  }

  /// The first value of a query as a whole number.
  func count(_ sql: String) throws -> Int {
    try rows(sql).first?.first.flatMap { $0 }.flatMap { Int($0) } ?? -1
  }

  /// Every row of every table but some, as text in order.
  func dump(without left: Set<String> = []) throws -> [String] {
    let tables = try rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
      .compactMap { $0[0] }.filter { !left.contains($0) && !$0.hasPrefix("sqlite_") }
    return try tables.flatMap { table in
      try rows("SELECT * FROM \"\(table)\"").map { row in
        table + ": " + row.map { $0 ?? "NULL" }.joined(separator: "|")
      }.sorted()
    }
  }
}

/// The effect of writing one answer.
struct Written {
  let counts: BucketCounts
  let oldestChange: Day?
}

/// The buckets of an answer as they were read, before they are believed.
struct Told: Sendable {
  let app: Int
  let source: Source
  let grain: Grain
  let offset: Int
  var first: Day?
  var sources: [Name: Day] = [:]
  var buckets: [BucketReading]
  var refusals: [Refusal] = []
  var sent: Set<Figure> = []
  var base = RetentionBase.activeUsers
  /// The progress of the app's reads from now on.
  var progress: [ReadSeries: ReadProgress] = [:]

  var read: PlannedRead {
    let first = buckets.first?.bucket.start ?? ArchiveFixture.today
    let end = buckets.last?.bucket.end ?? ArchiveFixture.today
    return PlannedRead(
      source: source, offset: offset, window: Window(grain, holding: first..<end), settles: false,
      begins: false)
  }

  func belief(knowing before: AppKnowledge, run: Int, held: [Held]) -> Belief {
    var known = before
    known.figuresSent.formUnion(sent)
    if let first { known.first = first }
    for (name, first) in sources { known.sources[name, default: .init(first: first)].first = first }
    return Belief(
      read: read, moment: Moment(zone: .utc, now: ArchiveFixture.noon, lookBack: 15, run: run),
      before: before, known: known, held: held[0], around: Array(held.dropFirst()), base: base,
      refusals: refusals, absenceProves: true, readings: buckets)
  }
}

/// The tables that a run writes whether or not anything is new.
let ledger: Set<String> = ["run", "request"]

/// A day as a read believes it, settled and mature unless said otherwise.
func bucket(
  _ start: String, isMature: Bool = true, sources: [Name: Int]? = nil,
  further: [FurtherFigure] = [], _ figures: [Figure: Double]
) -> BucketReading {
  bucket(
    start, .day, .settled, isMature: isMature, sources: sources, further: further, figures)
}

func bucket(
  _ start: String, _ grain: Grain, sources: [Name: Int]? = nil, _ figures: [Figure: Double]
) -> BucketReading {
  bucket(start, grain, .settled, sources: sources, figures)
}

func bucket(
  _ start: String, _ grain: Grain, _ state: BucketState, isMature: Bool = true,
  sources: [Name: Int]? = nil, further: [FurtherFigure] = [], _ figures: [Figure: Double]
) -> BucketReading {
  let bucket = Bucket(grain, holding: day(start))
  return BucketReading(
    bucket: bucket, time: bucket.start.number * 86_400, state: state, figures: known(figures),
    isMature: isMature,
    usersBySource: sources.map { UsersBySource(Array($0.keys), Array($0.values)) }, further: further
  )
}

func known(_ values: [Figure: Double]) -> Figures {
  values.reduce(into: Figures()) { $0[$1.key] = $1.value }
}

/// Every figure, each with a value of its own.
func everything(_ scale: Double = 1) -> [Figure: Double] {
  Figure.allCases.reduce(into: [:]) { values, figure in
    let value = Double(figure.rawValue + 1) * scale
    values[figure] = figure.isCount ? value : value + 0.25
  }
}

/// Runs a body in a folder of its own, which goes with it.
func inFolder<T>(_ body: (String) async throws -> T) async throws -> T {
  let folder = FileManager.default.temporaryDirectory
    .appending(path: "almanac-store-test-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try await body(folder.path(percentEncoded: false))
}
