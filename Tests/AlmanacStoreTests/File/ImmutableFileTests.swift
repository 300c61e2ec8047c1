import AlmanacCore
import Foundation
import GRDB
import Testing

@testable import AlmanacStore

@Suite struct `An archive where nobody may write` {
  /// A copy without side files, as a backup leaves it. The copy's own name has what an address would
  /// take for something else.
  private func copied(_ body: (String) async throws -> Void) async throws {
    try await inFolder { folder in
      let path = folder + "/almanac.db"
      let fixture = try await ArchiveFixture(Archive.openForWriting(path: path))
      try await fixture.write(
        fixture.belief(first: "2026-03-02", [bucket("2026-03-02", everything())]))
      let copy = folder + "/a copy?of#50%.db"
      try fixture.archive.queue.backup(to: DatabaseQueue(path: copy))
      try await body(copy)
    }
  }

  private var readOnly: Configuration {
    var configuration = Configuration()
    configuration.readonly = true
    return configuration
  }

  @Test func `is read as it lies there, and nothing is laid beside it`() async throws {
    try await copied { path in
      let still = try #require(ImmutableFile(path))
      let queue = try DatabaseQueue(path: still.address, configuration: readOnly)
      let days = try await queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM daily") }
      #expect(days == 1)
      try still.checkUnchanged()
      let files = try FileManager.default.contentsOfDirectory(
        atPath: URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false))
      #expect(files.filter { $0.hasPrefix("a copy") } == ["a copy?of#50%.db"])
    }
  }

  @Test func `is not still where a log holds some of it`() async throws {
    try await copied { path in
      try Data().write(to: URL(filePath: path + "-wal"))
      #expect(ImmutableFile(path) != nil)
      try Data([1]).write(to: URL(filePath: path + "-wal"))
      #expect(ImmutableFile(path) == nil)
      // The log lies beside the file that a link leads to.
      let link = URL(filePath: path).deletingLastPathComponent().appending(path: "link.db")
      try FileManager.default.createSymbolicLink(
        atPath: link.path(percentEncoded: false), withDestinationPath: path)
      #expect(ImmutableFile(link.path(percentEncoded: false)) == nil)
    }
  }

  @Test(arguments: ["", "-wal"])
  func `is asked again if somebody writes to it meanwhile`(side: String) async throws {
    try await copied { path in
      let still = try #require(ImmutableFile(path))
      let file = URL(filePath: path + side)
      try ((try? Data(contentsOf: file)) ?? Data([1, 2, 3])).write(to: file)
      let error = #expect(throws: AlmanacError.self) { try still.checkUnchanged() }
      #expect(error?.cause.contains("somebody wrote") == true)
    }
  }
}
