import AlmanacCollector
import AlmanacCore
import AlmanacStore
import FastGPT
import FastGPTSimulator
import Foundation
import GRDB
import Logging
import Synchronization

/// A simulated server, an archive of its own, and runs that go over real HTTP.
package struct SimulatedCollection: Sendable {
  package let server: SimulatedServer
  package let apps: [App]
  package private(set) var archive: Archive
  package private(set) var path: String
  private var reader: DatabaseQueue
  package var settings = CollectorSettings()
  package var zones: [String: BucketZone] = [:]
  package var isRehearsed = true
  package var limits: ServerLimits = {
    var limits = ServerLimits()
    limits.requestsPerSecond = 100_000
    limits.retry.baseDelay = .milliseconds(1)
    return limits
  }()
  private let base: URL
  package static let key = "fastgpt-key-of-a-simulation"

  /// Serves the apps while the body runs; the archive goes with it.
  package static func on<T: Sendable>(
    _ apps: [SimulatedApp], now: Date, zone: TimeZone = .gmt,
    _ body: (SimulatedCollection) async throws -> T
  ) async throws -> T {
    let server = SimulatedServer(
      profile: ServerProfile(key: key, clock: { now }, zone: zone), apps: apps)
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "almanac-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "almanac.db").path(percentEncoded: false)
    return try await HTTPFront.serving(server) { base in
      let archive = try Archive.openForWriting(path: path)
      let collection = SimulatedCollection(
        server: server,
        apps: apps.compactMap { app in
          AppID(app.id).map { App(id: $0, name: app.name, server: "default") }
        },
        archive: archive, path: path, reader: try Self.reader(path), base: base)
      let result = try await body(collection)
      // A file's writer does not enforce them.
      let orphans = try collection.rows("PRAGMA foreign_key_check")
      guard orphans.isEmpty else { throw OrphanedRows(rows: orphans) }
      return result
    }
  }

  /// The same server and apps with another archive.
  package func with(archiveAt path: String) throws -> SimulatedCollection {
    var other = self
    other.path = path
    other.archive = try Archive.openForWriting(path: path)
    other.reader = try Self.reader(path)
    return other
  }

  /// Waits for a lock as the drivers of other languages do. With no patience at all, readers
  /// disturb each other already when they open a file that nobody has open.
  private static func reader(_ path: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(1)
    return try DatabaseQueue(path: path, configuration: configuration)
  }

  /// One run at a moment, which the server's clock shows too unless it has one of its own.
  ///
  /// - Parameter clock: goes on during the run, for both sides
  @discardableResult
  package func run(
    at now: Date, days: Range<Day>? = nil, isDeep: Bool = false, only: Set<AppID>? = nil,
    apps: [App]? = nil, key: String = SimulatedCollection.key, serverAt serverNow: Date? = nil,
    clock: CivilClock? = nil,
    report: @escaping @Sendable (RunEvent) -> Void = { _ in }
  ) async throws -> RunReport {
    let clock = clock ?? CivilClock(isRehearsed: isRehearsed) { now }
    server.reconfigure { profile in
      profile.clock = { serverNow ?? clock.now() }
    }
    let client = FastGPTServer(
      address: try ServerAddress(base.absoluteString), key: try APIKey(key), limits: limits,
      version: "test", logger: Logger(label: "test"))
    let collector = Collector(
      archive: archive, settings: settings, clock: clock,
      feeds: Set((apps ?? self.apps).map(\.server)).reduce(into: [:]) { $0[$1] = client.feed },
      zones: zones)
    let request = RunRequest(
      only: only, days: days, isDeep: isDeep, arguments: "test", version: "test")
    do {
      let report = try await collector.run(apps ?? self.apps, request, report: report)
      await client.shutdown()
      return report
    } catch {
      await client.shutdown()
      throw error
    }
  }

  /// One run at a moment that is cancelled after so many requests.
  @discardableResult
  package func run(at now: Date, breakingOffAfter most: Int) async throws -> RunReport {
    let task = Mutex<Task<RunReport, any Error>?>(nil)
    let count = Mutex(0)
    server.reconfigure { profile in
      profile.interceptor = Interceptor { _, _ in
        let made = count.withLock { count in
          count += 1
          return count
        }
        if made > most { task.withLock { $0?.cancel() } }
        return nil
      }
    }
    let running = Task { try await run(at: now) }
    task.withLock { $0 = running }
    let report = try await running.value
    server.reconfigure { $0.interceptor = nil }
    return report
  }

  /// Rows of a query, each value as text, unknown as `nil`.
  package func rows(_ sql: String) throws -> [[String?]] {
    try Self.rows(sql, reader)
  }

  /// Rows of a query on an archive that a program has left.
  package static func rows(_ sql: String, path: String) throws -> [[String?]] {
    try rows(sql, reader(path))
  }

  /// Copies an archive as it is at one moment, through SQLite's backup.
  package static func backUp(_ path: String, to copy: String) throws {
    try reader(path).backup(to: DatabaseQueue(path: copy))
  }

  /// Runs statements on an archive that a program may have open.
  ///
  /// - Parameter patience: seconds to wait for a lock
  package static func execute(_ sql: String, path: String, patience: Double) throws {
    var configuration = Configuration()
    configuration.busyMode = .timeout(patience)
    try DatabaseQueue(path: path, configuration: configuration).writeWithoutTransaction {
      try $0.execute(sql: sql)
    }
  }

  /// Has an archive open for reading, and reads nothing, while the body runs.
  package static func whileOpen<T>(
    _ path: String, _ body: () async throws -> T
  ) async throws -> T {
    let reader = try reader(path)
    _ = try rows("SELECT count(*) FROM run", reader)
    let result = try await body()
    try reader.close()
    return result
  }

  /// Keeps every program from writing to an archive while the body runs.
  package static func withoutWriters<T>(
    to path: String, _ body: () async throws -> T
  ) async throws -> T {
    var configuration = Configuration()
    configuration.busyMode = .timeout(5)
    configuration.allowsUnsafeTransactions = true
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    try await queue.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
    let result = try await body()
    try queue.close()
    return result
  }

  private static func rows(_ sql: String, _ reader: DatabaseQueue) throws -> [[String?]] {
    try reader.read { db in
      try Row.fetchAll(db, sql: sql).map { row in
        row.databaseValues.map { value in
          value.isNull ? nil : value.storage.value.map { "\($0)" }
        }
      }
    }
  }

  /// The first value of a query as a whole number.
  package func count(_ sql: String) throws -> Int {
    try rows(sql).first?.first.flatMap { $0 }.flatMap { Int($0) } ?? -1
  }
}

/// Rows that refer to nothing.
private struct OrphanedRows: Error {
  let rows: [[String?]]
}

extension Date {
  /// An instant by its ISO 8601 text, for tests.
  package init(_ text: StaticString) {
    self.init(timeIntervalSince1970: 0)
    if let date = Date(iso8601: "\(text)") { self = date }
  }
}
