import AlmanacStore
import AlmanacTestSupport
import Foundation
import Testing

@Suite(.serialized) struct `The file of an answer` {
  private func write(
    _ program: Program, to path: String, _ words: String...
  ) async throws -> Program.Outcome {
    try await program.finish(program.prepare(["metrics", "--output", path] + words), launch: true)
  }

  private func mode(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  @Test func `is replaced whole, with its mode, behind a link`() async throws {
    try await Program.inFolder { program in
      let (file, link) = (program.path("answer.txt"), program.path("link"))
      try Data("old".utf8).write(to: URL(filePath: file))
      try FileManager.default.setAttributes([.posixPermissions: 0o604], ofItemAtPath: file)
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "answer.txt")
      let plain = try await program.run("metrics")
      #expect(try await write(program, to: link).code == 0)
      #expect(try String(contentsOfFile: file, encoding: .utf8) == plain.output)
      #expect(try mode(file) == 0o604)
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "answer.txt")
      #expect(try Set(FileManager.default.contentsOfDirectory(atPath: program.path(""))).count == 4)
    }
  }

  @Test func `may be a pipe, which stays one`() async throws {
    try await Program.inFolder { program in
      let pipe = program.path("pipe")
      #expect(mkfifo(pipe, 0o600) == 0)
      let reader = open(pipe, O_RDWR | O_NONBLOCK)
      defer { close(reader) }
      let outcome = try await write(program, to: pipe, "--format", "markdown")
      #expect(outcome.code == 0)
      var bytes = [UInt8](repeating: 0, count: 65_536)
      let count = read(reader, &bytes, bytes.count)
      #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).contains("| users |"))
      var kind = stat()
      #expect(stat(pipe, &kind) == 0 && kind.st_mode & S_IFMT == S_IFIFO)
    }
  }

  @Test func `is made where a link leads`() async throws {
    try await Program.inFolder { program in
      try FileManager.default.createSymbolicLink(
        atPath: program.path("link"), withDestinationPath: "answer.txt")
      let plain = try await program.run("metrics")
      #expect(try await write(program, to: program.path("link")).code == 0)
      #expect(
        try String(contentsOfFile: program.path("answer.txt"), encoding: .utf8) == plain.output)
    }
  }

  @Test func `loses nothing where it is standard output`() async throws {
    try await Program.inFolder { program in
      let log = program.path("log")
      try Data("before\n".utf8).write(to: URL(filePath: log))
      let process = try program.prepare(["metrics", "--output", "/dev/stdout"])
      let handle = try #require(FileHandle(forWritingAtPath: log))
      try handle.seekToEnd()
      process.standardOutput = handle
      #expect(try await program.finish(process, launch: true).code == 0)
      let plain = try await program.run("metrics")
      #expect(try String(contentsOfFile: log, encoding: .utf8) == "before\n" + plain.output)
    }
  }

  @Test(arguments: [
    ("no/answer.txt", "no such file or directory"), ("folder", "is a directory"),
    ("folder/", "is a directory"), ("", "no such file or directory"),
    ("/dev/full", "no space left on device"),
  ])
  func `that cannot be written is named with the reason`(path: String, cause: String) async throws {
    try await Program.inFolder { program in
      try FileManager.default.createDirectory(
        atPath: program.path("folder"), withIntermediateDirectories: false)
      let outcome = try await write(program, to: path)
      #expect(outcome.code == 1 && outcome.errors.contains(cause), "\(outcome.errors)")
      #expect(outcome.errors.contains("hint: check that its directory exists"))
    }
  }

  /// The files are of every kind that the program can come upon. The suite `A part of a database`
  /// has each by itself.
  @Test func `is never a database, and nothing of one is touched`() async throws {
    try await Program.inFolder { program in
      let files = FileManager.default
      _ = try Archive.openForWriting(path: program.path("almanac.db"))
      try program.write("", to: "empty.db")
      try files.createDirectory(
        atPath: program.path("sub"), withIntermediateDirectories: false)
      try files.createSymbolicLink(
        atPath: program.path("link"), withDestinationPath: "almanac.db")
      try files.linkItem(atPath: program.path("almanac.db"), toPath: program.path("hard"))
      func listing() throws -> [String: Data] {
        try files.contentsOfDirectory(atPath: program.path("")).reduce(into: [:]) {
          guard !["stdout", "stderr"].contains($1) else { return }
          $0[$1] = files.contents(atPath: program.path($1))
        }
      }
      let before = try listing()
      var program = program
      for (path, database) in [
        ("almanac.db", nil), ("sub/../almanac.db", nil), ("link", nil), ("hard", nil),
        ("almanac.db-wal", nil), ("almanac.db.lock", nil), ("almanac.db-journal", nil),
        ("empty.db", "empty.db"), ("sub/../none.db", "none.db"),
        ("none.db", program.path("none.db")),
      ] {
        program.environment["ALMANAC_DATABASE"] = database
        let outcome = try await write(program, to: path)
        #expect(outcome.code == 65, "\(path): \(outcome.errors)")
        #expect(outcome.errors.contains("writing the answer to \(path): "), "\(outcome.errors)")
        #expect(outcome.errors.contains("hint: name another file"))
        #expect(try listing() == before, "\(path)")
      }
      program.environment["ALMANAC_DATABASE"] = program.path("almanac.db")
      let status = try await program.run("status", "--output", "almanac.db")
      #expect(status.code == 65 && status.errors.contains("it is a database"), "\(status.errors)")
      #expect(try await write(program, to: "empty.db").code == 0)
    }
  }
}
