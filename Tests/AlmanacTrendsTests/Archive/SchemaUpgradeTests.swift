import AlmanacCore
import AlmanacTestSupport
import Foundation
import GRDB
import Synchronization
import Testing

@testable import AlmanacStore

@Suite struct `The upgrade of an older archive` {
  /// An archive of 0.1.0 in a folder of its own.
  private static func onRelease(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "almanac-upgrade-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(Fixtures.restoreRelease(into: folder.path(percentEncoded: false)))
  }

  /// A connection as a writer has it: foreign keys are declared and not enforced.
  private static func queue(_ path: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    return try DatabaseQueue(path: path, configuration: configuration)
  }

  /// Every row of every table but what is random or of the moment.
  private static func dump(_ path: String) throws -> [String] {
    let tables = try SimulatedCollection.rows(
      "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name", path: path)
    return try tables.compactMap { $0[0] }.flatMap { table in
      let columns = try SimulatedCollection.rows(
        "SELECT name FROM pragma_table_info('\(table)')", path: path
      )
      .compactMap { $0[0] }.filter { $0 != "uid" && $0 != "applied_at" }
      .map { "\"\($0)\"" }.joined(separator: ", ")
      return try SimulatedCollection.rows("SELECT \(columns) FROM \"\(table)\"", path: path)
        .map { "\(table): \($0.map { $0 ?? "NULL" })" }.sorted()
    }
  }

  private static func files(beside path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(
      atPath: URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
    ).filter { !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") }.sorted()
  }

  @Test func `is refused without the room that it says, and leaves every byte`() async throws {
    try await Self.onRelease { path in
      let before = try Data(contentsOf: URL(filePath: path))
      let queue = try Self.queue(path)
      let upgrade = try #require(try SchemaUpgrade(queue, path) { _ in 1_000_000 })
      // The copy, and two and a quarter times as much for log and file.
      let size = before.count
      #expect(upgrade.room == size + size / 4 * 9 + 1_000_000)
      let error = #expect(throws: AlmanacError.self) { try upgrade.checkRoom() }
      #expect(error?.code == .unusableArchive)
      #expect(error?.cause.contains("up to \(upgrade.sizes.room) beside") == true)
      #expect(error?.cause.hasSuffix("1 MB are free") == true)
      try queue.close()
      #expect(try Data(contentsOf: URL(filePath: path)) == before)
      #expect(try Self.files(beside: path) == ["almanac.db"])
      let enough = try #require(
        try SchemaUpgrade(Self.queue(path), path) { _ in upgrade.room })
      #expect(throws: Never.self) { try enough.checkRoom() }
    }
  }

  @Test func `keeps the archive as it was, for those who may read it`() async throws {
    try await Self.onRelease { path in
      let before = try Self.dump(path)
      chmod(path, 0o640)
      let announced = Mutex<[String]>([])
      _ = try Archive.openForWriting(path: path) { stage, upgrade in
        announced.withLock { $0.append("\(stage) \(upgrade.backup ?? "")") }
      }
      let backup = path + ".schema-2.backup"
      #expect(announced.withLock { $0 } == ["begins \(backup)", "ended \(backup)"])
      #expect(try Self.files(beside: path) == ["almanac.db", "almanac.db.schema-2.backup"])
      #expect(try Self.dump(backup) == before)
      #expect(try Archive.schemaVersion(path: backup) == 2)
      let mode = try FileManager.default.attributesOfItem(atPath: backup)[.posixPermissions]
      #expect(mode as? Int == 0o640)
      // One that is up to date is not copied again, and the copy can be brought up to date as well.
      _ = try Archive.openForWriting(path: path) { _, _ in Issue.record("is up to date") }
      _ = try Archive.openForWriting(path: backup)
      #expect(try Self.dump(backup) == Self.dump(path))
    }
  }

  @Test func `replaces no file that has the name of its copy`() async throws {
    try await Self.onRelease { path in
      let taken = path + ".schema-2.backup"
      try Data("mine".utf8).write(to: URL(filePath: taken))
      _ = try Archive.openForWriting(path: path)
      #expect(try Data(contentsOf: URL(filePath: taken)) == Data("mine".utf8))
      #expect(try Archive.schemaVersion(path: taken + "-2") == 2)
    }
  }

