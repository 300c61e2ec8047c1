import AlmanacCore
import AlmanacStore
import AlmanacTestSupport
import Crypto
import FastGPTSimulator
import Foundation
import Testing

@testable import AlmanacExport

@Suite struct `An export into files` {
  private func export(
    _ exported: ExportedArchive, _ form: FileExport.Form = .csv(isForSpreadsheets: false)
  ) throws -> (manifest: Manifest, written: Int) {
    try FileExport(of: exported.moment(), into: exported.path("out"), as: form, version: "test")
      .write()
  }

  private func text(_ exported: ExportedArchive, _ name: String) throws -> String {
    try String(contentsOfFile: exported.path("out/\(name)"), encoding: .utf8)
  }

  @Test func `has a file for each view and year, and a manifest that is true`() async throws {
    try await ExportedArchive.with { exported in
      let (manifest, written) = try export(exported)
      #expect(written == manifest.files.count && manifest.isComplete && manifest.run == 1)
      let names = try FileManager.default.contentsOfDirectory(atPath: exported.path("out"))
      #expect(Set(names) == Set(manifest.files.map(\.name) + ["manifest.json"]))
      #expect(names.contains("daily-2025.csv") && names.contains("daily-2026.csv"))
      for file in manifest.files {
        let bytes = try Data(contentsOf: exported.folder.appending(path: "out/\(file.name)"))
        let hash = SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined()
        #expect(file.bytes == bytes.count && file.sha256 == hash)
        let year = file.year.map { " WHERE substr(date, 1, 4) = '\($0)'" } ?? ""
        let column = file.view == "totals" ? year.replacing("date", with: "read_at") : year
        let rows = try exported.collection.rows("SELECT count(*) FROM \(file.view)\(column)")
        #expect(rows == [[String(file.rows)]], "\(file.name)")
      }
    }
  }

  @Test func `writes only what differs, and deletes what is no longer there`() async throws {
    try await ExportedArchive.with { exported in
      _ = try export(exported)
      #expect(try export(exported).written == 0)
      // Somebody changed a file, and not its size.
      let file = exported.folder.appending(path: "out/metric_catalog.csv")
      let whole = try Data(contentsOf: file)
      try Data(whole.reversed()).write(to: file)
      #expect(try export(exported).written == 1)
      #expect(try Data(contentsOf: file) == whole)
      try await exported.collection.run(at: Date("2026-01-07T02:00:00Z"))
      let (manifest, written) = try export(exported)
      #expect(written > 0 && written < manifest.files.count && manifest.run == 2)
      for app in [Fixtures.appID, Fixtures.otherID] {
        _ = try await exported.collection.archive.remove(try #require(AppID(app)))
      }
      _ = try export(exported)
      let names = try FileManager.default.contentsOfDirectory(atPath: exported.path("out"))
      #expect(!names.contains { $0.hasPrefix("daily-") }, "\(names)")
    }
  }

  @Test func `reads back as it was, whatever stands in a name`() async throws {
    try await ExportedArchive.with { exported in
      let (manifest, _) = try export(exported, .jsonl)
      for table in try exported.moment().tables {
        let lines = try manifest.files.filter { $0.view == table.name }.flatMap {
          try text(exported, $0.name).split(separator: "\n")
        }
        let rows = try lines.map { line in
          let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
          return table.columns.map { column -> String? in
            switch object?[column.name] {
            case let text as String: text
            case let number as NSNumber: number.stringValue
            default: nil
            }
          }
        }
        let held = try ExportedArchive.rows(table.name, exported.collection.path).map { row in
          zip(row, table.columns).map { cell, column in
            // A whole number has no decimals in JSON.
            column.type == .real ? cell.flatMap { Double($0) }?.plain : cell
          }
        }
        let order = { (rows: [[String?]]) in
          rows.map { $0.map { $0 ?? "" } }.map(\.description).sorted()
        }
        #expect(order(rows) == order(held), "\(table.name)")
      }
    }
  }

  @Test func `gives a spreadsheet its mark and no formula`() async throws {
    try await ExportedArchive.with { exported in
      _ = try export(exported)
      let plain = try text(exported, "freshness.csv")
      #expect(plain.contains("\"\(ExportedArchive.name.replacing("\"", with: "\"\""))\""))
      try FileManager.default.removeItem(atPath: exported.path("out"))
      _ = try export(exported, .csv(isForSpreadsheets: true))
      let defused = try text(exported, "freshness.csv")
      // Foundation drops the mark when it reads text.
      #expect(
        FileManager.default.contents(atPath: exported.path("out/freshness.csv"))?.prefix(3)
          == Data([0xEF, 0xBB, 0xBF]))
      #expect(defused.contains("\"'=a\tb"))
    }
  }

  @Test func `refuses a folder of somebody else, and leaves it as it is`() async throws {
    try await ExportedArchive.with { exported in
      try FileManager.default.createDirectory(
        atPath: exported.path("out"), withIntermediateDirectories: false)
      try Data("mine".utf8).write(to: exported.folder.appending(path: "out/freshness.csv"))
      let error = #expect(throws: AlmanacError.self) { try export(exported) }
      #expect(error?.cause == "it holds freshness.csv, which no manifest of almanac names")
      #expect(try text(exported, "freshness.csv") == "mine")
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: exported.path("out")).count == 1)
      try Data("{}".utf8).write(to: exported.folder.appending(path: "out/manifest.json"))
      #expect(throws: AlmanacError.self) { try export(exported) }
    }
  }

  @Test func `is the only one in its folder, and leaves nothing of one that was killed`()
    async throws
  {
    try await ExportedArchive.with { exported in
      _ = try export(exported)
      let lock = open(exported.path("out"), O_RDONLY)
      defer { close(lock) }
      #expect(flock(lock, LOCK_EX) == 0)
      let error = #expect(throws: AlmanacError.self) { try export(exported) }
      #expect(error?.code == .locked)
      #expect(flock(lock, LOCK_UN) == 0)
      for name in ["gaps.csv.0123ABCD.partial", "mine.partial", "mine.0123ABCD.partial"] {
        try Data().write(to: exported.folder.appending(path: "out/\(name)"))
      }
      _ = try export(exported)
      let names = try FileManager.default.contentsOfDirectory(atPath: exported.path("out"))
      #expect(
        names.filter { $0.hasSuffix("partial") }.sorted() == [
          "mine.0123ABCD.partial", "mine.partial",
        ])
    }
  }

  @Test func `goes on where one was broken off`() async throws {
    try await ExportedArchive.with { exported in
      let (manifest, _) = try export(exported)
      var unfinished = manifest
      unfinished.isComplete = false
      try Data(unfinished.text.utf8).write(
        to: exported.folder.appending(path: "out/manifest.json"))
      try FileManager.default.removeItem(atPath: exported.path("out/gaps.csv"))
      let again = try export(exported)
      #expect(again.manifest == manifest && again.written == manifest.files.count)
      #expect(FileManager.default.fileExists(atPath: exported.path("out/gaps.csv")))
    }
  }
}
