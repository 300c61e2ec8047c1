import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

// What comes into PostgreSQL and ClickHouse is tried on the real engines, by scripts/check-export.
@Suite(.serialized) struct `almanac export` {
  private func collected(_ body: (Program) async throws -> Void) async throws {
    try await Program.inFolder { program in
      let program = Program(
        folder: program.folder, environment: ["ALMANAC_NOW": "2026-06-10T02:30:00Z"])
      try await program.serving { _, _ in
        #expect(try await program.run("collect").code == 0)
        try await body(program)
      }
    }
  }

  @Test func `says what it has made, and of which run`() async throws {
    try await collected { program in
      let archive = program.path("almanac.db")
      let snapshot = try await program.run("export", "snapshot", "snapshot.db")
      #expect(snapshot.code == 0 && snapshot.errors.isEmpty)
      #expect(snapshot.output.hasPrefix("\(archive) as of run 1 is in snapshot.db: "))
      let csv = try await program.run("export", "csv", "out")
      #expect(csv.code == 0 && csv.output.hasPrefix("\(archive) as of run 1 is in out: "))
      let script = try await program.run("export", "postgresql")
      #expect(script.code == 0 && script.output.hasSuffix("archive as of run 1\n"))
      let asked = try await program.run("trend", "messages", "--database", "snapshot.db")
      #expect(asked.code == 65)
      #expect(
        asked.errors == """
          opening the archive snapshot.db: it is a snapshot for other tools, and no archive
          hint: name the archive that it was made of with --database

          """)
    }
  }

  @Test func `tells what is wrong with a target, and keeps a secret`() async throws {
    try await collected { program in
      for (arguments, code, text) in [
        (["export", "snapshot", "almanac.yaml"], 65, "there is a file that is no snapshot"),
        (["export", "snapshot", "missing/snapshot.db"], 65, "mkdir -p"),
        (["export", "csv", "key"], 65, "not a directory"),
        (["export", "csv", "key/out"], 65, "a part of that path is a file"),
        (["export", "csv", "missing/out"], 65, "mkdir -p"),
        (["export", "postgresql", "--since-run", "9"], 64, "its newest finished run is 1"),
        (["export", "clickhouse", "--url", "http://a:secret@b/"], 64, "$CLICKHOUSE_PASSWORD"),
        (["export", "clickhouse", "--url", "http://127.0.0.1:1/?database=x"], 1, "check --url"),
        (
          [
            "export", "clickhouse", "--url", "http://127.0.0.1:1/?database=x", "--key-file",
            "nowhere",
          ], 78,
          "reading the password from nowhere"
        ),
      ] as [([String], Int32, String)] {
        let told = try await program.finish(program.prepare(arguments), launch: true)
        #expect(told.code == code, "\(arguments): \(told.errors)")
        #expect(told.errors.contains(text), "\(told.errors)")
        #expect(told.errors.contains("hint: ") && !told.errors.contains("secret"))
        #expect(told.output.isEmpty)
      }
    }
  }

  @Test func `gives a question's CSV the form for spreadsheets, and no other format`() async throws
  {
    try await collected { program in
      let plain = try await program.run("rank", "messages", "--format", "csv")
      let excel = try await program.run("rank", "messages", "--format", "csv", "--excel")
      let bytes = try Data(contentsOf: program.folder.appending(path: "stdout"))
      // Foundation drops the mark when it reads text.
      #expect(bytes.prefix(3) == Data([0xEF, 0xBB, 0xBF]) && excel.output == plain.output)
      let table = try await program.run("rank", "messages", "--excel")
      #expect(table.code == 64 && table.errors.contains("add --format csv"))
    }
  }
}
