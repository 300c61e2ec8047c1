import AlmanacCollector
import AlmanacCore
import AlmanacTestSupport
import AlmanacTrends
import FastGPTSimulator
import Foundation
import GRDB
import Testing

@testable import AlmanacStore

@Suite struct `An app that is removed` {
  /// The archive of a release, with its path; the file goes afterwards.
  private static func onRelease(_ body: (Archive, String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "almanac-removal-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = try Fixtures.restoreRelease(into: folder.path(percentEncoded: false))
    let archive = try Archive.openForWriting(path: path)
    for copy in SchemaUpgrade.backups(of: path) { unlink(copy) }
    try await body(archive, path)
  }

  private static func id(_ number: Int) -> AppID {
    AppID("68c46a70d950e8850ae5640\(number)")!
  }

  /// The rows of the tables as text, without those of one app. Tables whose rows several apps share
  /// are left out.
  private static func rows(_ path: String, without key: String) throws -> [String] {
    let tables = try SimulatedCollection.rows(
      """
      SELECT name, (SELECT name FROM pragma_foreign_key_list(sqlite_master.name) AS key
        JOIN pragma_table_info(sqlite_master.name) AS field ON field.name = key."from"
        WHERE key."table" = 'app')
      FROM sqlite_master WHERE type = 'table'
        AND name NOT IN ('app', 'calendar', 'capture', 'source', 'server')
        AND name NOT GLOB 'server_*' AND name <> 'zone_proof' ORDER BY name
      """, path: path)
    return try tables.flatMap { table -> [String] in
      let rest = table[1].map { " WHERE \"\($0)\" IS NOT \(key)" } ?? ""
      return try SimulatedCollection.rows("SELECT * FROM \"\(table[0] ?? "")\"\(rest)", path: path)
        .map { (table[0] ?? "") + ": " + $0.map { $0 ?? "-" }.joined(separator: "|") }
    }.sorted()
  }

  private static func holds(_ text: String, _ path: String) throws -> Bool {
    let folder = URL(filePath: path).deletingLastPathComponent()
    return try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))
      .contains { name in
        try Data(contentsOf: folder.appending(path: name)).range(of: Data(text.utf8)) != nil
      }
  }

  @Test(arguments: 1...8)
  func `leaves nothing behind, and the others as they were`(number: Int) async throws {
    try await Self.onRelease { archive, path in
      let id = Self.id(number)
      let key = try #require(
        try SimulatedCollection.rows("SELECT id FROM app WHERE app_id = '\(id)'", path: path)
          .first?[0])
      // A deleted text lies in the free space until that is scrubbed.
      let secret = "secret of \(id) " + String(repeating: "7f3a", count: 300)
      try SimulatedCollection.execute(
        """
        PRAGMA secure_delete = OFF;
        INSERT INTO annotation VALUES (90, \(key), '2026-04-01', '\(secret)', 'then');
        DELETE FROM annotation WHERE id = 90;
        UPDATE run SET arguments = 'collect --app \(id)' WHERE id = 3;
        PRAGMA wal_checkpoint(TRUNCATE)
        """, path: path, patience: 5)
      try #require(try Self.holds("7f3a7f3a", path))
      try SimulatedCollection.execute(
        "INSERT INTO annotation VALUES (91, \(key), '2026-04-01', 'one more 7f3a7f3a', 'then')",
        path: path, patience: 5)

      let questions = RandomQuestion(
        apps: (1...8).filter { $0 != number }.map { [Self.id($0).text] }, namesApps: true,
        tags: [["customer"]],
        dates: ["2026-03-09", "2026-04-02", "2026-04-10", "2026-04-16", "2026-04-20"].compactMap {
          Day($0)
        })
      let answers = try questions.answers(of: archive, seeds: 0..<60)
      let rows = try Self.rows(path, without: key).map {
        $0.replacing("--app \(id)", with: "--app removed")
      }
      let held = try await archive.remove(id)

      #expect(try #require(held).buckets > 10)
      #expect(try Self.rows(path, without: key) == rows)
      for (after, before) in zip(try questions.answers(of: archive, seeds: 0..<60), answers) {
        #expect(after == before)
      }
      let columns = try SimulatedCollection.rows(
        """
        SELECT sqlite_master.name FROM sqlite_master
        JOIN pragma_table_info(sqlite_master.name) AS field
        WHERE sqlite_master.type = 'table' AND field.name = 'app'
        """, path: path)
      #expect(columns.count > 10)
      for table in columns.compactMap({ $0[0] }) {
        #expect(
          try SimulatedCollection.rows(
            "SELECT 1 FROM \"\(table)\" WHERE app = \(key) LIMIT 1", path: path)
            == [], "\(table)")
      }
      #expect(try SimulatedCollection.rows("PRAGMA integrity_check", path: path) == [["ok"]])
      #expect(try SimulatedCollection.rows("PRAGMA foreign_key_check", path: path) == [])
      for text in [id.text, "7f3a7f3a"] {
        #expect(try !Self.holds(text, path), "\(text) is left")
      }
    }
  }

  @Test func `takes the captures, sources, dates and names that only it had`() async throws {
    try await Self.onRelease { archive, path in
      let odd = try SimulatedCollection.rows(
        """
        SELECT name FROM source WHERE id IN (SELECT source FROM app_source GROUP BY source
          HAVING max(app) = 1 AND min(app) = 1)
        """, path: path
      ).compactMap { $0[0] }
      try #require(odd.count >= 2)
      let shared = try SimulatedCollection.rows(
        """
        SELECT DISTINCT capture FROM request WHERE app <> 1 AND capture IS NOT NULL ORDER BY 1
        """, path: path)
      _ = try await archive.remove(Self.id(1))
      for source in odd {
        #expect(try !Self.holds(String(source.prefix(20)), path), "\(source)")
      }
      #expect(
        try SimulatedCollection.rows("SELECT id FROM capture ORDER BY 1", path: path) == shared)
      #expect(try !Self.holds("kürzer", path))
      #expect(try Self.holds("New price list", path))
      #expect(
        try SimulatedCollection.rows(
          """
          SELECT count(*) FROM calendar WHERE NOT EXISTS (SELECT 1 FROM bucket
            WHERE bucket.grain = calendar.grain AND bucket.day = calendar.day)
          """, path: path) == [["0"]])
    }
  }

  @Test func `takes what was learned of its server, unless another app's facts rest on it`()
    async throws
  {
    try await Self.onRelease { archive, path in
      let learned = { (server: String) in
        try SimulatedCollection.rows(
          """
          SELECT zone, (SELECT count(*) FROM server_figure WHERE server = server.id),
            (SELECT count(*) FROM server_retention WHERE server = server.id),
            (SELECT count(*) FROM zone_proof WHERE server = server.id)
          FROM server WHERE name = '\(server)'
          """, path: path)
      }
      // It is the only app of its server.
      let moved = try #require(
        try SimulatedCollection.rows("SELECT id FROM server WHERE name = 'moved'", path: path)
          .first?[0])
      _ = try await archive.remove(Self.id(8))
      #expect(try learned("moved") == [])
      for table in ["zone_proof", "server_figure", "server_retention"] {
        #expect(
          try SimulatedCollection.rows("SELECT 1 FROM \(table) WHERE server = \(moved)", path: path)
            == [],
          "\(table)")
      }
      // Another app began later, and was not there for the older proofs.
      let before = try #require(try learned("east").first)
      _ = try await archive.remove(Self.id(6))
      let after = try #require(try learned("east").first)
      #expect(after.prefix(3) == before.prefix(3))
      let oldest = try #require(
        try SimulatedCollection.rows("SELECT min(first_instant) / 1000 FROM zone_proof", path: path)
          .first?[0]
      )
      #expect(Int(oldest) ?? 0 < 1_775_404_800)
      let oldestOfEast = try SimulatedCollection.rows(
        """
        SELECT min(first_instant) / 1000 FROM zone_proof JOIN server ON server.id = server
        WHERE name = 'east'
        """, path: path
      ).first?[0]
      // The sixth of April in Shanghai.
      #expect(Int(oldestOfEast ?? "") ?? 0 >= 1_775_404_800)
      // The server is left without any day.
      try SimulatedCollection.execute(
        "DELETE FROM bucket WHERE app IN (SELECT id FROM app WHERE app_id = '\(Self.id(7))')",
        path: path, patience: 5)
      try SimulatedCollection.execute(
        """
        INSERT INTO app (app_id, server, name)
        SELECT '\(Self.id(6))', server, 'again' FROM app WHERE app_id = '\(Self.id(7))'
        """, path: path, patience: 5)
      _ = try await archive.remove(Self.id(6))
      #expect(try learned("east") == [[nil, "0", "0", "0"]])
    }
  }

  @Test func `that nobody has heard of is told so`() async throws {
    try await Self.onRelease { archive, _ in
      let unknown = try #require(AppID(String(repeating: "0", count: 24)))
      let removed = try await archive.remove(unknown)
      let held = try await archive.holdings(of: unknown)
      #expect(removed == nil && held == nil)
    }
  }

  @Test func `while another program reads the archive is gone, and its log said to be there`()
    async throws
  {
    try await Self.onRelease { archive, path in
      let reader = try Archive.openForReading(path: path)
      try await archive.queue.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA busy_timeout = 0")
      }
      try reader.ask { facts in
        _ = try facts.apps()
        let done = DispatchSemaphore(value: 0)
        Task {
          let error = await #expect(throws: AlmanacError.self) {
            try await archive.remove(Self.id(1))
          }
          #expect(error?.hint.contains("almanac migrate --database \(path)") == true)
          done.signal()
        }
        done.wait()
      }
      let held = try await archive.holdings(of: Self.id(1))
      #expect(held == nil)
      // The hint does what it says.
      _ = try Archive.openForWriting(path: path)
      #expect(try !Self.holds(Self.id(1).text, path))
    }
  }

  private static let now = Date("2026-06-10T02:30:00Z")

  private static var apps: [SimulatedApp] {
    let from = now.addingTimeInterval(-86_400 * 20 - 9_000)
    return [
      Fixtures.steady(from: from, days: 30),
      // Younger, so that it proves nothing of the beginning of the other.
      Fixtures.steady(
        Fixtures.otherID, name: "Other", from: from.addingTimeInterval(86_400 * 9), days: 20),
    ]
  }

  @Test func `is there wholly or not at all, whenever that is broken off`() async throws {
    try await SimulatedCollection.on(Self.apps, now: Self.now) { collection in
      try await collection.run(at: Self.now)
      let id = AppID(Fixtures.appID)!
      let before = try collection.statements()
      let all = try await collection.remains(cachedPages: 5) {
        _ = try await collection.archive.remove(id)
      }
      let after = try collection.statements()
      #expect(!after.contains { $0.contains(Fixtures.appID) } && after.count < before.count)
      var outcomes: Set<Int> = []
      for remains in all {
        let left = try collection.with(remains, as: "left.db")
        let statements = try left.statements()
        #expect(statements == before || statements == after)
        outcomes.insert(statements.count)
        #expect(try left.rows("PRAGMA integrity_check") == [["ok"]])
        #expect(try left.rows("PRAGMA foreign_key_check") == [])
      }
      #expect(outcomes.count == 2)
    }
  }

  @Test func `and read again is what a new archive has of it`() async throws {
    try await SimulatedCollection.on(Self.apps, now: Self.now) { collection in
      try await collection.run(at: Self.now)
      _ = try await collection.archive.remove(AppID(Fixtures.appID)!)
      let later = Self.now.addingTimeInterval(86_400 * 3)
      try await collection.run(at: later)
      let new = try collection.withNewArchive(named: "new.db")
      try await new.run(at: later)
      let mine = { (collection: SimulatedCollection) in
        try collection.statements().filter { $0.contains(Fixtures.appID) }
      }
      #expect(try mine(collection).count > 100)
      #expect(try mine(collection) == mine(new))
    }
  }
}
