import AlmanacCore
import FastGPT
import Foundation
import Testing

@testable import almanac

@Suite struct `The key of a server` {
  private func key(
    _ program: Program, _ environment: [String: String], named name: String = "default"
  ) throws -> String {
    let server = Configuration.Server(
      name: name, address: try ServerAddress("https://example.org"), keyFile: program.path("key"),
      keyPlace: "a.yaml:3: server.api_key_file")
    return try Credential(environment: environment).key(of: server).text
  }

  @Test func `comes from systemd before the environment before the file`() async throws {
    try await Program.inFolder { program in
      try program.write(" from-file \n", to: "key")
      try program.write("from-systemd\n", to: "fastgpt-api-key")
      try program.write("from-systemd-eu\n", to: "fastgpt-api-key-eu")
      let folder = ["CREDENTIALS_DIRECTORY": program.folder.path(percentEncoded: false)]
      let variable = ["FASTGPT_API_KEY": "from-environment", "FASTGPT_API_KEY_EU_1": "for-eu"]
      #expect(try key(program, folder.merging(variable) { $1 }) == "from-systemd")
      #expect(try key(program, folder, named: "eu") == "from-systemd-eu")
      #expect(try key(program, variable) == "from-environment")
      #expect(try key(program, variable, named: "eu-1") == "for-eu")
      #expect(try key(program, [:]) == "from-file")
    }
  }

  @Test func `that is found and cannot be used is an error, not passed over`() async throws {
    try await Program.inFolder { program in
      try program.write("from-file", to: "key")
      let empty = try #require(throws: AlmanacError.self) {
        try key(program, ["FASTGPT_API_KEY": " "])
      }
      #expect(empty.cause.contains("FASTGPT_API_KEY is empty"))
      try program.write("from-file", to: "key", mode: 0o604)
      let open = try #require(throws: AlmanacError.self) { try key(program, [:]) }
      #expect(open.hint == "run `chmod o= \(program.path("key"))`")
      try program.write("\n", to: "key")
      let blank = try #require(throws: AlmanacError.self) { try key(program, [:]) }
      #expect(blank.cause.hasSuffix("is empty"))
      try FileManager.default.removeItem(atPath: program.path("key"))
      let missing = try #require(throws: AlmanacError.self) { try key(program, [:]) }
      #expect(missing.cause.contains("names a file that does not exist"))
      #expect(missing.cause.contains("a.yaml:3: server.api_key_file"))
      #expect(!"\(missing)".contains(program.path("key")))
      #expect(missing.exitCode == 78)
    }
  }

  /// A broken link and an empty value do not lead on to the next place.
  @Test func `is looked for no further once something is found`() async throws {
    try await Program.inFolder { program in
      try program.write("from-file", to: "key")
      let path = program.path("fastgpt-api-key")
      let folder = ["CREDENTIALS_DIRECTORY": program.path(""), "FASTGPT_API_KEY": "from-variable"]
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "nowhere")
      let dangling = try #require(throws: AlmanacError.self) { try key(program, folder) }
      #expect(dangling.cause.hasPrefix("$CREDENTIALS_DIRECTORY/fastgpt-api-key cannot be read"))
      try FileManager.default.removeItem(atPath: path)
      try FileManager.default.createSymbolicLink(
        atPath: path, withDestinationPath: "fastgpt-api-key")
      let loop = try #require(throws: AlmanacError.self) { try key(program, folder) }
      #expect(loop.cause.hasPrefix("$CREDENTIALS_DIRECTORY/fastgpt-api-key: too many levels"))
      try FileManager.default.removeItem(atPath: path)
      #expect(try key(program, folder) == "from-variable")
      try program.write("\n", to: "fastgpt-api-key")
      let empty = try #require(throws: AlmanacError.self) { try key(program, folder) }
      #expect(empty.cause == "$CREDENTIALS_DIRECTORY/fastgpt-api-key is empty")
      #expect(try key(program, ["CREDENTIALS_DIRECTORY": ""]) == "from-file")
    }
  }

  @Test func `on a read-only mount gets a hint that can be followed`() {
    for hint in [
      Credential.hint(toClose: "/etc/secret/key", isReadOnly: true),
      Credential.hint(toRead: "/etc/secret/key", isReadOnly: true),
    ] {
      #expect(hint.contains("`defaultMode: 0440`") && hint.contains("`fsGroup`"))
      #expect(!hint.contains("chmod"))
    }
    #expect(Credential.hint(toClose: "/a/key", isReadOnly: false) == "run `chmod o= /a/key`")
    #expect(!Credential.isReadOnly(NSTemporaryDirectory()))
  }
}
