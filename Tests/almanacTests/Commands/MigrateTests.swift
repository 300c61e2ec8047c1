import AlmanacTestSupport
import Foundation
import Testing

@Suite struct `almanac migrate` {
  @Test func `brings an archive of 0.1.0 up to date, and a question is answered from it`()
    async throws
  {
    try await Program.inFolder { program in
      let path = try Fixtures.restoreRelease(into: program.folder.path(percentEncoded: false))
      let migrated = try await program.run("migrate", "--database", path)
      #expect(migrated.code == 0)
      #expect(migrated.output == "\(path) is migrated from schema 2 to 8\n")
      let backup = path + ".schema-2.backup"
      #expect(
        migrated.errors.matches(
          of: /^migrating the archive .+ from schema 2 to 8: it takes up to \d MB/
        )
        .count == 1)
      #expect(migrated.errors.hasSuffix("\nthe archive as it was is kept in \(backup)\n"))
      let old = try await program.run("status", "--database", backup)
      #expect(old.code == 65 && old.errors.contains("almanac migrate --database \(backup)"))
      let again = try await program.run("migrate", "--database", path)
      #expect(again.code == 0 && again.output.contains("is up to date") && again.errors.isEmpty)
      let copy = try await program.run("migrate", "--database", backup)
      #expect(copy.code == 65 && copy.errors.contains("copy it to another name"))
      let gap = try await program.run(
        "history", "--app", "Spoilt bot", "--date", "2026-03-20", "--database", path)
      #expect(gap.errors == "no data for day 2026-03-20: a gap: refused\n")
      let messages = try await program.run(
        "trend", "messages", "--app", "Forgetful bot", "--from", "2026-03-31", "--to",
        "2026-03-31", "--format", "csv", "--database", path)
      #expect(messages.code == 0)
      #expect(messages.output.hasSuffix("messages,2026-03-31,70,expired,1,1\n"))
    }
  }

  /// The limit grows by blocks, as `ulimit -f` counts them, from too little to enough.
  @Test func `by a limit on the size of its files leaves the old archive, and no copy`()
    async throws
  {
    try await Program.inFolder { program in
      let folder = program.folder.path(percentEncoded: false)
      let path = try Fixtures.restoreRelease(into: folder)
      let held = try ["user_fact", "figure", "revision", "bucket", "sqlite_master"].map { table in
        try SimulatedCollection.rows("SELECT * FROM \(table)", path: path)
      }
      var refused = 0
      for blocks in stride(from: 8, through: 4000, by: 307) {
        let process = try program.prepare([])
        process.executableURL = URL(filePath: "/bin/sh")
        let almanac = Program.binary.path(percentEncoded: false)
        process.arguments = [
          "-c", "ulimit -f \(blocks) && exec '\(almanac)' migrate --database '\(path)'",
        ]
        let ended = try await program.finish(process, launch: true)
        guard ended.code != 0 else { break }
        refused += 1
        #expect(ended.code == 65, "\(blocks): \(ended.errors)")
        #expect(ended.errors.contains("room"), "\(blocks): \(ended.errors)")
        // With the least it does not get that far.
        #expect(
          blocks == 8 || ended.errors.contains("; the archive is as it was\n"),
          "\(blocks): \(ended.errors)")
        #expect(!ended.errors.contains("is kept in"), "\(blocks): \(ended.errors)")
        #expect(!ended.errors.contains("not an error"), "\(blocks): \(ended.errors)")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(!files.contains { $0.contains("backup") }, "\(blocks): \(files)")
        for (table, rows) in zip(
          ["user_fact", "figure", "revision", "bucket", "sqlite_master"], held)
        {
          #expect(
            try SimulatedCollection.rows("SELECT * FROM \(table)", path: path) == rows, "\(blocks)")
        }
      }
      #expect(refused > 3)
      #expect(try await program.run("migrate", "--database", path).output.contains("up to date"))
    }
  }
}
