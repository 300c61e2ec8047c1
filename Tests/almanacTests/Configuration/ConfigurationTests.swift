import AlmanacCollector
import AlmanacCore
import FastGPT
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
      "\(server)apps:\n  - id: '000000000000000000000000'\n",
      "a.yaml:3: apps[0].id: no app has the id 000000000000000000000000"
    ),
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

  /// Several servers, with an app on the first.
  private static func servers(_ names: String...) -> String {
    "servers:\n" + names.map { "  \($0): {url: \"https://example.org\"}\n" }.joined()
      + "apps: [{id: 68c46a70d950e8850ae564ba, server: \"\(names[0])\"}]\n"
  }

  private static func named(_ name: String) -> String {
    "\(server)apps:\n  - id: 68c46a70d950e8850ae564ba\n    name: \(name)\n"
  }

  private static func url(_ url: String) -> String { "server:\n  url: \(url)\n\(apps)" }

  /// The texts that cannot be meant, or that mean two things.
  private static let ambiguities: [(text: String, cause: String)] = [
    (url("ftp://example.org"), "a.yaml:2: server.url: the scheme ftp is not supported"),
    (url("example.org"), "a.yaml:2: server.url: it is not an address"),
    (url("//example.org/x"), "a.yaml:2: server.url: it is not an address"),
    (url("http://example.org"), "a.yaml:2: server.url: plain http would show the key"),
    (url("https://me:secret@example.org"), "a.yaml:2: server.url: it holds a user name"),
    ("servers:\n  cn:\n    url: ''\n\(apps)", "a.yaml:3: servers.cn.url: it must be a text"),
    (
      "servers:\n  cn: {url: 'https://a.b:99999'}\n\(apps)",
      "a.yaml:2: servers.cn.url: there is no port 99999"
    ),
    // A key given twice, at every depth and in every writing.
    ("\(server)\(server)\(apps)", "a.yaml:2: server: it is given twice, first in line 1"),
    (
      "\(server)\(apps)\n    name: B\n",
      "a.yaml:5: apps[0].name: it is given twice, first in line 4"
    ),
    (url("x\n  \"url\": y"), "a.yaml:3: server.url: it is given twice, first in line 2"),
    ("\(server)\(apps)\n'apps': []\n", "a.yaml:5: apps: it is given twice, first in line 2"),
    (
      "# é 🤖\n\(server)collect: {retention_offsets: {day: [1], week: [1], day: [3], day: [4]}}\n",
      "a.yaml:3: collect.retention_offsets.day: it is given twice, first in line 3"
    ),
    (servers("a", "b", "a"), "a.yaml:4: servers.a: it is given twice, first in line 2"),
    (servers("1", "\"1\""), "a.yaml:3: servers.1: it is given twice, first in line 2"),
    // Names that nobody sees, or that mean something else.
    (named("' '"), "a.yaml:4: apps[0].name: the name has no visible character"),
    (named("\"\\u200B\\uFEFF\\t\""), "apps[0].name: the name has no visible character"),
    (named("''"), "a.yaml:4: apps[0].name: it must be a text"),
    (named("~"), "a.yaml:4: apps[0].name: it must be a text"),
    (named("all"), "a.yaml:4: apps[0].name: the name all means something else"),
    (named("' Other '"), "apps[0].name: the name Other means something else"),
    (
      named("68c46a70d950e8850ae564bb"),
      "apps[0].name: the name 68c46a70d950e8850ae564bb is the id of another app"
    ),
    ("\(server)\(apps)\n    tags: [cn, ALL]\n", "a.yaml:5: apps[0].tags[1]: the name ALL means"),
    ("\(server)\(apps)\n    tags: ['']\n", "a.yaml:5: apps[0].tags[0]: it must be a text"),
    (servers("cn", "other"), "a.yaml:3: servers.other: the name other means something else"),
    // Servers whose keys would come from one variable.
    (
      servers("main-a", "main_a"),
      "a.yaml:3: servers.main_a: its key and that of the server main-a would be read from one "
        + "variable, FASTGPT_API_KEY_MAIN_A"
    ),
    (servers("cn", "eu", "CN"), "servers.CN: its key and that of the server cn"),
    (servers("a.b", "a_b"), "servers.a_b: its key and that of the server a.b"),
    // One id on two servers.
    (
      """
      servers: {a: {url: "https://a.b"}, b: {url: "https://b.b"}}
      apps:
        - {id: 68c46a70d950e8850ae564ba, server: a}
        - {id: 68C46A70D950E8850AE564BA, server: b}
      """,
      "a.yaml:4: apps[1]: the app 68c46a70d950e8850ae564ba is apps[0] already, on the server a"
    ),
    ("\(server)\(apps)\n    since: 20250101\n", "a.yaml:5: apps[0].since: 20250101 is not a date"),
    ("\(server)\(apps)\n    since: 2025-1-1\n", "a.yaml:5: apps[0].since: 2025-1-1 is not a date"),
    ("\(server)\(apps)\n    server: defualt\n", "a.yaml:5: apps[0].server: there is no server"),
    ("\(server)\(apps)\n---\n\(server)\(apps)", "found another document"),
  ]

  /// The error that a configuration ends the program with.
  private func refusal(of text: String) throws -> AlmanacError {
    let error = try #require(throws: AlmanacError.self) {
      try Configuration.parse(text, file: "a.yaml")
    }
    #expect(error.exitCode == 78)
    return error
  }

  @Test(arguments: mistakes + ambiguities)
  func `that is wrong, or could mean two things, is refused with place and cause`(
    _ mistake: (text: String, cause: String)
  ) throws {
    let error = try refusal(of: mistake.text)
    #expect("\(error)".contains(mistake.cause), "\(error)")
    #expect(!error.hint.isEmpty && !"\(error)".contains("given-twice"))
  }

  @Test(arguments: ["Al", "allerlei", "another", "12", "é", "68c46a70d950e8850ae564ba"])
  func `may have any other name`(_ name: String) throws {
    let configuration = try Configuration.parse(Self.named(name), file: "a.yaml")
    #expect(configuration.apps.map(\.name) == [name])
  }

  @Test func `warns of names that two apps have, and of a since that has not come`() throws {
    let names = ["Bot", "Shop", "bot", "Shops"]
    let text =
      Self.server + "apps:\n"
      + names.enumerated().map {
        "  - {id: 68c46a70d950e8850ae564b\($0), name: \($1), since: 20\(25 + 2 * $0)-01-01}\n"
      }.joined()
    let configuration = try Configuration.parse(text, file: "a.yaml")
    let warnings = configuration.warnings(at: try #require(Date(iso8601: "2028-06-01T00:00:00Z")))
    #expect(
      warnings == [
        "2 apps are called Bot, and --app means none of them by that name; name one by its id: "
          + "68c46a70d950e8850ae564b0, 68c46a70d950e8850ae564b2",
        "bot: its since, 2029-01-01, has not come yet; no day before is read",
        "Shops: its since, 2031-01-01, has not come yet; no day before is read",
      ])
  }

  private static let secret = Program.key

  /// The places where a key may stand by mistake: a line that does not parse, an unknown name or a
  /// value below one, a path, a line that continues another value.
  private static let slips: [(text: String, cause: String)] = [
    ("server:\n  url: x\n   api_key_file: \(secret)\n\(apps)", "a.yaml:3:16: mapping values"),
    ("server:\n  api_key_file:\n  \(secret)\n  url: x\n\(apps)", "could not find expected ':'"),
    ("server:\n\tkey: \(secret)\n", "found character that cannot start any token"),
    ("server: {url: x, key: \"\(secret)}\n", "found unexpected end of stream, while scanning"),
    ("server: {url: x, key: *\(secret)}\n", "found undefined alias"),
    ("a: \"\u{7}\(secret)\"\n", "a.yaml:1:5: control characters are not allowed"),
    ("\(secret): 1\n\(secret): 2\n", "[not shown]: it is given twice"),
    ("url: \(secret)\nurl: \(secret)\n", "url: it is given twice"),
    ("server: {url: x, api_key: \(secret)}\n\(apps)", "server.api_key: unknown key"),
    ("server: {url: x, \(secret): }\n\(apps)", "server.[not shown]: unknown key"),
    ("servers: {\(secret): x}\n\(apps)", "servers.[not shown]: it must be a mapping"),
    ("servers: {\"\(secret) a\": {url: x}}\n\(apps)", "[not shown] is no name for a server"),
    ("server: \(secret)\n\(apps)", "server: it must be a mapping"),
    ("server: {url: https://a.b}\napps: \(secret)\n", "apps: it must be a list"),
    ("server: {url: https://a.b}\napps: [{id: \(secret)}]\n", "apps[0].id: [not shown] is not 24"),
    (
      "server:\n  url: https://a.b\n  bucket_time_zone: UTC\n    \(secret)\n\(apps)",
      "server.bucket_time_zone: [not shown] is no time zone"
    ),
    (
      "\(server)collect:\n  timeout: 30s\n    \(secret)\n\(apps)",
      "collect.timeout: [not shown] is not a length of time"
    ),
    ("database: file:\(secret)\n\(server)\(apps)", "a.yaml:1: database: it is an address"),
    ("database: \(secret)\n\(server)\(apps)", "a.yaml:1: database: this is a key"),
    ("database: \(secret)/a.db\n\(server)\(apps)", "a.yaml:1: database: this is a key"),
    (
      "server: {url: https://a.b, proxy: \(secret)}\n\(apps)", "server.proxy: this is a key, not"
    ),
    (
      "\(server)apps: [{id: 68c46a70d950e8850ae564ba, name: \(secret)}]\n",
      "apps[0].name: this is a key, not a name"
    ),
  ]

  @Test(arguments: slips)
  func `is not quoted where a key may stand`(_ slip: (text: String, cause: String)) throws {
    let error = try refusal(of: slip.text)
    #expect("\(error)".contains(slip.cause), "\(error)")
    #expect(!"\(error)".contains(Self.secret.dropFirst(8)), "\(error)")
  }

  @Test(
    arguments: [
      ("UTC+8", "UTC+08:00"), ("+08:00", "UTC+08:00"), ("gmt-3:30", "UTC-03:30"),
      ("asia/shanghai", "Asia/Shanghai"), ("Asia/Shangai", "Asia/Shanghai"), ("Auto", "auto"),
      ("CST", nil), ("UTC+99", nil), ("fastgpt-abcdefgh", nil),
    ])
  func `with a misspelt zone names the nearest one`(text: String, meant: String?) {
    let hint = BucketZone.hint(for: text)
    #expect(hint.hasPrefix(meant.map { "did you mean \($0)? " } ?? "write auto"))
  }

  @Test func `with an unknown key names the nearest known one`() throws {
    let error = try refusal(of: "databse: x\n" + Self.server + Self.apps)
    #expect(error.hint.contains("did you mean `database`?"))
  }
}
