import AlmanacCore
import AlmanacStore
import AlmanacTestSupport
import Foundation
import Testing

@testable import AlmanacExport

// What a script does to a PostgreSQL is tried on a real one, by scripts/check-export.
@Suite struct `A script for psql` {
  private func script(_ exported: ExportedArchive, since run: Int? = nil) throws -> String {
    var stream = Written()
    try PostgreSQLScript(
      of: exported.moment(), since: run, schema: nil, isPartitioned: false, version: "test"
    ).write(to: &stream)
    return stream.text
  }

  @Test func `is one transaction that ends with the last line but one`() async throws {
    try await ExportedArchive.with { exported in
      let lines = try script(exported).split(separator: "\n")
      #expect(lines.filter { $0.hasPrefix("BEGIN ISOLATION") }.count == 1)
      #expect(lines.filter { $0.hasPrefix("COMMIT") }.count == 1)
      #expect(lines.dropLast().last == "COMMIT;")
    }
  }

  @Test func `escapes what COPY would take for something else`() async throws {
    try await ExportedArchive.with { exported in
      let name = #"=a\tb\nc\\d "e", 'f'\r☃"#
      let text = try script(exported)
      #expect(text.contains("\(Fixtures.otherID)\t\(name)\t2026-01-01\t"))
    }
  }

  @Test func `carries over a few rows where little has changed`() async throws {
    try await ExportedArchive.with { exported in
      let whole = try script(exported)
      let nothing = try script(exported, since: 1)
      #expect(!nothing.contains("\t2026-01-01\t") && whole.contains("\t2026-01-01\t"))
      #expect(nothing.contains("begins behind run 1"))
    }
  }

  @Test func `is refused for a run that has not finished`() async throws {
    try await ExportedArchive.with { exported in
      let error = #expect(throws: AlmanacError.self) { try script(exported, since: 2) }
      #expect(
        error?.code == .usage && error?.hint.hasPrefix("its newest finished run is 1; ") == true)
    }
  }
}
