import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

/// Runs the program on a network as people have it.
@Suite struct `A server behind a proxy` {
  private static let password = "g3h-e%m/Zq8vKx3L"
  private static var login: String {
    "Basic " + Data("ann:\(password)".utf8).base64EncodedString()
  }

  /// Serves at `https://localhost` with a certificate of a private authority. The certificate of
  /// the authority is `ca.pem`, alone in the folder `authorities`.
  private func serving(
    _ manner: TunnelProxy.Manner,
    _ body: (Program, TunnelProxy, _ place: String) async throws -> Void
  ) async throws {
    try await Program.inFolder { program in
      var program = program
      program.environment = ["ALMANAC_NOW": "2026-06-10T02:30:00Z"]
      let ready = program
      try await ready.serving { _, base in
        try await TLSFront.serving(base.port ?? 0) { port in
          try await TunnelProxy.serving(manner) { proxy in
            try FileManager.default.createDirectory(
              atPath: ready.path("authorities"), withIntermediateDirectories: true)
            try ready.write(PrivateAuthority.certificate, to: "authorities/ca.pem")
            try ready.write(
              ready.configuration(url: "https://localhost:\(port)"), to: "almanac.yaml")
            try await body(ready, proxy, "localhost:\(port)")
          }
        }
      }
    }
  }

  /// Adds keys to the server of the configuration.
  private func add(_ keys: String, to program: Program) throws {
    let text = try String(contentsOfFile: program.path("almanac.yaml"), encoding: .utf8)
    try program.write(
      text.replacing("  api_key_file:", with: "  \(keys)\n  api_key_file:"), to: "almanac.yaml")
  }

  private func expectNoTrace(_ program: Program, of secrets: [String]) throws {
    let left = ["stdout", "stderr", "almanac.db", "almanac.db-wal", "almanac.yaml"]
    for name in left {
      let bytes = FileManager.default.contents(atPath: program.path(name)) ?? Data()
      for secret in secrets {
        #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(secret) in \(name)")
      }
    }
  }

  private var traces: [String] { [Self.password, "g3h-e", String(Self.login.dropFirst(12))] }