  /// Views and triggers of people's own are parsed while tables are renamed.
  @Test func `leaves a view of somebody's own, and names one that is in its way`() async throws {
    try await Self.onRelease { path in
      try SimulatedCollection.execute(
        """
        CREATE VIEW mine AS SELECT date, sum(messages) AS messages FROM daily GROUP BY date;
        CREATE VIEW raw AS SELECT * FROM bucket;
        """, path: path, patience: 1)
      let before = try SimulatedCollection.rows("SELECT * FROM mine", path: path)
      try SimulatedCollection.execute("CREATE VIEW figures AS SELECT 1", path: path, patience: 1)
      let error = #expect(throws: AlmanacError.self) { try Archive.openForWriting(path: path) }
      #expect(error?.cause.contains("figures already exists; the archive is as it was") == true)
      #expect(error?.hint.contains("rename the table or view of your own") == true)
      #expect(try SimulatedCollection.rows("SELECT * FROM mine", path: path) == before)
      try SimulatedCollection.execute("DROP VIEW figures", path: path, patience: 1)
      _ = try Archive.openForWriting(path: path)
      #expect(try SimulatedCollection.rows("SELECT * FROM mine", path: path) == before)
      #expect(!(try SimulatedCollection.rows("SELECT * FROM raw LIMIT 1", path: path)).isEmpty)
      let made = try SimulatedCollection.rows("SELECT sql FROM sqlite_master", path: path)
        .compactMap { $0[0] }.joined()
      #expect(!made.contains(/new_(run|bucket|figure|annotation|[a-z]+_fact)/))
    }
  }

  @Test func `needs no more room than it says`() async throws {
    try await Self.onRelease { path in
      let queue = try Self.queue(path)
      let upgrade = try #require(try SchemaUpgrade(queue, path))
      let sizes: @Sendable () throws -> Int = {
        try Self.allFiles(beside: path).reduce(0) { sum, file in
          try sum + Data(contentsOf: URL(filePath: file)).count
        }
      }
      try await queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
      let before = try sizes()
      let peak = Mutex(0)
      try await queue.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA cache_size = 20")
        db.trace(options: .statement) { _ in
          let now = (try? sizes()) ?? .max
          peak.withLock { $0 = max($0, now) }
        }
      }
      try upgrade.run(queue)
      #expect(peak.withLock { $0 } - before > upgrade.room / 4)
      #expect(peak.withLock { $0 } - before <= upgrade.room)
    }
  }

  private static func allFiles(beside path: String) throws -> [String] {
    let folder = URL(filePath: path).deletingLastPathComponent()
    return try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))
      .map { folder.appending(path: $0).path(percentEncoded: false) }
  }

  @Test func `that is killed leaves the old archive or the new one`() async throws {
    try await Self.onRelease { path in
      let old = try Self.dump(path)
      let queue = try Self.queue(path)
      let images = Mutex<[(file: Data, log: Data)]>([])
      let look: @Sendable () -> Void = {
        let file = (try? Data(contentsOf: URL(filePath: path))) ?? Data()
        let log = (try? Data(contentsOf: URL(filePath: path + "-wal"))) ?? Data()
        images.withLock {
          if $0.last?.log != log || $0.last?.file != file { $0.append((file, log)) }
        }
      }
      try await queue.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA journal_mode = WAL")
        // The transaction reaches the log before it is over.
        try db.execute(sql: "PRAGMA cache_size = 10")
        db.trace(options: .statement) { _ in look() }
      }
      try #require(try SchemaUpgrade(queue, path)).run(queue)
      look()
      try queue.close()
      let new = try Self.dump(path)
      let all = images.withLock { $0 }
      #expect(all.count > 20)
      var versions: Set<Int> = []
      for (number, image) in all.enumerated() {
        let copy = path + ".killed-\(number)"
        try image.file.write(to: URL(filePath: copy))
        try image.log.write(to: URL(filePath: copy + "-wal"))
        let version = try Archive.schemaVersion(path: copy)
        versions.insert(version)
        #expect(try Self.dump(copy) == (version == 2 ? old : new), "image \(number)")
        if number % 8 == 0 {
          _ = try Archive.openForWriting(path: copy)
          #expect(try Self.dump(copy) == new, "image \(number)")
        }
      }
      #expect(versions == [2, Schema.migrations.count])
    }
  }

  @Test func `gives the archive and each run an id of its own, which copies share`() async throws {
    try await Self.onRelease { path in
      let other = path + ".other"
      try FileManager.default.copyItem(atPath: path, toPath: other)
      for path in [path, other] { _ = try Archive.openForWriting(path: path) }
      let ids = "SELECT uid FROM archive UNION SELECT uid FROM run"
      let (here, there) = (
        try SimulatedCollection.rows(ids, path: path),
        try SimulatedCollection.rows(ids, path: other)
      )
      #expect(here.count == 16 && Set(here + there).count == 32)
      try SimulatedCollection.backUp(path, to: path + ".copy")
      #expect(try SimulatedCollection.rows(ids, path: path + ".copy") == here)
    }
  }
}
