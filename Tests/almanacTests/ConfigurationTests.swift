import AlmanacCollector
import AlmanacCore
import Foundation
import Testing

@testable import almanac

@Suite struct `A configuration` {
  private static let apps: String = """
    apps:
      - id: 68c46a70d950e8850ae564ba
        name: Support bot
    """
  private static let server: String = "server: {url: https://example.org}\n"

  @Test func `of the documentation is taken whole`() throws {
    let configuration = try Configuration.parse(
      """
      database: /var/lib/almanac/almanac.db
      server:
        url: https://cloud.fastgpt.cn
        api_key_file: /etc/almanac/fastgpt-api-key
        bucket_time_zone: auto
      collect:
        at: "02:30"
        grains: [day, week]
        retention_offsets: {day: [7, 3], week: [4]}
        by_source: false
        look_back: 3w
        deep_every: 30d
        keep_captures: 10d
        concurrency: 4
        requests_per_second: 2.5
        timeout: 45s
      apps:
        - id: 68C46A70D950E8850AE564BA
          name: Support bot
          tags: [customer, cn]
          since: 2025-01-01
      """, file: "almanac.yaml")
    #expect(configuration.database == "/var/lib/almanac/almanac.db")
    #expect(configuration.servers.map(\.name) == ["default"])
    #expect(configuration.servers[0].zone == nil)
    #expect(configuration.settings.grains == [.day, .week])
    #expect(configuration.settings.retentionOffsets[.day] == [1, 3, 7])
    #expect(configuration.settings.bySource == false)
    #expect(configuration.settings.lookBack == 21)
    #expect(configuration.settings.keepCaptures == 10)
    #expect(configuration.settings.concurrency == 4)
    #expect(configuration.requestsPerSecond == 2.5)
    #expect(configuration.timeout == .seconds(45))
    #expect(configuration.apps[0].id.text == "68c46a70d950e8850ae564ba")
    #expect(configuration.apps[0].since == Day("2025-01-01"))
    #expect(configuration.apps[0].tags == ["customer", "cn"])
  }

  @Test func `may name several servers`() throws {
    let configuration = try Configuration.parse(
      """
      servers:
        cn: {url: "https://cn.example.org", bucket_time_zone: Asia/Shanghai}
        eu: {url: "https://eu.example.org", bucket_time_zone: UTC+01:00}
      apps:
        - {id: 68c46a70d950e8850ae564ba, server: eu}
      """, file: "a.yaml")
    #expect(configuration.servers.map(\.name) == ["cn", "eu"])
    #expect(configuration.servers.map { $0.zone?.identifier } == ["Asia/Shanghai", "UTC+01:00"])
    #expect(configuration.apps[0].name == "68c46a70d950e8850ae564ba")
  }

  private static let mistakes: [(text: String, cause: String)] = [
    ("sever: {url: x}\n\(apps)", "a.yaml:1: sever: unknown key"),
    ("\(server)apps:\n  - id: 123\n", "a.yaml:3: apps[0].id: 123 is not 24 hexadecimal digits"),
    (
      "\(server)\(apps)\n  - id: 68c46a70d950e8850ae564ba\n",
      "apps[1]: the app 68c46a70d950e8850ae564ba is apps[0] already"
    ),
    ("\(server)\(apps)\n    since: 2025-02-30\n", "apps[0].since: 2025-02-30 is not a date"),
    ("\(server)\(apps)\n    sinse: 2025-02-03\n", "apps[0].sinse: unknown key"),
    ("\(server)collect: {grains: [day, yer]}\n\(apps)", "collect.grains[1]: yer is no grain"),
    ("\(server)collect: {look_back: 15}\n\(apps)", "collect.look_back: 15 is not a number of days"),
    ("\(server)collect: {at: 25:00}\n\(apps)", "collect.at: 25:00 is not a time of day"),
    ("\(server)collect: {concurrency: 0}\n\(apps)", "collect.concurrency: 0 is not a whole number"),
    ("server: {url: x, bucket_time_zone: CST}\n\(apps)", "CST is no time zone"),
    ("server: {}\n\(apps)", "server: it has no url"),
    (apps, "it names no server"),
    (server, "it names no apps"),
    ("", "it is empty"),
    ("server: [\n", "reading the configuration a.yaml"),
  ]

  @Test(arguments: mistakes)
  func `that is wrong is refused with place and cause`(
    _ mistake: (text: String, cause: String)
  ) throws {
    let error = try #require(throws: AlmanacError.self) {
      try Configuration.parse(mistake.text, file: "a.yaml")
    }
    #expect("\(error)".contains(mistake.cause), "\(error)")
    #expect(error.exitCode == 78)
    #expect(!error.hint.isEmpty)
  }

  @Test func `with an unknown key names the nearest known one`() throws {
    let error = try #require(throws: AlmanacError.self) {
      try Configuration.parse("databse: x\n" + Self.server + Self.apps, file: "a.yaml")
    }
    #expect(error.hint.contains("did you mean `database`?"))
  }
}

@Suite struct `The key of a server` {
  private let server = Configuration.Server(
    name: "default", url: "https://example.org", keyFile: nil, zone: nil, allowsPlainHTTP: false)

  private func key(
    _ program: Program, _ environment: [String: String], named name: String = "default"
  ) throws -> String {
    var server = server
    server.name = name
    server.keyFile = program.path("key")
    return try Credential(environment: environment).key(of: server)
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
      #expect(missing.cause.contains("there is no file"))
      #expect(missing.exitCode == 78)
    }
  }
}