  @Test func `is read through it, with the password of a file and an authority of one's own`()
    async throws
  {
    try await serving(.wants(Self.login)) { program, proxy, place in
      let encoded = Self.password.replacing("%", with: "%25").replacing("/", with: "%2F")
      try program.write("http://ann:\(encoded)@127.0.0.1:\(proxy.port)\n", to: "proxy")
      try add(
        "proxy_file: \(program.path("proxy"))\n  ca_file: \(program.path("authorities/ca.pem"))",
        to: program)
      let plan = try await program.run("collect", "--dry-run")
      #expect(plan.code == 0, "\(plan.errors)")
      try expectNoTrace(program, of: traces)
      let outcome = try await program.run("collect")
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(Set(proxy.requests.map(\.target)) == [place])
      try expectNoTrace(program, of: traces + [encoded])
      #expect(
        try SimulatedCollection.rows(
          "SELECT count(*) > 50 FROM daily", path: program.path("almanac.db"))
          == [["1"]])
    }
  }

  @Test(arguments: ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
  func `is read through that of the usual variables`(_ variable: String) async throws {
    try await serving(.opens) { program, proxy, _ in
      var program = program
      program.environment[variable] = "http://ann:geheim@127.0.0.1:\(proxy.port)/"
      program.environment["HTTP_PROXY"] = "http://127.0.0.1:1"
      program.environment["SSL_CERT_FILE"] = program.path("authorities/ca.pem")
      let outcome = try await program.run("collect")
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(!proxy.requests.isEmpty)
    }
  }

  @Test(arguments: ["localhost", "*", "x.org,localhost"])
  func `is read without it where NO_PROXY says so`(_ list: String) async throws {
    try await serving(.answers(403)) { program, proxy, _ in
      var program = program
      program.environment["HTTPS_PROXY"] = "http://127.0.0.1:\(proxy.port)"
      program.environment["NO_PROXY"] = list
      program.environment["SSL_CERT_DIR"] = program.path("authorities")
      let outcome = try await program.run("collect")
      #expect(outcome.code == 0, "\(outcome.errors)")
      try add("proxy: http://127.0.0.1:\(proxy.port)", to: program)
      #expect(try await program.run("collect").code == 0)
      #expect(proxy.requests.isEmpty)
    }
  }

  @Test func `is out of reach where the proxy lets nobody in, and the proxy is named`() async throws
  {
    try await serving(.wants(Self.login)) { program, proxy, _ in
      try program.write("http://ann:falsch@127.0.0.1:\(proxy.port)", to: "proxy")
      try add("proxy_file: \(program.path("proxy"))", to: program)
      let outcome = try await program.run("collect")
      #expect(outcome.code == 69)
      #expect(
        outcome.errors.contains("the proxy 127.0.0.1:\(proxy.port) refuses the user and password"))
      #expect(outcome.errors.contains("\nhint: put the proxy's whole address"))
      try expectNoTrace(program, of: ["falsch", Data("ann:falsch".utf8).base64EncodedString()])
    }
  }

  @Test func `is not believed without the authority`() async throws {
    try await serving(.opens) { program, _, _ in
      let outcome = try await program.run("collect")
      #expect(outcome.code == 69)
      #expect(outcome.errors.contains("the TLS certificate of localhost is not trusted"))
      #expect(outcome.errors.contains("\nhint: if an authority of your own has signed it"))
    }
  }

  @Test(
    arguments: [
      ("proxy: http://ann:geheim@proxy:3128", [:], "almanac.yaml:4: server.proxy: it holds a user"),
      ("proxy: https://geheim:3128", [:], "almanac.yaml:4: server.proxy: a proxy that is itself"),
      (
        "proxy_file: http://ann:geheim@proxy:3128", [:],
        "almanac.yaml:4: server.proxy_file: the file"
      ),
      ("proxy: http://p:1\n  proxy_file: geheim", [:], "server.proxy_file: there is a `proxy` too"),
      (
        "proxy_file: open", [:],
        "server.proxy_file: everybody on this host may read the file, mode 644"
      ),
      (
        "proxy_file: bad", [:],
        "server.proxy_file: what the file holds: it is not a host and a port"
      ),
      ("proxy_file: none", [:], "server.proxy_file: the file is empty"),
      ("ca_file: geheim", [:], "almanac.yaml:4: server.ca_file: there is no such file"),
      ("ca_file: bad", [:], "server.ca_file: it holds no certificates, or a broken one"),
      ("ca_file: .", [:], "server.ca_file: it is no plain file"),
      ("", ["HTTPS_PROXY": "http://ann:geheim@p:x"], "$HTTPS_PROXY: it is not a host and a port"),
      ("", ["all_proxy": "socks5://ann:geheim@p"], "$all_proxy: a SOCKS proxy that wants a user"),
      ("", ["SSL_CERT_FILE": "bad"], "that $SSL_CERT_FILE names: it holds no certificates"),
      ("", ["SSL_CERT_DIR": "/nowhere"], "that $SSL_CERT_DIR names: there is no certificate"),
    ] as [(String, [String: String], String)])
  func `is refused with 78 where the way to it cannot be as it is said`(
    _ keys: String, _ variables: [String: String], _ cause: String
  ) async throws {
    try await Program.inFolder { program in
      var program = program
      program.environment = variables
      try program.write(Program.key, to: "key")
      try program.write("geheim without end", to: "bad")
      try program.write("\n", to: "none")
      try program.write("http://ann:geheim@proxy:3128", to: "open", mode: 0o644)
      try program.write(program.configuration(url: "https://localhost:1"), to: "almanac.yaml")
      if !keys.isEmpty { try add(keys, to: program) }
      let outcome = try await program.run("collect")
      #expect(outcome.code == 78, "\(outcome.errors)")
      #expect(outcome.errors.contains(cause), "\(outcome.errors)")
      #expect(outcome.errors.components(separatedBy: "\nhint: ").count == 2)
      #expect(!outcome.errors.contains("geheim"), "\(outcome.errors)")
      #expect(!FileManager.default.fileExists(atPath: program.path("almanac.db")))
    }
  }
}
