import AlmanacCore
import AlmanacStore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

@testable import AlmanacExport

@Suite struct `A snapshot` {
  @Test func `has every public view as a table with the same rows and types, in one file`()
    async throws
  {
    try await ExportedArchive.with { exported in
      let path = exported.path("snapshot.db")
      let moment = try exported.moment()
      let size = try moment.writeSnapshot(to: path)
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      #expect(attributes[.size] as? Int == size)
      #expect((attributes[.posixPermissions] as? Int ?? 0o777) & 0o222 == 0)
      #expect(!FileManager.default.fileExists(atPath: path + "-wal"))
      for table in moment.tables {
        #expect(
          try ExportedArchive.rows(table.name, path)
            == ExportedArchive.rows(table.name, exported.collection.path), "\(table.name)")
        let types = "SELECT name, type FROM pragma_table_info('\(table.name)')"
        #expect(
          try SimulatedCollection.rows(types, path: path) == exported.collection.rows(types))
      }
      #expect(try SimulatedCollection.rows("PRAGMA journal_mode", path: path) == [["delete"]])
    }
  }

  @Test func `replaces an older snapshot, and nothing else`() async throws {
    try await ExportedArchive.with { exported in
      let moment = try exported.moment()
      let path = exported.path("snapshot.db")
      _ = try moment.writeSnapshot(to: path)
      try await exported.collection.run(at: Date("2026-01-07T02:00:00Z"))
      _ = try exported.moment().writeSnapshot(to: path)
      #expect(
        try ExportedArchive.rows("daily", path)
          == ExportedArchive.rows("daily", exported.collection.path))
      let backup = exported.path("backup.db")
      _ = try Archive.backUp(exported.collection.path, to: backup, at: .now)
      try Data("text".utf8).write(to: exported.folder.appending(path: "text"))
      for other in [backup, exported.path("text"), exported.collection.path] {
        let bytes = FileManager.default.contents(atPath: other)
        #expect(throws: AlmanacError.self) { try moment.writeSnapshot(to: other) }
        #expect(FileManager.default.contents(atPath: other) == bytes)
      }
      #expect(throws: AlmanacError.self) {
        try Archive.backUp(exported.collection.path, to: path, at: .now)
      }
      let error = #expect(throws: AlmanacError.self) { try Archive.openForReading(path: path) }
      #expect(error?.cause == "it is a snapshot for other tools, and no archive")
      #expect(throws: AlmanacError.self) { try Archive.openForWriting(path: path) }
    }
  }
}
