import AlmanacCore
import Testing

@testable import AlmanacExport

// What a load does is tried on the real engine, by scripts/check-export.
@Suite struct `The address of a ClickHouse` {
  private func server(_ url: String) throws -> ClickHouseServer {
    try ClickHouseServer(url: url, user: nil, key: nil, timeout: 1, version: "test")
  }

  @Test(arguments: ["", "localhost:8123", "ftp://host/", "http://", "http:///x"])
  func `has a scheme and a host`(url: String) {
    let error = #expect(throws: AlmanacError.self) { try server(url) }
    #expect(error?.code == .usage)
  }

  @Test(arguments: [
    "http://me:secret@host/", "http://me@host/", "http://host/?password=secret",
    "http://host/?database=a&PASSWORD=secret", "http://host/?user=me",
  ])
  func `has no password, and an error does not show it`(url: String) {
    let error = #expect(throws: AlmanacError.self) { try server(url) }
    #expect(error?.code == .usage && error?.description.contains("secret") == false)
  }

  @Test func `is named without what belongs to a query`() async throws {
    let server = try server("https://ch.example.org:8443/path?database=bi&max_threads=1")
    #expect(server.name == "database bi of ch.example.org:8443")
    await server.shutdown()
  }

  @Test func `answers with an error of which the cause and the next step are kept`() {
    let refused = ClickHouseFailure(
      status: 403,
      "Code: 516. DB::Exception: me: Authentication failed: no such name. (AUTHENTICATION_FAILED) "
        + "(version 25.1.2.3 (official build))\n")
    #expect(refused.code == 516)
    #expect(refused.cause == "me: Authentication failed: no such name. (AUTHENTICATION_FAILED)")
    #expect(refused.hint?.hasPrefix("name the user with --user") == true)
    let other = ClickHouseFailure(status: 502, "<html>Bad gateway</html>")
    #expect(other.cause == "it answers with HTTP 502, and is perhaps no ClickHouse")
  }
}
