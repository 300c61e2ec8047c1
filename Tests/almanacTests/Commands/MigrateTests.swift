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
      #expect(migrated.code == 0 && migrated.errors.isEmpty)
      #expect(migrated.output.contains(path))
      let again = try await program.run("migrate", "--database", path)
      #expect(again.code == 0 && again.output.contains("is up to date"))
      let messages = try await program.run(
        "trend", "messages", "--app", "Forgetful bot", "--from", "2026-03-31", "--to",
        "2026-03-31", "--format", "csv", "--database", path)
      #expect(messages.code == 0)
      #expect(messages.output.hasSuffix("messages,2026-03-31,70,expired,1,1\n"))
    }
  }
}
