import AlmanacCore
import NIOSSL
import Testing

@testable import FastGPT

@Suite(.timeLimit(.minutes(5)))
struct TLSTests {
  /// A self-signed certificate for `localhost` and 127.0.0.1, valid until 2126.
  private static let certificate = """
    -----BEGIN CERTIFICATE-----
    MIIBmzCCAUGgAwIBAgIUCsgdN812o4U/jbuQAoCfOZ4M49MwCgYIKoZIzj0EAwIw
    FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjIzNDUyNloYDzIxMjYxMDI5
    MjM0NTI2WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
    PQMBBwNCAARy/+aDE9nR0Ozt9bqAM+5YQTCGMmrEWWZyCWp/c5t32ytcFk89agVA
    DzHslscWg0BoUK4WdMCvzXlHFIJCimCto28wbTAdBgNVHQ4EFgQU/Pz++rngKQVA
    K95SYZnB+POayjwwHwYDVR0jBBgwFoAU/Pz++rngKQVAK95SYZnB+POayjwwDwYD
    VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
    zj0EAwIDSAAwRQIhAJehZ+OogbIvnp2NO+DT2hNIfMNRbbYK/g8uE9IpstyIAiBX
    q4lGtOmGeo9ZaoXXKyPgMw4thuXq8Lf9/CuQ9h/Liw==
    -----END CERTIFICATE-----
    """

  private static let privateKey = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgU8BfFUv/kxro+rHt
    jZIVz48RKSQm7W8kChIKripfhuyhRANCAARy/+aDE9nR0Ozt9bqAM+5YQTCGMmrE
    WWZyCWp/c5t32ytcFk89agVADzHslscWg0BoUK4WdMCvzXlHFIJCimCt
    -----END PRIVATE KEY-----
    """

  private static func context() throws -> NIOSSLContext {
    let certificate = try NIOSSLCertificate(bytes: Array(certificate.utf8), format: .pem)
    let key = try NIOSSLPrivateKey(bytes: Array(privateKey.utf8), format: .pem)
    return try NIOSSLContext(
      configuration: .makeServerConfiguration(
        certificateChain: [.certificate(certificate)], privateKey: .privateKey(key)))
  }

  @Test
  func `a server that nobody vouches for does not get the key`() async throws {
    let context = try Self.context()
    try await TestServer.run(.always(.json(Fixture.chart)), tls: context) { server in
      try await TestClient.client(of: server.url.replacing("http:", with: "https:")) { client in
        let failure = try await TestClient.failure { try await client.chart(Fixture.read()) }
        #expect(failure.kind == .unreachable)
        #expect(failure.cause == "the TLS certificate of 127.0.0.1 is not trusted")
        #expect(failure.delivery.attempts == 1)
        #expect(server.requests.isEmpty)
      }
    }
  }

  @Test
  func `a server that speaks no TLS does not get the key`() async throws {
    try await TestServer.run(.always(.json(Fixture.chart))) { server in
      try await TestClient.client(of: server.url.replacing("http:", with: "https:")) { client in
        let failure = try await TestClient.failure { try await client.chart(Fixture.read()) }
        #expect(failure.kind == .unreachable)
        #expect(server.requests.isEmpty)
      }
    }
  }
}
