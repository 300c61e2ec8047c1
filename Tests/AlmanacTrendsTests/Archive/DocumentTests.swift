import Foundation
import GRDB
import Testing

@testable import AlmanacStore

/// The documents beside the code: what they name is there.
@Suite struct `What the documents name` {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../..").standardizedFileURL

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// The tables of `docs/archive.md`: the views or tables of a heading, and its columns with types.
  private static func described() throws -> [(names: [String], columns: [String])] {
    try text("docs/archive.md").components(separatedBy: "\n### ").dropFirst().map { section in
      let heading = section.prefix { $0 != "\n" }
      let names = heading.matches(of: /`([a-z_]+)`/).map { String($0.1) }
      let columns = section.matches(of: /\n\| `([a-z_0-9]+)` \| ([A-Z]*) \|/)
        .map { "\($0.1) \($0.2)" }
      return (names, columns)
    }
  }

  @Test func `is every view and table of the archive, with its columns and their types`()
    async throws
  {
    let described = try Self.described()
    try await HandmadeArchive.with(first: "2026-01-01", today: "2026-01-02") { handmade in
      let all = try handmade.archive.ask { reader in
        try String.fetchAll(
          reader.db,
          sql: """
            SELECT name FROM sqlite_master
            WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name
            """)
      }
      #expect(described.flatMap(\.names).sorted() == all)
      for (names, columns) in described {
        for name in names {
          let held = try handmade.archive.ask { reader in
            try String.fetchAll(
              reader.db, sql: "SELECT name || ' ' || type FROM pragma_table_info('\(name)')")
          }
          #expect(held == columns, "\(name)")
        }
      }
    }
  }

  @Test(arguments: [
    "README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md", "docs/archive.md",
    "docs/asking.md", "docs/collecting.md", "docs/exporting.md", "docs/outgrowing.md",
    "bi/README.md", "docs/monitoring.md",
    "docs/operations.md",
    "docs/running.md", "docs/server.md",
  ])
  func `is a file that is there`(document: String) throws {
    let text = try Self.text(document)
    let folder = (document as NSString).deletingLastPathComponent
    let linked = text.matches(of: /\]\(([A-Za-z0-9_.\/-]+)(?:#[^)]*)?\)/).map {
      folder.isEmpty ? String($0.1) : "\(folder)/\($0.1)"
    }
    // A room is named without the folder that all of them stand in.
    let rooms = #/`((?:Almanac|FastGPT|almanac/|Tests/|scripts/|migrations/0)[A-Za-z0-9_.+/-]+)`/#
    let named = text.matches(of: rooms).map { String($0.1) }.filter { $0.contains("/") }
    for path in linked + named {
      let places = [path, "Sources/\(path)"].map {
        Self.root.appending(path: $0).standardizedFileURL.path(percentEncoded: false)
      }
      #expect(
        places.contains { FileManager.default.fileExists(atPath: $0) },
        "\(document) names \(path)")
    }
  }
}
