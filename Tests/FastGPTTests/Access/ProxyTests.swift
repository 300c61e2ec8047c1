import AlmanacCore
import AlmanacTestSupport
import Foundation
import NIOHTTP1
import Testing

@testable import FastGPT

@Suite(.timeLimit(.minutes(5)))
struct ProxyTests {
  /// Runs `body` with the path of a file that holds the private authority's certificate.
  static func authority<Result>(
    _ body: (String) async throws -> Result
  ) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "almanac-authority-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "ca.pem")
    try Data(PrivateAuthority.certificate.utf8).write(to: file)
    return try await body(file.path(percentEncoded: false))
  }

  private func failure(
    _ manner: TunnelProxy.Manner, login: String = ""
  ) async throws -> (ReadFailure, Int, asked: Int) {
    try await TestServer.run(.always(.json(Fixture.chart))) { server in
      try await TunnelProxy.serving(manner) { proxy in
        let route = Route(proxy: try ProxyAddress("http://\(login)127.0.0.1:\(proxy.port)"))
        let failure = try await TestClient.client(of: server.url, route: route) { client in
          try await TestClient.failure { try await client.chart(Fixture.read()) }
        }
        #expect(server.requests.isEmpty)
        return (failure, proxy.port, proxy.requests.count)
      }
    }
  }

  @Test
  func `a server is reached through a tunnel, which shows the proxy no key`() async throws {
    let context = try PrivateAuthority.serverContext()
    try await TestServer.run(.always(.json(Fixture.chart)), tls: context) { server in
      try await TunnelProxy.serving(.wants("Basic YW5uOmdlOmhlaW0=")) { proxy in
        try await Self.authority { file in
          var route = Route(
            proxy: try ProxyAddress("http://ann:ge%3Aheim@localhost:\(proxy.port)"))
          try route.authorities.add(file: file)
          let url = server.url.replacing("http://127.0.0.1", with: "https://localhost")
          try await TestClient.client(of: url, route: route) { client in
            let answer = try await client.chart(Fixture.read())
            #expect(answer.observations.count == 1)
          }
          let place = url.replacing("https://", with: "")
          #expect(proxy.requests.map(\.target) == [place])
          #expect(proxy.requests.allSatisfy { !$0.headers.contains(TestClient.secret) })
          #expect(server.requests.allSatisfy { !$0.headers.contains(name: "Proxy-Authorization") })
          #expect(server.requests.count == 1)
        }
      }
    }
  }

  @Test(arguments: ["", "ann:geheim@"])
  func `a proxy that wants a login is asked once, and named`(_ login: String) async throws {
    let (failure, port, asked) = try await failure(.wants("Basic Zm9v"), login: login)
    #expect(failure.kind == .unreachable)
    #expect(failure.obstacle == .proxyLogin)
    #expect(
      failure.cause
        == "the proxy 127.0.0.1:\(port) \(login.isEmpty ? "wants a" : "refuses the") user and password"
    )
    #expect(failure.delivery.attempts == 1)
    #expect(asked == 1)
  }

  @Test(arguments: [403, 502, 503])
  func `a proxy that does not connect is named, and asked again`(_ status: Int) async throws {
    let (failure, port, asked) = try await failure(.answers(status), login: "ann:geheim@")
    #expect(failure.kind == .unreachable)
    #expect(failure.obstacle == .proxy)
    #expect(failure.cause == "the proxy 127.0.0.1:\(port) does not connect to 127.0.0.1; 5 tries")
    #expect(asked == 5)
  }

  @Test
  func `a proxy that closes the connection is named`() async throws {
    let (failure, port, _) = try await failure(.closes, login: "ann:geheim@")
    #expect(failure.cause.contains("through the proxy 127.0.0.1:\(port): "))
    #expect(!failure.cause.contains("geheim"))
  }

  @Test(arguments: ["http", "socks5"])
  func `a proxy that is not there is named`(_ scheme: String) async throws {
    let port = try await TunnelProxy.serving { $0.port }
    let route = Route(proxy: try ProxyAddress("\(scheme)://127.0.0.1:\(port)"))
    try await TestClient.client(of: "https://fastgpt.invalid", route: route) { client in
      let failure = try await TestClient.failure { try await client.chart(Fixture.read()) }
      #expect(failure.obstacle == .proxy)
      #expect(
        failure.cause
          == "the proxy 127.0.0.1:\(port) cannot be reached: connection refused; 5 tries")
    }
  }

  @Test
  func `a proxy whose name does not resolve is named`() async throws {
    let route = Route(proxy: try ProxyAddress("http://ann:geheim@proxy.invalid:3128"))
    try await TestClient.client(of: "https://fastgpt.invalid", route: route) { client in
      let failure = try await TestClient.failure { try await client.chart(Fixture.read()) }
      #expect(
        failure.cause.hasPrefix("the proxy proxy.invalid:3128 cannot be reached: the name does not")
      )
    }
  }

  @Test
  func `an authority counts beside the system's, or in its place`() async throws {
    let context = try PrivateAuthority.serverContext()
    try await TestServer.run(.always(.json(Fixture.chart)), tls: context) { server in
      let url = server.url.replacing("http:", with: "https:")
      try await Self.authority { file in
        let folder = URL(filePath: file).deletingLastPathComponent()
        try Data("no certificate".utf8).write(to: folder.appending(path: "README"))
        var beside = Route()
        try beside.authorities.add(file: file)
        var byFile = Route()
        try byFile.authorities.replaceSystem(file: file, folders: [])
        var byFolder = Route()
        try byFolder.authorities.replaceSystem(
          file: nil, folders: ["/nowhere", folder.path(percentEncoded: false)])
        for route in [beside, byFile, byFolder] {
          try await TestClient.client(of: url, route: route) { client in
            let answer = try await client.chart(Fixture.read())
            #expect(answer.observations.count == 1)
          }
        }
        try await TestClient.client(of: url) { client in
          let failure = try await TestClient.failure { try await client.chart(Fixture.read()) }
          #expect(failure.obstacle == .certificate)
          #expect(failure.cause == "the TLS certificate of 127.0.0.1 is not trusted")
        }
      }
    }
  }

  @Test(arguments: ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "text"])
  func `a file without certificates is refused`(_ text: String) async throws {
    try await Self.authority { file in
      try Data(text.utf8).write(to: URL(filePath: file))
      var authorities = CertificateAuthorities.system
      let fault = try #require(throws: CertificateAuthorities.Fault.self) {
        try authorities.add(file: file)
      }
      #expect(fault.cause == "it holds no certificates, or a broken one")
      let folder = URL(filePath: file).deletingLastPathComponent().path(percentEncoded: false)
      #expect(throws: CertificateAuthorities.Fault.self) { try authorities.add(file: folder) }
      #expect(throws: CertificateAuthorities.Fault.self) { try authorities.add(file: file + "x") }
      #expect(throws: CertificateAuthorities.Fault.self) {
        try authorities.replaceSystem(file: nil, folders: [folder])
      }
      #expect(authorities.setting == nil)
    }
  }
}
